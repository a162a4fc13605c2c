/*
 * Late events: their generation has gone, and they were not finished.  They are in generation 0, their keys in seen 0.  Once nothing of one is
 * queued any more it is in the table `late`, in the order of time, and is forgotten when it has been kept for as long as others since then.
 */
#ifndef HOOKSPOOL_LATE_H
#define HOOKSPOOL_LATE_H

#include <stdbool.h>
#include <stdint.h>

struct spool;

/*
 * In a transaction: deliveries of event NUMBER have changed, at NOW_MS.  If it is late and nothing of it is queued, it is finished.  Returns
 * 0, or -1 with errno.
 */
int late_ended(struct spool *, uint64_t number, uint64_t now_ms);

/* In a transaction: event NUMBER of the oldest generation becomes late.  Returns 0, or -1 with errno. */
int late_move(struct spool *, uint64_t number);

/* Finished ones that have been kept for KEEP_MS. */
struct late_turn {
	uint64_t now_ms, keep_ms;
	int max; /* so many at once */
};

/* Whether there is one to forget. */
bool late_is_due(struct spool *, const struct late_turn *);

/* In a transaction: forget them.  Returns 1 when there may be more, 0, or -1 with errno. */
int late_forget(struct spool *, const struct late_turn *);

#endif
