/*
 * The reference: what must be, in a few tables and without a spool.  Of two harnesses: the model test, and the simulator (tests/sim).
 */
#ifndef HOOKSPOOL_MODEL_REFERENCE_H
#define HOOKSPOOL_MODEL_REFERENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "configured.h"

struct run_report;

struct task {
	bool exists, running, probe;
	bool ended; /* its process has, and its outcome is not on disk yet */
	int state;  /* enum delivery_state */
	uint32_t attempts, attempts_all;
	uint64_t next_ms, token;
};

struct webhook {
	uint64_t received_ms, ended_ms; /* ended: the last time that nothing of it was queued any more */
	uint64_t id, guard;		/* guard 0: none */
	int source, type, lane;
	bool rejected; /* kept for who looks for why */
	bool unhandled, dropped_unhandled;
	bool gone;	       /* it was kept long enough */
	bool late, maybe_late; /* its generation has gone without it, or may have */
	bool was_free;	       /* its lane, when the order under way was given */
	struct task d[HOOKS];
	bool done[HOOKS]; /* a run of it said so */
};

struct program {
	bool there, by_hand, suspended;
	bool held; /* suspended because the spool could not say whether it is by hand */
	unsigned failures, probes, running;
	unsigned unstored; /* runs that have ended, and are not on disk */
	uint64_t probe_ms;
};

struct model {
	struct webhook *events; /* by number */
	uint64_t n, room;
	uint64_t kept;	  /* of them, without rejected ones */
	uint64_t *active; /* numbers with something queued, ascending */
	size_t nactive, active_room;
	struct program hooks[HOOKS];
	unsigned running, unstored;
	uint64_t now_ms, counts[5], unhandled, rejected;
	unsigned long suspensions;
	int form; /* of the configuration */
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
void use_form(int form);		       /* a reload */

/* A webhook was stored as event NUMBER, the next one; what SAID has of it beyond source, type, lane, id and guard is not looked at. */
void add_webhook(uint64_t number, const struct webhook *said);

/* A run begins; its process ends; its outcome is on disk. */
void run_starts(uint64_t number, int hook, uint64_t token);
void run_stops(uint64_t number, int hook);
/* NEXT_MS: when it is due again, as the spooler says, which is checked. */
void run_counts(uint64_t number, int hook, const struct run_report *, uint64_t next_ms);
/* What its end says of its hook; PROBE_MS: as the spooler says, which is checked. */
void run_judges(int hook, bool probe, const struct run_report *, uint64_t probe_ms);

/* How a run of HOOK may end, by a throw of DICE, below 100: well below 65, and for good below 68. */
void choose_end(struct run_report *, int hook, uint32_t dice);

/* What an operator wants: of HOOK or, with NO_HOOK, of all; STATE 0: in any. */
struct mending {
	int hook, state;
	bool force;
};
/* Return how many deliveries that changes.  drop_event() changes nothing, and returns -1, where ONE event's is running. */
int retry_event(uint64_t number, const struct mending *);
int drop_event(uint64_t number, const struct mending *, bool one);

void steer_hook(int hook, bool suspend);

/* How much longer than KEEP_MS a generation stays that began as late as it could, and goes as late as it can, when looks at it are LOOK_MS apart. */
#define LONGER_MS(LOOK_MS) (KEEP_MS / 8 + 2 * (LOOK_MS))

/* The event is no more; or must be there, or must not. */
void forget_event(uint64_t number);
bool must_be_there(const struct webhook *);
bool must_be_gone(const struct webhook *, uint64_t longer_ms);

/* Whatever was active so long ago that its generation must have gone, is late. */
void note_late(uint64_t longer_ms);

/* The harness's own: as realloc(), but that there is always enough. */
void *enlarge(void *old, size_t size);

/* The spooler does not do what the model says: say so, with what replays it, and end. */
void fail(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));

#endif
