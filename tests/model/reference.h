/*
 * The reference: what must be, in a few tables and without a spool.
 */
#ifndef HOOKSPOOL_MODEL_REFERENCE_H
#define HOOKSPOOL_MODEL_REFERENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "served.h"

struct task {
	bool exists, running, probe;
	int state; /* enum delivery_state */
	uint32_t attempts;
	uint64_t next_ms, token;
};

struct webhook {
	uint64_t received_ms, ended_ms; /* ended: the last time that nothing of it was queued any more */
	uint64_t id;
	int source, type, lane;
	bool unhandled, dropped_unhandled;
	bool gone;	       /* it was kept long enough */
	bool late, maybe_late; /* its generation has gone without it, or may have */
	bool was_free;	       /* its lane, when the order under way was given */
	struct task d[HOOKS];
	bool done[HOOKS]; /* a run of it said so */
};

struct program {
	bool there, by_hand, suspended;
	bool slot; /* the scheduler remembers it */
	unsigned failures, probes, running;
	uint64_t probe_ms;
};

struct model {
	struct webhook *events; /* by number */
	uint64_t n, room;
	uint64_t kept;	  /* of them */
	uint64_t *owner;  /* by id: its last event */
	uint64_t *active; /* numbers with something queued, ascending */
	size_t nactive, active_room;
	struct program hooks[HOOKS];
	unsigned running;
	uint64_t now_ms, counts[5], unhandled;
	bool without_y;
};
extern struct model m;

struct webhook *event_of(uint64_t number);
bool is_active(const struct webhook *);
void set_state(struct task *, int state); /* and count it */
void note_active(uint64_t number);	  /* after its states have changed */
bool hook_may_start(int hook);		  /* by all limits, and its suspension */
bool lane_is_free(uint64_t number);
uint64_t first_of(int hook);		       /* the event it has to start next; 0: none may */
void note_free(void);			       /* an order is about to be given */
bool is_due_before(int hook, uint64_t number); /* among those whose lanes were free then */
void forget_runs(void);			       /* the process has ended: what ran is queued again */

/* The event is no more; or must be there, or must not. */
void forget_event(uint64_t number);
bool must_be_there(const struct webhook *);
bool must_be_gone(const struct webhook *);

/* Whatever was active so long ago that its generation must have gone, is late. */
void note_late(void);

/* The spooler does not do what the model says: say so, with what replays it, and end. */
void fail(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));

#endif
