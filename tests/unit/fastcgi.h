/*
 * A web server's end of FastCGI: records put together by hand, and a listening socket at descriptor 0 for whoever
 * answers them.
 */
#ifndef HOOKSPOOL_TESTS_FASTCGI_H
#define HOOKSPOOL_TESTS_FASTCGI_H

#include <stdbool.h>
#include <stddef.h>

#define FASTCGI_BEGIN 1
#define FASTCGI_PARAMS 4
#define FASTCGI_STDIN 5
#define FASTCGI_HEADER 8
#define FASTCGI_MAX 100000

/* Bytes for a connection: empty at first. */
struct fastcgi {
	unsigned char bytes[FASTCGI_MAX];
	size_t len;
};

/* Append a record of TYPE with LEN bytes, and with some padding where libfcgi can take it. */
void fastcgi_record(struct fastcgi *, int type, const void *bytes, size_t len);

/* Append FCGI_BEGIN_REQUEST, of a server that keeps the connection or does not. */
void fastcgi_begin(struct fastcgi *, bool keep);

/* Append one record with a variable. */
void fastcgi_param(struct fastcgi *, const char *name, const char *value);

/* A whole request: a POST of BODY, LEN bytes, to URI; from the beginning of the bytes. */
void fastcgi_post(struct fastcgi *, bool keep, const char *uri, const void *body, size_t len);

/*
 * Have a listening socket at descriptor 0; fastcgi_connect() returns a connection to it, fastcgi_close() removes its
 * name.
 */
void fastcgi_listen(void);
int fastcgi_connect(void);
void fastcgi_close(void);

/* Send what is in FASTCGI from byte FROM to byte TO. */
void fastcgi_send(const struct fastcgi *, int fd, size_t from, size_t to);

/* What has come over FD by now, as text, zeros shown as dots; of the last call only.  With WAIT: at least a byte. */
const char *fastcgi_reply(int fd, bool wait);

#endif
