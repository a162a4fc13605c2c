/*
 * The web server's connections, for one thread that must never block: new ones, and those that it keeps for further
 * requests (FCGI_KEEP_CONN).  A request is given out once all of it has come; what is too long to be looked at
 * beforehand, or too long in coming, stays in the socket and is for a thread that may wait (slow.h).
 *
 * Their descriptors do not block.  Edges are waited for, for what is looked at stays there to be read.
 */
#ifndef HOOKSPOOL_CONNECTIONS_H
#define HOOKSPOOL_CONNECTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "request.h"
#include "whole.h"

#define CONNECTIONS_WHOLE_MAX 32768 /* bytes of a request that is waited for; longer ones are for threads */
#define CONNECTIONS_EVENTS_MAX 64   /* taken at once */
#define CONNECTIONS_NEW_MAX 32	    /* accepted in one turn, so that those in hand get on */
#define CONNECTIONS_END_MS 2000	    /* so long, what comes behind a reply is read */
#define CONNECTIONS_LINGER_MS 200   /* a request that has begun is waited for so long; then it is for a thread */

/* What else is waited for. */
enum connections_other { CONNECTIONS_LISTENER, CONNECTIONS_SPOOLER, CONNECTIONS_WAKE, CONNECTIONS_OTHERS };

/* In the order of their SINCE_MS. */
struct connection_list {
	struct request *first, *last;
	size_t count;
};

struct connections {
	int epoll;
	bool listening, resting; /* new ones are taken; not for a moment: no descriptor was left */
	struct request *spare;	 /* without a connection */
	struct connection_list waiting, kept;
	/* Those of which there was an event while they were in hand; STIRRED of them are looked at in this turn. */
	struct request *listed, **listed_last;
	size_t nlisted, stirred;
	int descriptors; /* with a higher one there are so few left that others give way; 0: it is not known */
	uint64_t now;	 /* of this turn, or the one before: monotonic */
	/* Of this turn. */
	bool came[CONNECTIONS_OTHERS];
	unsigned accepted;
	int nevents, at;
	struct request *ready[CONNECTIONS_EVENTS_MAX];
	struct whole_request parts;
	unsigned char bytes[CONNECTIONS_WHOLE_MAX], read[CONNECTIONS_WHOLE_MAX];
};

/* For the listening socket at descriptor 0.  Returns owned, or NULL with errno.  Lives as long as the process. */
struct connections *connections_new(void);

/*
 * Have FD waited for too, for something to read, and with WRITABLE to write: CAME says so then.  Returns 0, or -1 with
 * errno.
 */
int connections_watch(struct connections *, enum connections_other, int fd, bool writable);

/*
 * Wait until something has come, at most TIMEOUT_MS (-1: for ever).  A turn begins: connections_next() until there is
 * none.
 */
void connections_wait(struct connections *, int timeout_ms);

enum connection {
	CONNECTION_NONE,  /* no more in this turn */
	CONNECTION_WHOLE, /* *REQUEST is here, and taken; judge it before the next is asked for */
	CONNECTION_ENDED, /* what there is of it can be read without waiting, and no more will come */
	CONNECTION_SLOW	  /* it can't: and it is not waited for here any more */
};

/* NOW: clock_monotonic_ms().  *REQUEST is the caller's until connections_keep(). */
enum connection connections_next(struct connections *, uint64_t now, struct request **request);

/* REQUEST is done with: its connection is closed, or kept, or lingers and is closed then (request_reply()). */
void connections_keep(struct connections *, struct request *);

/*
 * Look at those that wait, some times a second: what has begun LINGER_MS ago and is not here is for a thread
 * (returned, one by one, until NULL); a connection that has brought nothing within LIMIT_MS is closed, and one that
 * lingers within END_MS.
 */
struct request *connections_late(struct connections *, uint64_t now, uint64_t limit_ms);

/* Take no more new ones, and no further requests over those that are kept. */
void connections_stop(struct connections *);

/* Has a request begun that is waited for, or does any connection linger? */
bool connections_busy(const struct connections *);

/* Say that one was closed; WHY is the kind of it. */
void connections_log_cut(const char *why);

#endif
