/*
 * The webhooks that a responder has in hand: each has a seat until its sender has a reply, and stands in a queue until it is on the wire, in the
 * order in which they came.
 */
#ifndef HOOKSPOOL_PARKED_H
#define HOOKSPOOL_PARKED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PARKED_MAX 1024

struct iovec;
struct request;

struct parked {
	struct request *seats[PARKED_MAX];
	uint16_t free_seats[PARKED_MAX];
	size_t nfree;
	uint64_t count;		       /* of webhooks ever parked: a sequence is count × PARKED_MAX + seat */
	struct request *first, **last; /* to be sent; the first may be sent in part */
	size_t first_sent;
	size_t unacked; /* sent, and without an ack yet */
};

void parked_init(struct parked *);

/* How many there are. */
size_t parked_count(const struct parked *);

/* Gives REQUEST a seat and its sequence.  Returns 0, or -1: there are too many. */
int parked_seat(struct parked *, struct request *);

/* To the end of the queue. */
void parked_enqueue(struct parked *, struct request *);

/* What is to be sent next, in at most MAX pieces.  Returns how many. */
int parked_gather(const struct parked *, struct iovec *pieces, int max);

/* N more bytes of that are on their way. */
void parked_sent(struct parked *, size_t n);

/* Take the request with SEQUENCE off its seat; NULL: there is none, its deadline came first. */
struct request *parked_take(struct parked *, uint64_t sequence);

/*
 * Take what was parked before SINCE_MS (monotonic) off seats and queue; OUT has room for PARKED_MAX.  Returns how many; *CUT is set when the
 * beginning of one is on the wire: the connection is of no use any more.
 */
size_t parked_expired(struct parked *, uint64_t since_ms, struct request **out, bool *cut);

/* The seat of a request that was taken is free, now that its sender has a reply. */
void parked_free(struct parked *, uint64_t sequence);

/* The connection is gone: everything waits to be sent again, in order. */
void parked_again(struct parked *);

#endif
