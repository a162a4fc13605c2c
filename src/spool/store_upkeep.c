/* Berkeley DB's pages and log have latches of their own: a thread that flushes them needs none of ours. */
#include "store_upkeep.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../lib/clock.h"
#include "../lib/log_flood.h"
#include "store_library.h"
#include "store_pages.h"
#include "store_spare.h"
#include "store_thread.h"

#define TURN_MS 50 /* while there are commits */
#define RETRY_MS \
	1000 /* after a failure: a disk that is full stays so for a while, and each try costs a write of each page */

/* A checkpoint costs flushes of all tables: it comes after each of these, but not for less than the first of log. */
#define CHECKPOINT_BYTES (8u << 20)
#define CHECKPOINT_MS 1000
#define CHECKPOINT_MOST_BYTES (32u << 20) /* a start reads at most what comes in two of them */
#define CHECKPOINT_LATEST_MS (5 * 60000u) /* in any case, so that a start is quick */

/*
 * Of the cache, without the page journal, so that the loop finds room without writing much.  With 90 it wrote none, but pages of ids, which
 * change all the time, were written at each turn: half as many writes again in all, and 3 % fewer webhooks; with 30 it wrote two or three pages a group.
 */
#define CLEAN_PERCENT 60
#define CLEAN_STEP 10 /* percent: of the default cache less than a batch */
#define KEEP_LOGS 2   /* to become new ones */
#define NO_SPARES UINT64_MAX

struct store_upkeep {
	DB_ENV *env;
	atomic_bool *broken;
	struct store_pages *pages;
	char *dir;
	atomic_bool committed; /* since the last turn */
	atomic_bool resting;   /* the thread: until the next commit */
	struct store_thread *thread;
	struct store_spare spare;
	_Atomic uint64_t min_free;
	/* The thread's own: */
	uint64_t turned_ms, checkpoint_ms; /* monotonic */
	uint64_t retry_ms, spare_retry_ms; /* before this, no turn and no log file: the last try has failed */
	uint64_t checkpoint_at, log_at;	   /* bytes of log ever written, at the last checkpoint and now */
	uint32_t file;			   /* of the log, now */
	uint32_t prepared;		   /* up to this one there are files */
};

static bool
failed(struct store_upkeep *upkeep, const char *what, int code)
{
	if (code == DB_RUNRECOVERY)
		atomic_store(upkeep->broken, true);
	if (code == 0)
		return false;
	upkeep->retry_ms = clock_monotonic_ms() + RETRY_MS;
	log_flood(LOG_FLOOD_ERROR, "spool", what, "spool: %s: %s", what, db_strerror(code));
	return true;
}

static int
look_at_log(struct store_upkeep *upkeep)
{
	DB_LOG_STAT *stat;
	int code = upkeep->env->log_stat(upkeep->env, &stat, 0);

	if (code != 0)
		return code;
	upkeep->file = stat->st_cur_file;
	upkeep->log_at = (uint64_t)stat->st_cur_file * upkeep->spare.size + stat->st_cur_offset;
	free(stat);
	return 0;
}

/* By its name: "lane.db", "event.00000012", but no log, filter or lock. */
static bool
is_table(const char *name)
{
	const char *end = strrchr(name, '.');

	return end != NULL && end[1] != '\0' && strncmp(name, "log.", 4) != 0 &&
	    (strcmp(end, ".db") == 0 || strspn(end + 1, "0123456789") == strlen(end + 1));
}

/* Have what was written to the tables go to the disk now, so that a checkpoint's flush is short: a commit's flush waits behind it. */
static void
write_back(const struct store_upkeep *upkeep)
{
	DIR *dir = opendir(upkeep->dir);
	const struct dirent *entry;

	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		int fd;

		if (!is_table(entry->d_name))
			continue;
		if ((fd = openat(dirfd(dir), entry->d_name, O_WRONLY | O_CLOEXEC | O_NOFOLLOW)) == -1)
			continue;
		sync_file_range(fd, 0, 0, SYNC_FILE_RANGE_WRITE);
		close(fd);
	}
	if (dir != NULL)
		closedir(dir);
}

static void
drain(struct store_upkeep *upkeep)
{
	failed(upkeep, "can't write pages", store_pages_drain(upkeep->pages, STORE_PAGES_MANY));
}

static void
trickle(struct store_upkeep *upkeep, int percent)
{
	int written;

	failed(upkeep, "can't write pages", upkeep->env->memp_trickle(upkeep->env, percent, &written));
}

/* With the journal a page that the loop has no room for costs a copy, and waits for others that are worth a batch. */
static void
clean_pages(struct store_upkeep *upkeep)
{
	if (store_pages_has_journal(upkeep->pages)) {
		drain(upkeep);
	} else {
		trickle(upkeep, CLEAN_PERCENT);
		write_back(upkeep);
	}
}

/* So that a checkpoint finds room for the pages that it writes: it holds each of them meanwhile, and the loop may want that one. */
static void
clean_step_by_step(struct store_upkeep *upkeep)
{
	for (int percent = CLEAN_STEP; percent <= 100; percent += CLEAN_STEP) {
		trickle(upkeep, percent);
		drain(upkeep);
	}
}

/*
 * Log files that are not needed any more, oldest first; owned, NULL: none.  The library does not remove them, for it would do so in the loop,
 * when the log goes over to a new file.
 */
static char **
old_logs(struct store_upkeep *upkeep)
{
	char **names;

	return failed(upkeep, "old log files", upkeep->env->log_archive(upkeep->env, &names, 0)) ? NULL : names;
}

/* All but the newest ones, which become new ones.  From the oldest on: the library looks for none below a number that is missing. */
static void
remove_logs(struct store_upkeep *upkeep, size_t but)
{
	char **names = old_logs(upkeep), path[PATH_MAX];
	size_t n = 0;

	if (names == NULL)
		return;
	while (names[n] != NULL)
		n++;
	for (size_t i = 0; i + but < n; i++)
		if ((size_t)snprintf(path, sizeof path, "%s/%s", upkeep->dir, names[i]) >= sizeof path ||
		    unlink(path) != 0)
			break;
	free(names);
}

static void
checkpoint(struct store_upkeep *upkeep, uint64_t now_ms)
{
	DB_ENV *env = upkeep->env;

	upkeep->checkpoint_ms = now_ms;
	if (store_pages_has_journal(upkeep->pages))
		clean_step_by_step(upkeep);
	if (failed(upkeep, "checkpoint", env->txn_checkpoint(env, 0, 0, 0)))
		return;
	upkeep->checkpoint_at = upkeep->log_at;
	remove_logs(upkeep, atomic_load(&upkeep->min_free) == NO_SPARES ? 0 : KEEP_LOGS);
}

static void
prepare_log(struct store_upkeep *upkeep, uint64_t now_ms)
{
	struct store_spare_wish wish = {upkeep->file + 1, NULL, atomic_load(&upkeep->min_free)};
	char **old;
	bool made;
	int why;

	if (wish.min_free == NO_SPARES || upkeep->prepared >= wish.number || now_ms < upkeep->spare_retry_ms)
		return;
	if ((old = old_logs(upkeep)) != NULL)
		wish.old = old[0];
	made = store_spare_make(&upkeep->spare, &wish) == 0;
	why = errno;
	free(old);
	if (made || why == EEXIST) {
		upkeep->prepared = wish.number;
		return;
	}
	upkeep->spare_retry_ms = clock_monotonic_ms() + RETRY_MS;
	if (why != ENOSPC) /* it is no trouble but for the speed, and a full disk is told elsewhere */
		log_flood(LOG_FLOOD_WARN, "spool", "log file in advance", "spool: can't make a log file in advance: %s",
		    strerror(why));
}

static bool
checkpoint_is_due(const struct store_upkeep *upkeep, uint64_t now_ms)
{
	uint64_t for_ms = now_ms - upkeep->checkpoint_ms, bytes = upkeep->log_at - upkeep->checkpoint_at;

	return bytes >= CHECKPOINT_MOST_BYTES || (bytes >= CHECKPOINT_BYTES && for_ms >= CHECKPOINT_MS) ||
	    (bytes > 0 && for_ms >= CHECKPOINT_LATEST_MS);
}

/* Returns in how many ms the next turn is wanted. */
static uint64_t
take_turn(void *argument)
{
	struct store_upkeep *upkeep = argument;
	uint64_t now_ms = clock_monotonic_ms();
	bool busy;

	if (now_ms < upkeep->retry_ms)
		return upkeep->retry_ms - now_ms;
	if (now_ms - upkeep->turned_ms < TURN_MS)
		return TURN_MS - (now_ms - upkeep->turned_ms);
	upkeep->turned_ms = now_ms;
	busy = atomic_exchange(&upkeep->committed, false);
	if (atomic_load(upkeep->broken) || failed(upkeep, "log", look_at_log(upkeep)))
		return UINT64_MAX;
	if (busy) {
		prepare_log(upkeep, now_ms);
		clean_pages(upkeep);
	}
	if (checkpoint_is_due(upkeep, now_ms))
		checkpoint(upkeep, now_ms);
	/* First it says that it rests, then it looks whether there was a commit; who commits does it the other way round. */
	atomic_store(&upkeep->resting, !busy);
	if (upkeep->retry_ms > now_ms)
		return RETRY_MS;
	if (busy || atomic_load(&upkeep->committed))
		return TURN_MS;
	return upkeep->log_at > upkeep->checkpoint_at ? CHECKPOINT_LATEST_MS : UINT64_MAX;
}

static void
wake(void *argument)
{
	const struct store_upkeep *upkeep = argument;

	store_thread_wake(upkeep->thread);
}

struct store_upkeep *
store_upkeep_new(DB_ENV *env, const char *dir, struct store_pages *pages, atomic_bool *broken)
{
	struct store_upkeep *upkeep = calloc(1, sizeof *upkeep);
	struct store_turn turn = {take_turn, upkeep};

	if (upkeep == NULL)
		return NULL;
	upkeep->env = env;
	upkeep->broken = broken;
	upkeep->pages = pages;
	upkeep->checkpoint_ms = clock_monotonic_ms();
	atomic_store(&upkeep->min_free, NO_SPARES);
	if ((upkeep->spare.dir = upkeep->dir = strdup(dir)) != NULL &&
	    !failed(upkeep, "log", env->get_lg_max(env, &upkeep->spare.size)) &&
	    !failed(upkeep, "log", look_at_log(upkeep))) {
		upkeep->checkpoint_at = upkeep->log_at;
		if ((upkeep->thread = store_thread_new(&turn)) != NULL) {
			store_pages_on_many(pages, wake, upkeep);
			return upkeep;
		}
	}
	free(upkeep->dir);
	free(upkeep);
	return NULL;
}

void
store_upkeep_free(struct store_upkeep *upkeep)
{
	if (upkeep == NULL)
		return;
	store_pages_on_many(upkeep->pages, NULL, NULL);
	store_thread_free(upkeep->thread);
	free(upkeep->dir);
	free(upkeep);
}

void
store_upkeep_spares(struct store_upkeep *upkeep, uint64_t min_free)
{
	atomic_store(&upkeep->min_free, min_free);
}

int
store_upkeep_committed(struct store_upkeep *upkeep)
{
	atomic_store(&upkeep->committed, true);
	if (atomic_load(&upkeep->resting) && atomic_exchange(&upkeep->resting, false))
		store_thread_wake(upkeep->thread);
	return store_spare_settle(&upkeep->spare, store_library_made_log());
}

void
store_upkeep_give(struct store_upkeep *upkeep, struct store_job *job)
{
	store_thread_give(upkeep->thread, job);
}

int
store_upkeep_descriptor(const struct store_upkeep *upkeep)
{
	return store_thread_descriptor(upkeep->thread);
}

void
store_upkeep_done(struct store_upkeep *upkeep)
{
	store_thread_done(upkeep->thread);
}
