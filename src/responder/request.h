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
#include "../webhook/handshake.h"

#define REQUEST_HEAD_ROOM SUBMIT_WEBHOOK_SIZE /* before the record in a frame */

#define REQUEST_TEXT_MAX (HANDSHAKE_BODY_MAX + 512) /* of a reply, its headers included */

/* Memory that is used again and again. */
struct request_buffer {
	void *bytes;
	size_t len, size; /* of them used, and all */
};

enum request_state {
	REQUEST_SPARE,	 /* it has no connection */
	REQUEST_KEPT,	 /* its connection is between two requests */
	REQUEST_WAITING, /* not all of it is here */
	REQUEST_TAKEN	 /* somebody has it in hand */
};

/* What is to become of a request that was judged. */
enum judged {
	JUDGED_DONE,  /* it has its reply, and that was all */
	JUDGED_STORE, /* to the spooler, and its sender gets the ack */
	JUDGED_NOTE,  /* to the spooler; its sender has a reply */
	JUDGED_ASK    /* the spooler is asked whether it would take one */
};

struct whole_request;

struct request {
	FCGX_Request fcgi; /* its connection, also where libfcgi has nothing else to do with the request */
	bool cgi, direct;  /* of this kind, or it came whole */
	/* One that came whole: */
	bool keep;			   /* its server wants the connection kept */
	uint16_t id;			   /* the server's */
	const struct whole_request *parts; /* while it is judged */
	size_t parts_read;		   /* of its body */
	/* What is handed to the spooler: HEAD has frame and event head, BODY follows it on the wire. */
	struct request_buffer head, body;
	bool input_ended, drained; /* all of its input was read; what there was to read of one that is refused was */
	bool lingers;		   /* it has its reply, and its connection ends; what still comes is of no use */
	bool cgi_late;
	/* Its connection: see connections.c. */
	bool answered;		      /* it has brought a request before */
	bool begun;		      /* something of this one has come */
	bool watched, stirred, ended; /* it is in the epoll; there was an event of it; the server has ended it */
	bool listed;		      /* among those of which there was an event while they were in hand, */
	struct request *listed_next;  /* a list that knows nothing of what else the request is in */
	enum request_state state;
	uint64_t since_ms;		/* when the request began, or the connection, or it was kept: monotonic */
	struct request *before, *after; /* among those that wait, or are kept */
	struct request *next;		/* in one queue or another */
	uint64_t cgi_left;		/* bytes still to come on standard input, */
	uint64_t cgi_until_ms;		/* by then: monotonic */
	/* While it is parked: see handover.c. */
	uint64_t sequence, parked_ms; /* since: monotonic */
	enum judged judged;	      /* on its way back from a thread */
	bool waits;		      /* the sender waits for the spooler's ack */
	char source[CONF_NAME_MAX + 1];
};

/*
 * Returns owned, or NULL with errno: for one request of the web server after another, or (CGI) the one of this
 * process.
 */
struct request *request_new(bool cgi);

/* The descriptor of the connection it came over, or -1. */
int request_connection(const struct request *);

/* Have the connection FD (takes it) for the requests that come over it. */
void request_attach(struct request *, int fd);

/* Take the request that came whole over its connection: PARTS (borrows it until request_judged()). */
void request_take(struct request *, const struct whole_request *parts);

/* Nothing of its PARTS is needed any more, whether or not it has its reply. */
void request_judged(struct request *);

/*
 * Have libfcgi take the request that comes over its connection.  Its reads block where the descriptor does: for how
 * long while the parameters come, is the limit's (read_limit.h).  Returns 0, or -1: there is none, and the connection
 * is closed.
 */
int request_accept(struct request *);

/* May reads and writes of its connection block?  Returns 0, or -1 with errno. */
int request_may_block(struct request *, bool may);

/* After that has failed: had one begun? */
bool request_begun(const struct request *);

/* Take the one request of a CGI process, whose standard input must be here within LIMIT_MS. */
void request_accept_cgi(struct request *, uint64_t limit_ms);

/* Was its input not here in time?  (Of CGI; else its limit knows.) */
bool request_late(const struct request *);

/* A variable of the request, or NULL.  Borrowed until request_reply() or request_judged(). */
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

/* It is done with, and holds no more memory than most need. */
void request_rest(struct request *);

/* Close its connection, at once. */
void request_close(struct request *);

/*
 * Send TEXT (header block and body; at most REQUEST_TEXT_MAX bytes) and finish the request; it can accept the next one
 * then.  Over a connection that must not block and has no room for it, because the server does not read, the reply is
 * lost, and the connection closed.
 *
 * A connection is kept only where the request was read to its end and nothing beyond: what is left of a body would be
 * taken for the next request.  Otherwise it is closed; or LINGERS, while something of the request may still come: its
 * owner reads that, for a while, lest the reply get lost, and closes it.
 */
void request_reply(struct request *, const char *text, size_t len);

#endif
