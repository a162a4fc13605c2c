/* What the spool's own files share; nobody else includes this. */
#ifndef HOOKSPOOL_SPOOL_PRIVATE_H
#define HOOKSPOOL_SPOOL_PRIVATE_H

#include "due.h"
#include "jumps.h"
#include "spool.h"
#include "store.h"

struct spool {
	struct store *store;
	struct spool_counters counters, before; /* as of now; as they were when the transaction began */
	unsigned max_rejected;
	uint64_t prune_at; /* spool_prune() goes on with this number */
	struct due due;
	struct jumps jumps;
	struct clocks looked; /* at the clocks, when; all 0: not yet */
	unsigned char *head;  /* of an event that is put: EVENT_HEAD_MAX bytes */
	int lock;
};

/* Put the clock's jumps as they are now.  In a transaction.  Returns 0, or -1 with errno. */
int spool_put_jumps(struct spool *);

#endif
