/* What the spool's own files share; nobody else includes this. */
#ifndef HOOKSPOOL_SPOOL_PRIVATE_H
#define HOOKSPOOL_SPOOL_PRIVATE_H

#include "due.h"
#include "generation.h"
#include "jumps.h"
#include "pack.h"
#include "seen.h"
#include "spool.h"
#include "spool_key.h"
#include "store.h"

struct spool {
	struct store *store;
	struct store_table *meta, *lane, *rejected, *late;
	struct generations generations;
	struct seen seen;
	struct spool_counters counters, before; /* as of now; as they were when the transaction began */
	unsigned max_rejected;
	uint64_t cache; /* bytes */
	struct spool_key
	    drain_from; /* deliveries of the oldest generation before this have been looked through for what must move */
	bool drain_moved; /* something, since they were looked at from the first one on */
	struct due due;
	struct jumps jumps;
	struct clocks looked; /* at the clocks, when; all 0: not yet */
	struct pack pack;     /* of events that the open transaction accepts */
	int lock;
};

/* Where event NUMBER's TABLE (STORE_EVENT to STORE_ATTEMPT) is. */
struct store_table *spool_table(struct spool *, enum store_kind table, uint64_t number);

/* In a transaction: BY more of what is counted of event NUMBER. */
void spool_count(struct spool *, uint64_t number, enum generation_counter, int64_t by);

/*
 * In a transaction: put the records of events that it has accepted so far; who reads events does that first, so that it finds them.  Returns
 * 0, or -1 with errno.
 */
int spool_put_events(struct spool *);
/* The same of the one whose record was added to the pack by hand, to generation G. */
int spool_put_pack(struct spool *, const struct generation *);

/*
 * Open the table "meta" of a spool whose format is this program's; in an empty directory, make all that is there once.  Returns 0, or -1 with
 * errno, and the reason is logged: ENOENT (it is lost), EPROTO (what was in it is lost), ENOTSUP (the format), ….
 */
int spool_open_meta(struct spool *);

/* Put the counters, with KEYS of the newest seen generation.  In a transaction.  Returns 0, or -1 with errno. */
int spool_put_counters(struct spool *, uint64_t keys);

/* Put the clock's jumps as they are now.  In a transaction.  Returns 0, or -1 with errno. */
int spool_put_jumps(struct spool *);

#endif
