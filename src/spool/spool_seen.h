/* An event's keys in the dedup window: its id, and its guard if it has one. */
#ifndef HOOKSPOOL_SPOOL_SEEN_H
#define HOOKSPOOL_SPOOL_SEEN_H

#include <stdint.h>

#include "spool.h"

struct seen;

/*
 * Remember the event's keys as those of *NUMBER.  Returns SPOOL_STORED; SPOOL_DUPLICATE with the earlier event's *NUMBER when one of them is
 * known already; SPOOL_FAILED with errno.
 */
enum spool_accept spool_seen_add(struct seen *, const struct event *, uint64_t *number);

/* The number that the event's id, of which only source and key are looked at, was remembered with.  Returns 0, or -1 with errno (ENOENT). */
int spool_seen_find(struct seen *, const struct event *, uint64_t *number);

/* Remember them as those of a late event, or forget that.  Return 0, or -1 with errno. */
int spool_seen_late(struct seen *, const struct event *, uint64_t number);
int spool_seen_late_forget(struct seen *, const struct event *, uint64_t number);

#endif
