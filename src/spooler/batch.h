/*
 * Group commit: all that is ready, one transaction, one flush.  Arrivals and outcomes join as they come; once the event loop has
 * looked at every ready descriptor the whole group is committed, and only then does anybody hear of it.
 */
#ifndef HOOKSPOOL_BATCH_H
#define HOOKSPOOL_BATCH_H

#include <stdbool.h>

struct batch;
struct spooler;

/*
 * One member of a group.  STORE puts it into the open transaction and returns 0, or -1 with errno; it may be called again, in a
 * transaction of its own, when the group's failed.  FINISH hears whether it is on disk; the member is then forgotten.
 */
struct batch_item {
	int (*store)(struct batch_item *);
	void (*finish)(struct batch_item *, bool committed);
};

/* Returns owned, or NULL with errno. */
struct batch *batch_new(struct spooler *);
void batch_free(struct batch *);

/* Borrows ITEM until its FINISH.  A full group is committed first. */
void batch_join(struct batch *, struct batch_item *);

/* Commit now what has joined. */
void batch_commit(struct batch *);

#endif
