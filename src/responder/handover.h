/*
 * Handing webhooks over to the spooler: one connection a process.  Requests are parked here; what the spooler says of
 * them goes to their senders. One thread has it, and never blocks in it: a loop, which is told what to wait for, or
 * the one of a CGI process.
 */
#ifndef HOOKSPOOL_HANDOVER_H
#define HOOKSPOOL_HANDOVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "request.h"

struct conf;
struct handover;

struct handover_owner {
	/* Takes back a request that is done with. */
	void (*done)(void *context, struct request *);
	/* FD is the connection now, to be waited for as the flags of handover_ready() say; NULL: handover_wait() does. */
	void (*watch)(void *context, int fd, bool writable);
	void *context;
};

/*
 * For the spooler where CONF says, or to be started as it says: forks the starter (starter.h), so only while there is
 * one thread. Returns owned, or NULL with errno: it lives as long as the process, which then can't start.
 */
struct handover *handover_new(const struct conf *, const struct handover_owner *);

/*
 * Do with REQUEST (takes it) what was JUDGED: its HEAD has REQUEST_HEAD_ROOM bytes and the event's head, its BODY the
 * rest of the record. The sender gets the spooler's word as its reply, or 503 at the deadline, unless it has its reply
 * already.  However many ask whether one would be taken, one question at a time is under way, so that they take no
 * webhook's place.  NOW: clock_monotonic_ms().
 */
void handover_take(struct handover *, struct request *, enum judged, uint64_t now);

/*
 * The connection has something to read, or can be written to: take the acks, send what waited for them, and then
 * reply.
 */
void handover_ready(struct handover *, uint64_t now);

/* All that was there has been taken: send it, unless a group is under way. */
void handover_send(struct handover *, uint64_t now);

/*
 * Do what it is time for: connect, start a spooler, give up who has waited for too long.  To be called in each turn of
 * the loop. Returns how many ms there are until it is to be called again, if nothing comes before; -1: no need.
 */
int handover_look(struct handover *, uint64_t now);

/* Nothing will come of this responder any more: see autostart_is_over().  Any thread may ask. */
bool handover_orphaned(const struct handover *);

/* Wait for the spooler, and go on; without a loop. */
void handover_wait(struct handover *);

/*
 * Follow CONF from the next look on: its socket, deadline and autostart.  Any thread may.  Returns 0, or -1 with
 * errno.
 */
int handover_follow(struct handover *, const struct conf *);

/* How many are parked. */
size_t handover_parked(const struct handover *);

/* No more are going to be parked: from now on a spooler is started only for those that are. */
void handover_stop(struct handover *);

#endif
