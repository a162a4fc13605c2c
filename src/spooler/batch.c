/*
 * Group commit.  When a group fails, each member is tried alone, so that one that can't be stored does not take the others
 * with it; when the spool itself is broken the process ends, nobody was told "stored", and senders come again.
 *
 * What waits is a queue through the items themselves, and a group is a piece of its front: a FINISH that lets more join adds to the
 * queue's end and can't reach a group that is under way.
 */
#include "batch.h"

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>

#include "../lib/log.h"
#include "../lib/log_flood.h"
#include "../spool/spool.h"
#include "broken.h"

#define GROUP_MAX 512 /* members of one transaction: bounds how long the first waits for the last */

struct batch {
	struct spool *spool;
	struct event *ready, *again;
	struct batch_item *first, **last;
	struct batch_item end; /* while committing: stands behind those that waited when that began */
	bool committing;
	size_t failed; /* of those that wait now, so many could not be stored, */
	int why;       /* the last of them for this errno */
	void (*before)(void *);
	void *context;
};

/* Returns 0 when FIRST to END (exclusive) are on disk. */
static int
commit_together(struct batch *batch, struct batch_item *first, const struct batch_item *end)
{
	struct spool *spool = batch->spool;

	if (spool_begin(spool) != 0)
		return -1;
	for (struct batch_item *item = first; item != end; item = item->next)
		if (item->store(item) != 0) {
			spool_abort(spool);
			return -1;
		}
	return spool_commit(spool);
}

/* Takes the first off the queue, which is never its last: END stands behind it.  FINISH may free it. */
static void
finish_first(struct batch *batch, bool committed)
{
	struct batch_item *item = batch->first;

	batch->first = item->next;
	item->next = NULL;
	item->joined = false;
	item->finish(item, committed);
}

static void
commit_alone(struct batch *batch)
{
	bool committed = commit_together(batch, batch->first, batch->first->next) == 0;

	if (!committed) {
		batch->failed++;
		batch->why = errno;
	}
	broken_check(batch->spool);
	finish_first(batch, committed);
}

/* The first N, which wait. */
static void
commit_group(struct batch *batch, size_t n)
{
	const struct batch_item *end = batch->first;
	bool committed;

	for (size_t i = 0; i < n; i++)
		end = end->next;
	committed = n > 1 && commit_together(batch, batch->first, end) == 0;
	log_debug("group of %zu: %s", n, committed ? "committed" : n > 1 ? "failed, one by one" : "alone");
	for (; n > 0; n--)
		if (committed)
			finish_first(batch, true);
		else
			commit_alone(batch);
}

/* How many wait, as far as one group has room for. */
static size_t
group_size(const struct batch *batch, const struct batch_item *end)
{
	size_t n = 0;

	for (const struct batch_item *item = batch->first; item != end && n < GROUP_MAX; item = item->next)
		n++;
	return n;
}

void
batch_commit(struct batch *batch)
{
	struct timeval at_once = {0, 0};
	struct batch_item *end = &batch->end;

	if (batch->first == NULL || batch->committing)
		return;
	batch->committing = true;
	if (batch->before != NULL)
		batch->before(batch->context);
	batch->failed = 0;
	end->next = NULL;
	*batch->last = end;
	batch->last = &end->next;
	while (batch->first != end)
		commit_group(batch, group_size(batch, end));
	if ((batch->first = end->next) == NULL)
		batch->last = &batch->first;
	batch->committing = false;
	if (batch->failed > 0)
		log_flood(LOG_FLOOD_ERROR, "spool", "commit", "spool: %zu could not be committed: %s", batch->failed,
		    strerror(batch->why));
	/* Those that joined meanwhile wait for the loop's next look at the descriptors, and for whom that brings. */
	if (batch->first != NULL)
		event_add(batch->again, &at_once);
}

int
batch_begin(struct batch *batch)
{
	batch_commit(batch);
	return spool_begin(batch->spool);
}

int
batch_end(struct batch *batch, int result)
{
	if (result < 0)
		spool_abort(batch->spool);
	else if (spool_commit(batch->spool) != 0)
		result = -1;
	broken_check(batch->spool);
	return result;
}

static void
on_ready(evutil_socket_t fd, short what, void *argument)
{
	(void)fd;
	(void)what;
	batch_commit(argument);
}

struct batch *
batch_new(struct event_base *base, struct spool *spool)
{
	struct batch *batch = calloc(1, sizeof *batch);

	if (batch == NULL)
		return NULL;
	batch->spool = spool;
	batch->last = &batch->first;
	batch->ready = event_new(base, -1, 0, on_ready, batch);
	batch->again = event_new(base, -1, 0, on_ready, batch);
	if (batch->ready != NULL && batch->again != NULL)
		return batch;
	batch_free(batch);
	return NULL;
}

void
batch_before(struct batch *batch, void (*before)(void *), void *context)
{
	batch->before = before;
	batch->context = context;
}

void
batch_free(struct batch *batch)
{
	if (batch == NULL)
		return;
	if (batch->ready != NULL)
		event_free(batch->ready);
	if (batch->again != NULL)
		event_free(batch->again);
	free(batch);
}

void
batch_join(struct batch *batch, struct batch_item *item)
{
	if (item->joined)
		return;
	item->joined = true;
	item->next = NULL;
	*batch->last = item;
	batch->last = &item->next;
	/* Queued behind the descriptors that are ready already, so that they join the same group. */
	if (!batch->committing)
		event_active(batch->ready, EV_TIMEOUT, 0);
}
