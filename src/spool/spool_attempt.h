/* Attempts, as the spool's own files put and remove them. */
#ifndef HOOKSPOOL_SPOOL_ATTEMPT_H
#define HOOKSPOOL_SPOOL_ATTEMPT_H

#include <stdint.h>

#include "spool.h"

/* Put the attempt of an outcome, and forget the one that is one too many.  Returns 0, or -1 with errno. */
int attempt_put(struct spool *, const struct spool_outcome *);

/* Remove all attempts of a delivery, of which LAST is the last one's number.  Returns 0, or -1 with errno. */
int attempts_delete(struct spool *, uint64_t number, const char *hook, uint32_t last);

#endif
