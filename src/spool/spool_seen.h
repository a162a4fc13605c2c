/* The dedup window: which webhooks have been seen, by their ids and guards. */
#ifndef HOOKSPOOL_SPOOL_SEEN_H
#define HOOKSPOOL_SPOOL_SEEN_H

#include <stdint.h>

#include "spool.h"

struct store;

/*
 * Remember the event's id, and its guard if it has one, as those of *NUMBER.  Returns SPOOL_STORED; SPOOL_DUPLICATE with the earlier event's
 * *NUMBER when one of them is known already; SPOOL_FAILED with errno.
 */
enum spool_accept seen_add(struct store *, const struct event *, uint64_t *number);

/* Forget the event's id and guard, unless a later event has taken them.  Returns 0, or -1 with errno. */
int seen_forget(struct store *, const struct event *, uint64_t number);

#endif
