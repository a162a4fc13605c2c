/*
 * Group commit: all that is ready, one transaction, one flush.  Arrivals and outcomes join as they come; once the event loop has
 * looked at every ready descriptor they are committed, and only then does anybody hear of it.
 */
#ifndef HOOKSPOOL_BATCH_H
#define HOOKSPOOL_BATCH_H

#include <stdbool.h>

struct batch;
struct event_base;
struct spool;

/*
 * One that waits for the disk.  STORE puts it into the open transaction and returns 0, or -1 with errno; it may be called again, in a
 * transaction of its own, when the group's failed.  FINISH hears whether it is on disk; the item is then its owner's again, who may
 * let it, or others, join anew from there.
 */
struct batch_item {
	int (*store)(struct batch_item *);
	void (*finish)(struct batch_item *, bool committed);
	/* The batch's own; zero before the first join. */
	struct batch_item *next;
	bool joined;
};

/* Returns owned, or NULL with errno. */
struct batch *batch_new(struct event_base *, struct spool *);
void batch_free(struct batch *);

/* Have BEFORE called, with CONTEXT, each time before what waits is stored, outside of any transaction; NULL: nothing is. */
void batch_before(struct batch *, void (*before)(void *), void *context);

/*
 * Borrows ITEM until its FINISH, which is never called from here.  However many join, none is lost: a queue has no end.  One that
 * waits already is left where it is.
 */
void batch_join(struct batch *, struct batch_item *);

/* Commit now what has joined up to now, in as many groups as that takes. */
void batch_commit(struct batch *);

/*
 * A transaction of its own, for what is no member of a group: what has joined is committed first, so that nothing gets into this one or is
 * overtaken by it.  batch_end() commits it or, when RESULT is -1, makes it undone; returns RESULT, or -1 with errno.
 */
int batch_begin(struct batch *); /* returns 0, or -1 with errno */
int batch_end(struct batch *, int result);

#endif
