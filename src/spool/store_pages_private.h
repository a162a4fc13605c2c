/* What the parts of store_pages share. */
#ifndef HOOKSPOOL_STORE_PAGES_PRIVATE_H
#define HOOKSPOOL_STORE_PAGES_PRIVATE_H

#include <pthread.h>

#include "store_file.h"
#include "store_journal.h"
#include "store_pages.h"
#include "store_waiting.h"

struct store_pages {
	struct store_pages *next;
	char *dir; /* as the library is told it, but for slashes at its end */
	atomic_bool *broken;
	char protection[PAGE_JOURNAL_WHY_MAX];
	/* Under the files' lock: */
	struct store_waiting *waiting; /* NULL: no journal */
	void (*wake)(void *);
	void *context;
	bool woken, unflushed; /* the second: names in the directory */
	struct store_pages_count count;
	/* Under the drain's: */
	pthread_mutex_t drain;
	struct store_journal *journal;
	struct store_taken taken[STORE_JOURNAL_PAGES];
	struct store_journal_page page[STORE_JOURNAL_PAGES];
	struct store_journal_file file[STORE_JOURNAL_FILES];
	struct store_file *files[STORE_JOURNAL_FILES];
	uint32_t nfiles;
};

/* Under the files' lock: whether pages of it do. */
bool store_pages_wait(const struct store_file *);

/*
 * Write what waits now, until at most MOST do, and then flush: not at all, what was written past the journal, or everything.
 * Returns 0, or -1 with errno: what was not written waits again.
 */
enum store_flush { STORE_FLUSH_NONE, STORE_FLUSH_DIRECT, STORE_FLUSH_ALL };
int store_pages_write_out(struct store_pages *, uint32_t most, enum store_flush);

#endif
