/*
 * Handing webhooks over to the spooler: one connection a process.  Acceptors park a request here and go on; one completer thread takes the
 * acks as they come and replies to the senders.  Any thread may call any function here; one mutex covers seats, queue and connection.
 */
#ifndef HOOKSPOOL_HANDOVER_H
#define HOOKSPOOL_HANDOVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct conf;
struct request;
struct handover;

/* What becomes of a request that is done with: back to the acceptors. */
struct handover_owner {
	void (*done)(void *, struct request *);
	void *context;
};

/*
 * For the spooler where CONF says, or to be started as it says: forks the starter (starter.h), so only while there is one thread.
 * Returns owned, or NULL with errno: it lives as long as the process, which then can't start.
 */
struct handover *handover_new(const struct conf *, const struct handover_owner *);

/* Start the completer, which connects at once.  Returns 0, or -1 with errno. */
int handover_begin(struct handover *);

/*
 * Park REQUEST (takes it): its HEAD has REQUEST_HEAD_ROOM bytes and the event's head, its BODY the rest of the record.  When WAITS the sender
 * gets the spooler's word as its reply, or 503 at the deadline; otherwise it has its reply already.
 * Returns 0, or -1: too many are parked, see parked.h (the request is still the caller's).
 */
int handover_park(struct handover *, struct request *, bool waits);

/*
 * Ask whether a webhook would be taken now, and reply to REQUEST (takes it; its HEAD has REQUEST_HEAD_ROOM bytes and nothing else) with that.
 * However many ask, one question at a time is under way, so that they take no webhook's place.  Returns as handover_park().
 */
int handover_ask(struct handover *, struct request *);

/* Follow CONF from now on: its socket, deadline and autostart.  Returns 0, or -1 with errno. */
int handover_follow(struct handover *, const struct conf *);

/* How many are parked. */
size_t handover_parked(struct handover *);

/* No more are going to be parked: from now on a spooler is started only for those that are. */
void handover_stop(struct handover *);

#endif
