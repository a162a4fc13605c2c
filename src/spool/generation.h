/*
 * Generations: events, their bodies, deliveries and attempts, by the time when they came.  A generation is four files, and holds the events
 * from its first number to before the next generation's first; the newest takes what comes.  When all of one is older than what is kept,
 * its files go.  An event of it that is not finished then moves to the generation "late" (number 0), whose files are always there.
 *
 * What a generation counts is in its record in `meta`, and goes with it; the spool's counters are the sums.
 */
#ifndef HOOKSPOOL_GENERATION_H
#define HOOKSPOOL_GENERATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "files.h"
#include "spool.h"
#include "store.h"

enum generation_counter {
	COUNT_EVENTS,
	COUNT_QUEUED,
	COUNT_DONE,
	COUNT_DEAD,
	COUNT_DROPPED,
	COUNT_UNHANDLED,
	COUNT_REJECTED,
	COUNTERS
};

/* What a transaction may change. */
struct generation_state {
	uint64_t last_ms; /* when its newest event came; 0: it has had none */
	uint64_t count[COUNTERS];
};

#define GENERATION_TABLES FILES_TABLES_MAX

struct generation {
	uint32_t id;	   /* grows; 0: late */
	uint64_t first;	   /* number */
	uint64_t began_ms; /* by the clock of then */
	struct generation_state now, before;
	bool touched;				      /* in the open transaction */
	struct store_table *table[GENERATION_TABLES]; /* STORE_EVENT to STORE_ATTEMPT */
};

struct generations {
	struct store *store;
	struct store_table *meta;
	struct spool_counters *sums;
	struct generation late;
	struct generation **all; /* ascending; the last one takes what comes */
	size_t n, room;
	struct generation *next; /* one that begins, and is not committed */
	struct files files;
};

/*
 * Open all that META has records of; make the first where there is none, whose first number is NEXT; remove files that no record names.
 * STORE, META and SUMS are borrowed; the sums are added up there.  Returns 0, or -1 with errno; generations_close() is due in either case.
 */
int generations_open(struct generations *, uint64_t next);
void generations_close(struct generations *);

/* Where event NUMBER is, if it is anywhere. */
struct generation *generation_of(struct generations *, uint64_t number);
struct generation *generation_newest(const struct generations *);

/*
 * Smallest number >= FROM of an event that was put, late ones among them.  Returns 0, or -1 with errno (ENOENT: there is none).
 */
int generations_next(const struct generations *, uint64_t from, uint64_t *number);

/* In a transaction: BY more of what is counted; an event came. */
void generation_count(struct generations *, struct generation *, enum generation_counter, int64_t by);
void generation_came(struct generation *, uint64_t now_ms);

/* Put the records of those that the transaction has touched.  Returns 0, or -1 with errno. */
int generations_put(struct generations *);
/* The transaction is over; the sums, when it failed, are the caller's matter. */
void generations_settle(struct generations *, bool committed);

/* Have the files of the next generation made.  Nothing happens where they are. */
void generations_prepare(struct generations *);

/*
 * In a transaction: the spare one is the newest from number FIRST on, at NOW_MS.  Then, once that is committed: it is.  The first returns 0,
 * or -1 with errno.
 */
int generation_begin(struct generations *, uint64_t first, uint64_t now_ms);
void generation_begun(struct generations *);

/*
 * In a transaction: the oldest one is forgotten, and no longer counted.  Then, once that is committed: its files go.  The first returns 0, or -1
 * with errno.
 */
int generation_forget(struct generations *);
void generation_forgotten(struct generations *);

#endif
