/* What the spool's own files share; nobody else includes this. */
#ifndef HOOKSPOOL_SPOOL_PRIVATE_H
#define HOOKSPOOL_SPOOL_PRIVATE_H

#include "jumps.h"
#include "spool_key.h"
#include "spool.h"
#include "store.h"

struct spool {
	struct store *store;
	struct spool_counters counters, before; /* as of now; as they were when the transaction began */
	unsigned max_rejected;
	uint64_t prune_at; /* spool_prune() goes on with this number */
	struct jumps jumps;
	struct clocks looked; /* at the clocks, when; all 0: not yet */
	unsigned char *head;  /* of an event that is put: EVENT_HEAD_MAX bytes */
	int lock;
};

int jumps_put(struct spool *); /* as they are; in the transaction */

/* A lane, or none (len 0).  Borrows from the event. */
struct lane {
	const char *source, *name;
	size_t source_len, name_len;
};
struct lane lane_of(const struct event *);

/*
 * Enter the event into its lane.  Returns 1 when its deliveries are due (it is the first of its lane, or in none), 0 when they
 * must wait, -1 with errno.
 */
int lane_enter(struct spool *, const struct lane *, uint64_t number);

/* The event has nothing left to run: the next of its lane becomes due.  Returns 0, or -1 with errno. */
int lane_leave(struct spool *, const struct lane *, uint64_t number, const struct spool_wake *);

/* 1: the event is the first of its lane (or in none); 0: it is not; -1 with errno. */
int lane_is_first(struct spool *, const struct lane *, uint64_t number);

/* The event's deliveries: put one that is queued, into `due` as well when DUE. */
int delivery_put(struct spool *, uint64_t number, const char *hook, const struct delivery *);
int due_put(struct spool *, const char *hook, uint64_t due_ms, uint64_t number, const struct spool_wake *);
int due_delete(struct spool *, const char *hook, uint64_t due_ms, uint64_t number); /* also when there is none */

/* From OLD to NEW: the record, the counters, and out of `due`. */
int delivery_change(
    struct spool *, const struct spool_change *, const struct delivery *old, const struct delivery *new);

/* Remove one with its attempts, and count it off.  Its lane is the caller's matter. */
int delivery_delete(struct spool *, uint64_t number, const char *hook);

/* The lane goes on when nothing of the event is queued any more. */
int leave_if_finished(struct spool *, const struct lane *, uint64_t number, const struct spool_wake *);

/* Give an event N deliveries, all new, queued, next at NOW_MS. */
int deliveries_add(struct spool *, uint64_t number, const struct lane *, const char *const *hooks, size_t n,
    uint64_t now_ms, const struct spool_wake *);

/* How many deliveries the event has, or -1 with errno; *QUEUED: whether any is still to run. */
int deliveries_look(struct spool *, uint64_t number, bool *queued);

/* Remove all deliveries of an event and their attempts; counts them off. */
int deliveries_delete(struct spool *, uint64_t number);

#endif
