/*
 * Group commit.  When a group fails, each member is tried alone, so that one that can't be stored does not take the others
 * with it; when the spool itself is broken the process ends, nobody was told "stored", and senders come again.
 */
#include "batch.h"

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>

#include "../lib/log.h"
#include "spool.h"
#include "spooler.h"

#define GROUP_MAX 512 /* members of one transaction: bounds how long the first waits for the last */

struct batch {
	struct spooler *spooler;
	struct event *ready;
	struct batch_item *items[GROUP_MAX];
	size_t n;
};

/* Returns 0 when all N are on disk. */
static int
commit_together(struct batch *batch, struct batch_item **items, size_t n)
{
	struct spool *spool = batch->spooler->spool;

	if (spool_begin(spool) != 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		if (items[i]->store(items[i]) != 0) {
			int saved = errno;

			spool_abort(spool);
			errno = saved;
			return -1;
		}
	return spool_commit(spool);
}

static void
fail(struct batch *batch, struct batch_item *item)
{
	if (spool_broken(batch->spooler->spool))
		spooler_broken(batch->spooler);
	log_error("spool: can't commit: %s", strerror(errno));
	item->finish(item, false);
}

void
batch_commit(struct batch *batch)
{
	struct batch_item *items[GROUP_MAX];
	size_t n = batch->n;

	if (n == 0)
		return;
	memcpy(items, batch->items, n * sizeof items[0]);
	batch->n = 0; /* FINISH may lead to new members */
	if (commit_together(batch, items, n) == 0) {
		for (size_t i = 0; i < n; i++)
			items[i]->finish(items[i], true);
		return;
	}
	if (n == 1) {
		fail(batch, items[0]);
		return;
	}
	for (size_t i = 0; i < n; i++) {
		if (!spool_broken(batch->spooler->spool) && commit_together(batch, &items[i], 1) == 0)
			items[i]->finish(items[i], true);
		else
			fail(batch, items[i]);
	}
}

static void
on_ready(evutil_socket_t fd, short what, void *argument)
{
	(void)fd;
	(void)what;
	batch_commit(argument);
}

struct batch *
batch_new(struct spooler *spooler)
{
	struct batch *batch = calloc(1, sizeof *batch);

	if (batch == NULL)
		return NULL;
	batch->spooler = spooler;
	if ((batch->ready = event_new(spooler->base, -1, 0, on_ready, batch)) == NULL) {
		free(batch);
		return NULL;
	}
	return batch;
}

void
batch_free(struct batch *batch)
{
	if (batch == NULL)
		return;
	event_free(batch->ready);
	free(batch);
}

void
batch_join(struct batch *batch, struct batch_item *item)
{
	if (batch->n == GROUP_MAX)
		batch_commit(batch);
	batch->items[batch->n++] = item;
	/* Queued behind the descriptors that are ready already, so that they join the same group. */
	event_active(batch->ready, EV_TIMEOUT, 0);
}
