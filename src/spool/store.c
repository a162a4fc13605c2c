/*
 * Berkeley DB 5.3, transactional, private to this process and without its lock subsystem: one thread has the transactions.  Handles are
 * free-threaded (DB_THREAD), so that another one may flush pages meanwhile: pages and log have the library's own latches.  Opened with
 * recovery every time, so that nothing stale is ever joined.  When the library asks for recovery (DB_RUNRECOVERY) the store is
 * broken and says so; the process is expected to end.
 */
#include "store.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../lib/log.h"
#include "../lib/log_flood.h"
#include "store_debris.h"
#include "store_flush.h"
#include "store_library.h"
#include "store_pages.h"
#include "store_private.h"
#include "store_spare.h"
#include "store_thread.h"
#include "store_upkeep.h"

#define LOG_BUFFER (2u << 20) /* a group commit of 128 large webhooks fits */
#define LOG_FILE (32u << 20)

struct store {
	DB_ENV *env;
	struct store_memory memory[STORE_KINDS];
	DB_TXN *txn;
	struct store_pages *pages;
	struct store_upkeep *upkeep;
	atomic_bool broken;
	char *dir;
};

/* On a full disk it says so of each page that it can't write. */
static void
library_says(const DB_ENV *env, const char *prefix, const char *message)
{
	(void)env;
	(void)prefix;
	log_flood(LOG_FLOOD_ERROR, "spool", "Berkeley DB", "spool: Berkeley DB: %s", message);
}

int
store_result(struct store *store, int code)
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

int
store_flush_directory(struct store *store)
{
	int fd = open(store->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int failed;

	if (fd == -1)
		return -1;
	failed = store_flush_names(fd);
	close(fd);
	return failed;
}

static int
open_environment(struct store *store, const char *dir, uint64_t cache)
{
	DB_ENV *env;
	int code;

	if ((code = store_library_watch()) != 0 || (code = db_env_create(&env, 0)) != 0)
		return store_result(store, code);
	store->env = env;
	env->set_errcall(env, library_says);
	if ((code = env->set_cachesize(env, (uint32_t)(cache >> 30), (uint32_t)(cache & ((1u << 30) - 1)), 1)) != 0 ||
	    (code = env->set_lg_bsize(env, LOG_BUFFER)) != 0 || (code = env->set_lg_max(env, LOG_FILE)) != 0)
		return store_result(store, code);
	return store_result(store,
	    env->open(env, dir,
		DB_CREATE | DB_PRIVATE | DB_THREAD | DB_INIT_MPOOL | DB_INIT_LOG | DB_INIT_TXN | DB_RECOVER, 0600));
}

/*
 * Whatever is in the cache goes to the disk.  To the library a file is flushed once a checkpoint has flushed it after its table was closed,
 * also where pages of it were changed meanwhile (__memp_sync_file clears file_written): the next checkpoint, at the stop, wrote them, did not
 * flush them, and said in the log that nothing before it is needed any more.
 */
static int
settle(struct store *store)
{
	int code = store->env->memp_sync(store->env, NULL);

	return store_result(store, code != 0 ? code : store_pages_settle(store->pages));
}

/* Flush all that is in the cache, and remove what is not needed any more of the log. */
static int
checkpoint(struct store *store)
{
	DB_ENV *env = store->env;
	int code = env->txn_checkpoint(env, 0, 0, DB_FORCE);

	return store_result(store, code != 0 ? code : env->log_archive(env, NULL, DB_ARCH_REMOVE));
}

/* Those that checkpoint() does not find: an interrupted removal leaves a number out, and so did programs before this one. */
static int
remove_strays(struct store *store)
{
	DB_LOG_STAT *stat;
	unsigned current;
	int code = store->env->log_stat(store->env, &stat, 0);

	if (code != 0)
		return store_result(store, code);
	current = stat->st_cur_file;
	free(stat);
	return store_spare_remove_strays(store->dir, current);
}

struct store *
store_open(const char *dir, uint64_t cache, enum page_journal journal)
{
	struct store *store = calloc(1, sizeof *store);
	int saved;

	if (store == NULL)
		return NULL;
	store_flush_begin();
	if ((store->dir = strdup(dir)) != NULL && store_spare_clean(dir) == 0 &&
	    (store->pages = store_pages_open(dir, journal, &store->broken)) != NULL && store_debris_clean(dir) == 0 &&
	    open_environment(store, dir, cache) == 0 && checkpoint(store) == 0 && remove_strays(store) == 0 &&
	    store_flush_directory(store) == 0 &&
	    (store->upkeep = store_upkeep_new(store->env, store->dir, store->pages, &store->broken)) != NULL)
		return store;
	saved = errno;
	log_error("spool: can't open %s: %s", dir, strerror(saved));
	store_close(store);
	errno = saved;
	return NULL;
}

void
store_close(struct store *store)
{
	bool clean = false;

	if (store == NULL)
		return;
	store_abort(store);
	store_upkeep_free(store->upkeep);
	if (!store_broken(store) && store->env != NULL)
		clean = settle(store) == 0 && checkpoint(store) == 0;
	if (store->env != NULL)
		store->env->close(store->env, 0);
	store_pages_close(store->pages, clean);
	for (int i = 0; i < STORE_KINDS; i++)
		free(store->memory[i].value);
	free(store->dir);
	free(store);
}

DB_ENV *
store_env(const struct store *store)
{
	return store->env;
}

DB_TXN *
store_txn(const struct store *store)
{
	return store->txn;
}

struct store_memory *
store_memory(struct store *store, enum store_kind kind)
{
	return &store->memory[kind];
}

const char *
store_directory(const struct store *store)
{
	return store->dir;
}

const char *
store_protection(const struct store *store)
{
	return store_pages_protection(store->pages);
}

bool
store_broken(const struct store *store)
{
	return atomic_load(&store->broken) || store_flush_failed();
}

int
store_begin(struct store *store)
{
	if (store_broken(store)) { /* also when a flush beside the loop has failed */
		errno = EIO;
		return -1;
	}
	return store_result(store, store->env->txn_begin(store->env, NULL, &store->txn, 0));
}

/* Nobody may be told: what is there after a power cut, the next start will see.  Returns -1 with errno as it is. */
static int
lose(struct store *store, const char *what)
{
	int why = errno;

	log_error("spool: can't %s: %s", what, strerror(why));
	atomic_store(&store->broken, true);
	errno = why;
	return -1;
}

/*
 * Where the log could not be written or flushed the library says so, makes an abort of the commit's record, in memory or by reading it back from
 * the file, and tries again without looking at what comes of it; and of the first commit in a new log file it says that all is well.
 * So the store is broken then, and the log is asked once more, which costs nothing where it is flushed.
 */
int
store_commit(struct store *store)
{
	DB_TXN *txn = store->txn;

	store->txn = NULL; /* the commit takes it, also when it fails */
	if (store_result(store, txn->commit(txn, DB_TXN_SYNC)) != 0)
		return errno == ENOMEM ? -1 : lose(store, "commit"); /* without memory nothing was written */
	if (store_result(store, store->env->log_flush(store->env, NULL)) != 0)
		return lose(store, "flush the log");
	if (store_upkeep_committed(store->upkeep) != 0)
		return lose(store, "flush the directory of the log");
	return 0;
}

void
store_abort(struct store *store)
{
	DB_TXN *txn = store->txn;

	store->txn = NULL;
	if (txn != NULL)
		store_result(store, txn->abort(txn));
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

void
store_wait(struct store *store)
{
	struct pollfd ready = {.fd = store_descriptor(store), .events = POLLIN};

	(void)poll(&ready, 1, -1);
	store_done(store);
}
