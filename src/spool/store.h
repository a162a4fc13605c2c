/*
 * Ordered tables of bytes with transactions, on disk: the only module that knows Berkeley DB.  One process, one transaction at a time,
 * and one thread that calls these, but for store_broken().  Keys compare as unsigned bytes.
 *
 * Functions return 0, or -1 with errno: ENOENT (no such key), EEXIST, ENOSPC, EIO, …; no Berkeley DB code leaves this file.
 */
#ifndef HOOKSPOOL_STORE_H
#define HOOKSPOOL_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../conf/page_journal.h"

/* What a table holds.  The first five are of a generation and have one table for each; of the others there is one. */
enum store_kind {
	STORE_EVENT,	/* last number, how many → packs of event records: heads, and bodies that are not long */
	STORE_BODY,	/* number → the webhook's body, where it is longer */
	STORE_DELIVERY, /* number, hook → delivery record */
	STORE_ATTEMPT,	/* number, hook, attempt → attempt record */
	STORE_SEEN,	/* source, id or guard → number: the dedup window */
	STORE_LANE,	/* source, lane, number → nothing */
	STORE_DUE,	/* hook, time, number → nothing */
	STORE_REJECTED, /* number → nothing: the rejected ones, to bound them */
	STORE_LATE,	/* when it ended, number → nothing: late events that are finished */
	STORE_META,	/* what is there once, by name: INTERNALS */
	STORE_KINDS
};
#define STORE_ONE 0 /* the generation of a table that has none */

#define STORE_KEY_MAX 2560 /* bytes of a key */

struct store;
struct store_job;
struct store_table;

struct store_bytes {
	const void *bytes;
	size_t len;
};

struct store_entry {
	struct store_bytes key, value;
};

/*
 * Open the environment in DIR, made if need be, recovering what a crash left, with a cache of CACHE bytes.  No other process may have it
 * open: the caller holds a lock.  Returns owned, or NULL with errno; the reason is logged.
 */
struct store *store_open(const char *dir, uint64_t cache, enum page_journal);
void store_close(struct store *); /* its tables are closed already */

int store_begin(struct store *);
int store_commit(struct store *); /* written and flushed when it returns 0; nothing happened otherwise */
void store_abort(struct store *); /* nothing happens without a transaction */

/* After a failure that only opening anew can mend. */
bool store_broken(const struct store *);

/* What protects its pages from being half written, as a line.  Borrowed. */
const char *store_protection(const struct store *);

/* New files survive a power cut only when their directory was flushed.  In any thread. */
int store_flush_directory(struct store *);

/*
 * Open a table that must be there, or make it if need be; in a transaction of its own, in any thread.  Returns owned, or NULL with errno; the
 * reason is logged.
 */
struct store_table *store_table_open(struct store *, enum store_kind, uint32_t generation);
struct store_table *store_table_make(struct store *, enum store_kind, uint32_t generation);
/* Whether there is a file of its name.  Where that can't be seen there is one: opening it tells why. */
bool store_table_exists(const struct store *, enum store_kind, uint32_t generation);
/* Log that the table's file is not where it must be, and what to do then. */
void store_table_missing(const struct store *, enum store_kind, uint32_t generation);
/* Not in a transaction that has used it.  What was not written yet, the next checkpoint writes. */
void store_table_close(struct store_table *);
/* Remove the file of a table that is not open; in a transaction of its own, in any thread.  One that is not there is no error. */
int store_table_remove(struct store *, enum store_kind, uint32_t generation);

/*
 * Call SEEN with each generation's file in the directory, until it returns nonzero.  SUFFIX is what follows the table's name: nothing, or what
 * belongs to the table.  Returns 0, SEEN's value, or -1 with errno.
 */
int store_files(struct store *, int (*seen)(void *context, enum store_kind, uint32_t generation, const char *suffix),
    void *context);
#define STORE_NAME_MAX 32
/* The name of the table's file. */
void store_name(char name[STORE_NAME_MAX], enum store_kind, uint32_t generation);
/* Where it lies.  Borrowed. */
const char *store_directory(const struct store *);

int store_put(struct store_table *, struct store_bytes key, struct store_bytes value);
/* The same, only where the key is new: EEXIST otherwise. */
int store_add(struct store_table *, struct store_bytes key, struct store_bytes value);
int store_delete(struct store_table *, struct store_bytes key);

/* The value of KEY.  Borrowed until the next call with a table of this kind. */
int store_get(struct store_table *, struct store_bytes key, struct store_bytes *value);

/* Returns 1 when KEY is there, 0 when it is not, or -1 with errno.  What was borrowed of the table stays. */
int store_has(struct store_table *, struct store_bytes key);

/* The entry with the smallest key >= FROM; borrowed until the next call with a table of this kind.  Of the second only the key is read. */
int store_seek(struct store_table *, struct store_bytes from, struct store_entry *);
int store_seek_key(struct store_table *, struct store_bytes from, struct store_bytes *key);

/*
 * Call SEEN with each key of a table that nobody changes any more, until it returns nonzero; in any thread.  Returns 0, SEEN's value, or -1
 * with errno.
 */
int store_walk(struct store_table *, int (*seen)(void *context, struct store_bytes key), void *context);

/*
 * A thread of the store's own writes the tables to the disk, removes what is not needed any more of the log, and prepares log files:
 * the latter from now on, while MIN_FREE bytes stay free.
 */
void store_spares(struct store *, uint64_t min_free);

/*
 * Give that thread a job (store_thread.h).  It must not change a table that is in use, nor touch the transaction.  The descriptor, borrowed, is
 * readable when a job is done; store_done() tells whose it is, and so does store_close(), which runs what was given first.
 */
void store_give(struct store *, struct store_job *);
int store_descriptor(const struct store *);
void store_done(struct store *);
void store_wait(struct store *); /* waits for one that is done, and tells */

#endif
