/*
 * Berkeley DB 5.3, transactional, private to this process and without its lock subsystem: one thread has the transactions.  Handles are
 * free-threaded (DB_THREAD), so that another one may flush pages meanwhile: pages and log have the library's own latches.  Opened with
 * recovery every time, so that nothing stale is ever joined.  When the library asks for recovery (DB_RUNRECOVERY) the store is
 * broken and says so; the process is expected to end.
 */
#include "store.h"

#include <db.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../lib/log.h"
#include "store_spare.h"
#include "store_thread.h"
#include "store_upkeep.h"

#define LOG_BUFFER (2u << 20) /* a group commit of 128 large webhooks fits */
#define LOG_FILE (32u << 20)

/*
 * 4 KiB, a file system's block: a page is never half written by a power cut.  Larger values lie on pages of their own.  Without
 * DB_CHKSUM: the library's byte-wise hash of every page read or written took a quarter of the spooler's time in make bench;
 * records of the log always have one.
 */
#define PAGE_SIZE_BYTES 4096

static const char *const table_file[STORE_TABLES] = {
    [STORE_EVENT] = "event.db",
    [STORE_BODY] = "body.db",
    [STORE_SEEN] = "seen.db",
    [STORE_DELIVERY] = "delivery.db",
    [STORE_ATTEMPT] = "attempt.db",
    [STORE_LANE] = "lane.db",
    [STORE_DUE] = "due.db",
    [STORE_REJECTED] = "rejected.db",
    [STORE_META] = "meta.db",
};

struct store {
	DB_ENV *env;
	DB *table[STORE_TABLES];
	unsigned char key[STORE_TABLES][STORE_KEY_MAX]; /* what store_seek() last found */
	void *value[STORE_TABLES]; /* what was last read: a free-threaded handle has no memory for it */
	DB_TXN *txn;
	struct store_upkeep *upkeep;
	atomic_bool broken;
};

static void
library_says(const DB_ENV *env, const char *prefix, const char *message)
{
	(void)env;
	(void)prefix;
	log_error("spool: Berkeley DB: %s", message);
}

/* Translate a result of the library; 0 stays 0. */
static int
result(struct store *store, int code)
{
	switch (code) {
	case 0:
		return 0;
	case DB_NOTFOUND:
	case DB_KEYEMPTY:
		errno = ENOENT;
		return -1;
	case DB_KEYEXIST:
		errno = EEXIST;
		return -1;
	case DB_RUNRECOVERY:
		atomic_store(&store->broken, true);
		errno = EIO;
		return -1;
	default:
		errno = code > 0 ? code : EIO;
		return -1;
	}
}

/* New files survive a power cut only when their directory was flushed. */
static int
flush_directory(const char *dir)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int failed;

	if (fd == -1)
		return -1;
	failed = fsync(fd);
	close(fd);
	return failed;
}

static int
open_environment(struct store *store, const char *dir, uint64_t cache)
{
	DB_ENV *env;
	int code = db_env_create(&env, 0);

	if (code != 0)
		return result(store, code);
	store->env = env;
	env->set_errcall(env, library_says);
	if ((code = env->set_cachesize(env, (uint32_t)(cache >> 30), (uint32_t)(cache & ((1u << 30) - 1)), 1)) != 0 ||
	    (code = env->set_lg_bsize(env, LOG_BUFFER)) != 0 || (code = env->set_lg_max(env, LOG_FILE)) != 0)
		return result(store, code);
	return result(store,
	    env->open(env, dir,
		DB_CREATE | DB_PRIVATE | DB_THREAD | DB_INIT_MPOOL | DB_INIT_LOG | DB_INIT_TXN | DB_RECOVER, 0600));
}

static int
open_tables(struct store *store)
{
	for (int i = 0; i < STORE_TABLES; i++) {
		DB *db;
		int code = db_create(&db, store->env, 0);

		if (code != 0)
			return result(store, code);
		store->table[i] = db;
		if ((code = db->set_pagesize(db, PAGE_SIZE_BYTES)) != 0 ||
		    (code = db->open(
			 db, NULL, table_file[i], NULL, DB_BTREE, DB_CREATE | DB_AUTO_COMMIT | DB_THREAD, 0600)) != 0)
			return result(store, code);
	}
	return 0;
}

/* Flush all that is in the cache, and remove what is not needed any more of the log. */
static int
checkpoint(struct store *store)
{
	DB_ENV *env = store->env;
	int code = env->txn_checkpoint(env, 0, 0, DB_FORCE);

	return result(store, code != 0 ? code : env->log_archive(env, NULL, DB_ARCH_REMOVE));
}

struct store *
store_open(const char *dir, uint64_t cache)
{
	struct store *store = calloc(1, sizeof *store);
	int saved;

	if (store == NULL)
		return NULL;
	if (store_spare_clean(dir) == 0 && open_environment(store, dir, cache) == 0 && open_tables(store) == 0 &&
	    checkpoint(store) == 0 && flush_directory(dir) == 0 &&
	    (store->upkeep = store_upkeep_new(store->env, dir, &store->broken)) != NULL)
		return store;
	saved = errno;
	log_error("spool: can't open the tables in %s: %s", dir, strerror(saved));
	store_close(store);
	errno = saved;
	return NULL;
}

void
store_close(struct store *store)
{
	if (store == NULL)
		return;
	store_abort(store);
	store_upkeep_free(store->upkeep);
	if (!store_broken(store) && store->env != NULL)
		checkpoint(store);
	for (int i = 0; i < STORE_TABLES; i++)
		if (store->table[i] != NULL)
			store->table[i]->close(store->table[i], 0);
	for (int i = 0; i < STORE_TABLES; i++)
		free(store->value[i]);
	if (store->env != NULL)
		store->env->close(store->env, 0);
	free(store);
}

bool
store_broken(const struct store *store)
{
	return atomic_load(&store->broken);
}

int
store_begin(struct store *store)
{
	return result(store, store->env->txn_begin(store->env, NULL, &store->txn, 0));
}

int
store_commit(struct store *store)
{
	DB_TXN *txn = store->txn;

	store->txn = NULL; /* the commit takes it, also when it fails */
	if (result(store, txn->commit(txn, DB_TXN_SYNC)) != 0)
		return -1;
	if (store_upkeep_committed(store->upkeep) == 0)
		return 0;
	log_error("spool: can't flush the directory of the log: %s", strerror(errno));
	atomic_store(
	    &store->broken, true); /* nobody may be told: what is there after a power cut, the next start will see */
	return -1;
}

void
store_abort(struct store *store)
{
	DB_TXN *txn = store->txn;

	store->txn = NULL;
	if (txn != NULL)
		result(store, txn->abort(txn));
}

static DBT
thing(struct store_bytes bytes)
{
	DBT dbt;

	memset(&dbt, 0, sizeof dbt);
	dbt.data = (void *)(uintptr_t)bytes.bytes;
	dbt.size = (uint32_t)bytes.len;
	return dbt;
}

int
store_put(struct store *store, enum store_table t, struct store_bytes key, struct store_bytes value)
{
	DBT k = thing(key), v = thing(value);

	return result(store, store->table[t]->put(store->table[t], store->txn, &k, &v, 0));
}

int
store_add(struct store *store, enum store_table t, struct store_bytes key, struct store_bytes value)
{
	DBT k = thing(key), v = thing(value);

	return result(store, store->table[t]->put(store->table[t], store->txn, &k, &v, DB_NOOVERWRITE));
}

int
store_delete(struct store *store, enum store_table t, struct store_bytes key)
{
	DBT k = thing(key);

	return result(store, store->table[t]->del(store->table[t], store->txn, &k, 0));
}

int
store_get(struct store *store, enum store_table t, struct store_bytes key, struct store_bytes *value)
{
	DBT k = thing(key), v = thing((struct store_bytes){store->value[t], 0});
	int code;

	v.flags = DB_DBT_REALLOC;
	code = store->table[t]->get(store->table[t], store->txn, &k, &v, 0);
	store->value[t] = v.data;
	if (result(store, code) != 0)
		return -1;
	*value = (struct store_bytes){v.data, v.size};
	return 0;
}

/* V says what is wanted of the value.  Key and value are in the store's own memory, so that they outlive the cursor. */
static int
seek(struct store *store, enum store_table t, DBT *k, DBT *v)
{
	DBC *cursor;
	int code = store->table[t]->cursor(store->table[t], store->txn, &cursor, 0), closed;

	if (code != 0)
		return result(store, code);
	memcpy(store->key[t], k->data, k->size);
	k->data = store->key[t];
	k->flags = DB_DBT_USERMEM;
	k->ulen = STORE_KEY_MAX;
	v->data = store->value[t];
	v->flags |= DB_DBT_REALLOC;
	code = cursor->get(cursor, k, v, DB_SET_RANGE);
	store->value[t] = v->data;
	closed = cursor->close(cursor);
	return result(store, code) != 0 || result(store, closed) != 0 ? -1 : 0;
}

static int
too_long(void)
{
	errno = EINVAL;
	return -1;
}

int
store_seek(struct store *store, enum store_table t, struct store_bytes from, struct store_entry *entry)
{
	DBT k = thing(from), v = thing((struct store_bytes){NULL, 0});

	if (from.len > STORE_KEY_MAX)
		return too_long();
	if (seek(store, t, &k, &v) != 0)
		return -1;
	*entry = (struct store_entry){{k.data, k.size}, {v.data, v.size}};
	return 0;
}

int
store_seek_key(struct store *store, enum store_table t, struct store_bytes from, struct store_bytes *key)
{
	DBT k = thing(from), v = thing((struct store_bytes){NULL, 0});

	v.flags = DB_DBT_PARTIAL; /* none of its bytes */
	if (from.len > STORE_KEY_MAX)
		return too_long();
	if (seek(store, t, &k, &v) != 0)
		return -1;
	*key = (struct store_bytes){k.data, k.size};
	return 0;
}

void
store_give(struct store *store, struct store_job *job)
{
	store_upkeep_give(store->upkeep, job);
}

int
store_descriptor(const struct store *store)
{
	return store_upkeep_descriptor(store->upkeep);
}

void
store_done(struct store *store)
{
	store_upkeep_done(store->upkeep);
}

void
store_spares(struct store *store, uint64_t min_free)
{
	store_upkeep_spares(store->upkeep, min_free);
}
