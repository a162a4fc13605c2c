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
	uint64_t received_ms;
	int source, type, lane;
	bool unhandled, dropped_unhandled;
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
uint64_t first_of(int hook); /* the event it has to start next; 0: none may */
void forget_runs(void);	     /* the process has ended: what ran is queued again */

/* The spooler does not do what the model says: say so, with what replays it, and end. */
void fail(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));

#endif
