/* Events, as the spool's own files remove them. */
#ifndef HOOKSPOOL_SPOOL_EVENT_H
#define HOOKSPOOL_SPOOL_EVENT_H

#include <stdint.h>

#include "spool.h"

/* In a transaction: remove a rejected or late event's record and body.  Returns 0, or -1 with errno. */
int event_delete(struct spool *, uint64_t number);

/* In a transaction: remove at most MAX rejected webhooks before number BEFORE.  Returns 1 when there may be more, 0, or -1 with errno. */
int rejected_forget(struct spool *, uint64_t before, int max);

#endif
