/*
 * A FastCGI request of which all is there, and the reply to it: pure.  libfcgi reads where reading may block, and
 * allocates some thirty pieces of memory for each request; what a loop that must not block can have at once, as almost
 * all webhooks, is decoded here.
 */
#ifndef HOOKSPOOL_WHOLE_H
#define HOOKSPOOL_WHOLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WHOLE_BEGINNING 8	/* bytes, by which WHOLE_NEVER is told */
#define WHOLE_VARIABLES_MAX 200 /* web servers set about fifty */

enum whole {
	WHOLE_PART, /* so far so good: more may come */
	WHOLE_YES,  /* from FCGI_BEGIN_REQUEST to the end of its standard input */
	WHOLE_NO, /* longer than MAX, or not a responder's request as web servers send them: libfcgi says what it thinks of it */
	WHOLE_NEVER /* it does not begin as any request does: not for libfcgi either */
};

/*
 * Look at the first LEN bytes (hostile ones, too) of a connection, of which no more than MAX are going to be looked
 * at.  *SIZE: how many of them are the request, when it is whole.
 */
enum whole whole_look(const unsigned char *bytes, size_t len, size_t max, size_t *size);

/*
 * "NAME=VALUE", terminated: the same as libfcgi makes of it, so that names with a '=' and texts with a zero in them mean
 * the same however a request comes.
 */
struct whole_variable {
	const char *text;
	size_t name_len; /* to the first '=' */
};

struct whole_request {
	uint16_t id;
	bool keep; /* the server wants the connection kept */
	struct whole_variable variables[WHOLE_VARIABLES_MAX];
	size_t nvariables;
	const char *body; /* its standard input */
	size_t body_len;
};

/*
 * Decode the request at BYTES that whole_look() has found to be whole, in place; the result borrows of them.  Returns
 * 0, or -1: its variables are not what they should be, or too many.
 */
int whole_decode(struct whole_request *, unsigned char *bytes);

/* The value of a variable, the first one of that name, or NULL. */
const char *whole_variable(const struct whole_request *, const char *name);

/* The reply with TEXT, LEN bytes of at most 65535, into OUT, WHOLE_REPLY_SIZE(LEN) bytes.  Returns its length. */
#define WHOLE_REPLY_SIZE(len) ((size_t)(len) + 7 + 3 * 8 + 8)
size_t whole_reply(unsigned char *out, uint16_t id, const char *text, size_t len);

#endif
