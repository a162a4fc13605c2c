/*
 * When a failed delivery runs again.
 */
#ifndef HOOKSPOOL_BACKOFF_H
#define HOOKSPOOL_BACKOFF_H

#include <stdint.h>

struct backoff;

/*
 * The delay in ms after the FAILURES-th failure in a row (1: the first): first × factor^(failures - 1), at most max, moved by
 * up to ±10 % so that what failed together does not come back together.  JITTER is any random number.
 */
uint64_t backoff_delay(const struct backoff *, uint32_t failures, uint32_t jitter);

#endif
