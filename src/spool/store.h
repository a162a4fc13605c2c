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

enum store_table {
	STORE_EVENT,	/* number → head of the event record */
	STORE_BODY,	/* number → the webhook's body */
	STORE_SEEN,	/* source, id or guard → number: the dedup window */
	STORE_DELIVERY, /* number, hook → delivery record */
	STORE_ATTEMPT,	/* number, hook, attempt → attempt record */
	STORE_LANE,	/* source, lane, number → nothing */
	STORE_DUE,	/* hook, time, number → nothing */
	STORE_REJECTED, /* number → nothing: the rejected ones, to bound them */
	STORE_META,	/* what is there once, by name: INTERNALS */
	STORE_TABLES
};

#define STORE_KEY_MAX 2560 /* bytes of a key */

struct store;
struct store_job;

struct store_bytes {
	const void *bytes;
	size_t len;
};

struct store_entry {
	struct store_bytes key, value;
};

/*
 * Open the tables in DIR, creating what is missing and recovering what a crash left, with a cache of CACHE bytes.  No
 * other process may have them open: the caller holds a lock.  Returns owned, or NULL with errno; the reason is logged.
 */
struct store *store_open(const char *dir, uint64_t cache);
void store_close(struct store *);

int store_begin(struct store *);
int store_commit(struct store *); /* written and flushed when it returns 0; nothing happened otherwise */
void store_abort(struct store *); /* nothing happens without a transaction */

/* After a failure that only opening anew can mend. */
bool store_broken(const struct store *);

int store_put(struct store *, enum store_table, struct store_bytes key, struct store_bytes value);
/* The same, only where the key is new: EEXIST otherwise. */
int store_add(struct store *, enum store_table, struct store_bytes key, struct store_bytes value);
int store_delete(struct store *, enum store_table, struct store_bytes key);

/* The value of KEY.  Borrowed until the next call with this table. */
int store_get(struct store *, enum store_table, struct store_bytes key, struct store_bytes *value);

/* The entry with the smallest key >= FROM; borrowed until the next call with this table.  Of the second only the key is read. */
int store_seek(struct store *, enum store_table, struct store_bytes from, struct store_entry *);
int store_seek_key(struct store *, enum store_table, struct store_bytes from, struct store_bytes *key);

/*
 * A thread of the store's own writes the tables to the disk, removes what is not needed any more of the log, and prepares log files:
 * the latter from now on, while MIN_FREE bytes stay free.
 */
void store_spares(struct store *, uint64_t min_free);

/*
 * Give that thread a job (store_thread.h).  It must not touch a table that is in use, nor the transaction.  The descriptor, borrowed, is
 * readable when a job is done; store_done() tells whose it is, and so does store_close(), which runs what was given first.
 */
void store_give(struct store *, struct store_job *);
int store_descriptor(const struct store *);
void store_done(struct store *);

#endif
