/*
 * Handing webhooks over to the spooler: one connection a process.  Acceptors park a request here and go on; one completer thread takes the
 * answers as they come and answers the senders.
 */
#ifndef HOOKSPOOL_SUBMIT_H
#define HOOKSPOOL_SUBMIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct conf;
struct request;
struct submit;

/* What becomes of a request that is done with: back to the acceptors. */
struct submit_owner {
	void (*done)(void *, struct request *);
	void *context;
};

/*
 * For the spooler where CONF says, or to be started as it says: forks the starter (starter.h), so only while there is one thread.
 * Returns owned, or NULL with errno: it lives as long as the process, which then can't start.
 */
struct submit *submit_new(const struct conf *, const struct submit_owner *);

/* Start the completer, which connects at once.  Returns 0, or -1 with errno. */
int submit_begin(struct submit *);

/*
 * Park REQUEST (takes it): its HEAD has REQUEST_HEAD_ROOM bytes and the event's head, its BODY the rest of the record.  When WAITS the sender
 * is answered with the spooler's word, or 503 at the deadline; otherwise it has its answer already.
 * Returns 0, or -1: too many are parked, see parked.h (the request is still the caller's).
 */
int submit_park(struct submit *, struct request *, bool waits);

/*
 * Ask whether a webhook would be taken now, and answer REQUEST (takes it; its HEAD has REQUEST_HEAD_ROOM bytes and nothing else) with that.
 * However many ask, one question at a time is under way, so that they take no webhook's place.  Returns as submit_park().
 */
int submit_ask(struct submit *, struct request *);

/* Follow CONF from now on: its socket, deadline and autostart.  Returns 0, or -1 with errno. */
int submit_follow(struct submit *, const struct conf *);

/* How many are parked. */
size_t submit_parked(struct submit *);

/* No more are going to be parked: from now on a spooler is started only for those that are. */
void submit_stop(struct submit *);

#endif
