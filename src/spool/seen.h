/*
 * The dedup window: which webhooks have been seen, by their keys, the ids and guards of events.  Keys are kept in generations by the time when
 * they came: the newest takes what is new, the others are sealed.  A sealed one has a filter, so that what is new costs no look into its tree;
 * who may be in it is looked up there, so that no answer depends on a filter.  Keys of late events (generation.h) are in one of their own.
 */
#ifndef HOOKSPOOL_SEEN_H
#define HOOKSPOOL_SEEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "files.h"
#include "store.h"

struct seen_generation;

struct seen {
	struct store *store;
	struct store_table *meta;
	struct store_table *late;
	bool late_used;
	struct seen_generation **all; /* ascending; the last one takes what is new */
	size_t n, room;
	struct seen_generation *next; /* one that begins, and is not committed */
	struct files files;
};

/*
 * Open all that META has records of; make the first where there is none; remove files that no record names.  NEXT is the next event's number,
 * KEYS how many keys the newest has.  STORE and META are borrowed.  Returns 0, or -1 with errno; seen_close() is due in either case.
 */
int seen_open(struct seen *, uint64_t next, uint64_t keys);
void seen_close(struct seen *);

/* The number that KEY was remembered with.  Returns 0, or -1 with errno (ENOENT). */
int seen_find(struct seen *, struct store_bytes key, uint64_t *number);

/*
 * In a transaction: remember KEY, of which seen_sealed_find() has found nothing, with *NUMBER.  Returns 1; 0 when it is there already, with its
 * *NUMBER; -1 with errno.
 */
int seen_sealed_find(struct seen *, struct store_bytes key, uint64_t *number);
int seen_put(struct seen *, struct store_bytes key, uint64_t *number);

/* In a transaction: the same for the key of a late event, and its end, where it is NUMBER's.  Return 0, or -1 with errno. */
int seen_late_put(struct seen *, struct store_bytes key, uint64_t number);
int seen_late_delete(struct seen *, struct store_bytes key, uint64_t number);

struct seen_generation *seen_newest(const struct seen *);
/* Of all. */
uint64_t seen_keys(const struct seen *);

/* Have the next generation's file made, and the filters that are missing.  Nothing happens where they are. */
void seen_prepare(struct seen *);

/*
 * In a transaction: the newest, whose last event came at LAST_MS, is sealed, and the spare one begins from number FIRST on at NOW_MS.  Then,
 * once that is committed: it is.  The first returns 0, or -1 with errno.
 */
struct seen_turn {
	uint64_t first, last_ms, now_ms;
};
int seen_begin(struct seen *, const struct seen_turn *);
void seen_begun(struct seen *, const struct seen_turn *);

/*
 * In a transaction: the oldest one, which is sealed and not busy, is forgotten.  Then, once that is committed: its files go.  The first returns
 * 0, or -1 with errno.
 */
int seen_forget(struct seen *);
void seen_forgotten(struct seen *);

#endif
