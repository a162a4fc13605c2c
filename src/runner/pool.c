/*
 * Workers are the same when everything is the same that is said about them: one crew for each.  After a changed configuration the old
 * ones get no more events, and leave when they have been idle for long enough.
 */
#include "pool.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "crew.h"
#include "keeper.h"
#include "means.h"
#include "reports.h"
#include "task.h"

struct kind {
	struct kind *next;
	struct crew *crew;
	size_t key_len;
	unsigned char key[]; /* what is said about these workers: a START */
};

struct pool {
	const struct means *means;
	struct kind *kinds;
	unsigned char message[RUN_MESSAGE_MAX];
};

/* The run without what differs from event to event. */
static size_t
make_key(struct pool *pool, const struct run_start *run)
{
	struct run_start own = *run;

	own.token = own.number = 0;
	own.label = own.arguments[0];
	own.variables[own.fixed] = NULL;
	return run_encode_start(&own, pool->message);
}

/* With the first LEN bytes of the pool's message as its key. */
static struct kind *
kind_new(struct pool *pool, size_t len, const char *program)
{
	struct kind *kind = malloc(sizeof *kind + len);

	if (kind == NULL)
		means_exhausted();
	kind->crew = crew_new(pool->means, program);
	kind->key_len = len;
	memcpy(kind->key, pool->message, len);
	kind->next = pool->kinds;
	pool->kinds = kind;
	return kind;
}

/* Free those that nobody needs: their hook may be gone from the configuration.  ALL: and the others. */
static void
sweep(struct pool *pool, bool all)
{
	for (struct kind **at = &pool->kinds; *at != NULL;) {
		struct kind *kind = *at;

		if (!all && !crew_is_unused(kind->crew)) {
			at = &kind->next;
			continue;
		}
		*at = kind->next;
		crew_free(kind->crew);
		free(kind);
	}
}

/* The crew for a run; a new one where there is none.  NULL: what all its events have in common is too long. */
static struct crew *
crew_for(struct pool *pool, const struct run_start *run)
{
	size_t len = make_key(pool, run);

	if (len == 0)
		return NULL;
	for (struct kind *kind = pool->kinds; kind != NULL; kind = kind->next)
		if (kind->key_len == len && memcmp(kind->key, pool->message, len) == 0)
			return kind->crew;
	return kind_new(pool, len, run->arguments[0])->crew;
}

struct pool *
pool_new(const struct means *means)
{
	struct pool *pool = calloc(1, sizeof *pool);

	if (pool != NULL)
		pool->means = means;
	return pool;
}

void
pool_free(struct pool *pool)
{
	if (pool == NULL)
		return;
	sweep(pool, true);
	free(pool);
}

void
pool_run(struct pool *pool, const unsigned char *message, size_t len, int body)
{
	struct task *task = task_new(message, len, body, pool->means->terms->accounts);
	struct crew *crew;

	if (task == NULL)
		means_exhausted();
	sweep(pool, false);
	if ((crew = crew_for(pool, &task->run)) == NULL) {
		reports_failed(pool->means->reports, task->run.token, E2BIG);
		task_free(task);
		return;
	}
	crew_add(crew, task);
}

void
pool_follow(struct pool *pool, uint64_t token)
{
	for (struct kind *kind = pool->kinds; kind != NULL; kind = kind->next)
		crew_follow(kind->crew, token);
}

bool
pool_reaped(struct pool *pool, pid_t keeper, int status)
{
	for (struct kind *kind = pool->kinds; kind != NULL; kind = kind->next)
		if (crew_reaped(kind->crew, keeper, status)) {
			sweep(pool, false);
			return true;
		}
	return false;
}

void
pool_stop(struct pool *pool)
{
	for (struct kind *kind = pool->kinds; kind != NULL; kind = kind->next)
		crew_stop(kind->crew);
}

bool
pool_any(const struct pool *pool)
{
	for (const struct kind *kind = pool->kinds; kind != NULL; kind = kind->next)
		if (crew_any(kind->crew))
			return true;
	return false;
}
