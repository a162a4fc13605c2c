/* Deliveries, one event for one hook each, as the spool's own files change them.  Functions return 0, or -1 with errno, unless they say more. */
#ifndef HOOKSPOOL_SPOOL_DELIVERY_H
#define HOOKSPOOL_SPOOL_DELIVERY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "generation.h"
#include "spool.h"

struct lane;

/* Its record alone. */
int delivery_put(struct spool *, uint64_t number, const char *hook, const struct delivery *);

/* From OLD to NEW: the record, the counters, and out of `due`. */
struct delivery_change {
	uint64_t number;
	const char *hook;
	const struct delivery *old, *new;
};
int delivery_change(struct spool *, const struct delivery_change *);

/* What counts the deliveries in this state. */
enum generation_counter delivery_counter(enum delivery_state);

/* Remove one with its attempts, and count it off.  Its lane is the caller's matter. */
int delivery_delete(struct spool *, uint64_t number, const char *hook);

/* Give an event N deliveries, all new, queued, next at NOW_MS. */
struct deliveries_new {
	uint64_t number;
	const struct lane *lane;
	const char *const *hooks;
	size_t n;
	uint64_t now_ms;
};
int deliveries_add(struct spool *, const struct deliveries_new *);

/* How many deliveries the event has, or -1 with errno; *QUEUED: whether any is still to run. */
int deliveries_look(struct spool *, uint64_t number, bool *queued);

/*
 * The event enters its lane; who was first there is no longer due.  Returns 1 when its own deliveries are due, which the caller puts there,
 * 0 when they must wait, -1 with errno.
 */
int deliveries_enter(struct spool *, const struct lane *, uint64_t number);

/* The event leaves its lane when nothing of it is queued any more; the next one's are due then. */
int deliveries_leave(struct spool *, const struct lane *, uint64_t number);

/* Remove all deliveries of an event and their attempts; counts them off.  Returns how many there were, or -1 with errno. */
int deliveries_delete(struct spool *, uint64_t number);

#endif
