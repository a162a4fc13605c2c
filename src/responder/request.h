/*
 * A request of the web server: FastCGI through libfcgi, or plain CGI.
 */
#ifndef HOOKSPOOL_REQUEST_H
#define HOOKSPOOL_REQUEST_H

#include <fcgiapp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../conf/conf.h"
#include "../protocol/submit.h"

#define REQUEST_HEAD_ROOM SUBMIT_WEBHOOK_SIZE /* before the record in a frame */

/* Memory that is used again and again. */
struct request_buffer {
	void *bytes;
	size_t len, size; /* of them used, and all */
};

struct request {
	FCGX_Request fcgi;
	bool cgi;
	bool input_ended, drained; /* all of its input was read; what there was to read of one that is refused was */
	uint64_t cgi_left;	   /* bytes still to come on standard input, */
	uint64_t cgi_until_ms;	   /* by then: monotonic */
	bool cgi_late;
	/* What is handed to the spooler: HEAD has frame and event head, BODY follows it on the wire. */
	struct request_buffer head, body;
	/* While it is parked: see handover.c. */
	struct request *next;
	uint64_t sequence, parked_ms; /* since: monotonic */
	bool waits;		      /* the sender waits for the spooler's ack */
	char source[CONF_NAME_MAX + 1];
};

/* Returns owned, or NULL with errno: for one request of the web server after another, or (CGI) the one of this process. */
struct request *request_new(bool cgi);

/* The descriptor of the connection it came over, or -1. */
int request_connection(const struct request *);

/*
 * Take the request that comes over FD (takes it), a new connection, or -1: over the one that was kept.  Blocks while its parameters come: for
 * how long, is the limit's (read_limit.h).  Returns 0, or -1: there is none, and the connection is closed.
 */
int request_accept(struct request *, int fd);

/* After that has failed: had one begun? */
bool request_begun(const struct request *);

/* Take the one request of a CGI process, whose standard input must be here within LIMIT_MS. */
void request_accept_cgi(struct request *, uint64_t limit_ms);

/* Was its input not here in time?  (Of CGI; else its limit knows.) */
bool request_late(const struct request *);

/* A variable of the request, or NULL.  Borrowed until request_reply(). */
const char *request_param(const struct request *, const char *name);

enum request_body {
	REQUEST_BODY_OK,
	REQUEST_BODY_LONG,
	REQUEST_BODY_SHORT,
	REQUEST_BODY_BAD_LENGTH,
	REQUEST_BODY_NO_MEMORY
};

/* Read the body, at most MAX bytes of it.  LENGTH: what the server says of it, "": nothing. */
enum request_body request_read_body(struct request *, const char *length, size_t max);

/* Read what is left of a body that is refused, up to a bound, so that the reply arrives. */
void request_drain(struct request *);

/* Room for SIZE bytes at HEAD.  Returns 0, or -1 with errno. */
int request_head_room(struct request *, size_t size);

/* Close the connection of a request that has its reply, though the server would keep it. */
void request_close(struct request *);

/* Send TEXT (header block and body) and finish the request; it can accept the next one then. */
void request_reply(struct request *, const char *text, size_t len);

#endif
