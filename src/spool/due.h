/*
 * What is due: which delivery of a hook runs next, and when.  Who starts hooks keeps in memory when each has something to do; what has become
 * due in a transaction is told them once that is committed.
 */
#ifndef HOOKSPOOL_DUE_H
#define HOOKSPOOL_DUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "record.h"
#include "store.h"

#define DUE_NEWS_MAX 64 /* hooks that one transaction tells apart: most configurations have fewer */

struct due_news {
	char hook[SPOOL_HOOK_MAX + 1];
	uint64_t due_ms; /* the first of them */
};

struct due {
	struct store_table *table;
	/* Told after the commit, see spool_on_due(); NULL: nobody. */
	void (*woken)(void *, const char *hook, uint64_t due_ms);
	void *context;
	/* Of the open transaction. */
	struct due_news news[DUE_NEWS_MAX];
	size_t n;
	bool more; /* there was no room for all */
};

/* Return 0, or -1 with errno.  Taking out what is not there is no error. */
int due_put(struct due *, const char *hook, uint64_t due_ms, uint64_t number);
int due_delete(struct due *, const char *hook, uint64_t due_ms, uint64_t number);

/* See spool_due() and spool_due_hook(). */
int due_next(struct due *, const char *hook, uint64_t *after_ms, uint64_t *after_number);
int due_next_hook(struct due *, char *hook);

/* The transaction is committed: tell.  Or it is not, or a new one begins: forget. */
void due_tell(struct due *);
void due_forget(struct due *);

#endif
