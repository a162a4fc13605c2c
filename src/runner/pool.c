/*
 * Workers are the same when everything is the same that is said about them: one pool for each.  After a changed configuration the old
 * ones get no more events, and leave when they have been idle for long enough.
 */
#include "pool.h"

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../lib/clock.h"
#include "../lib/log.h"
#include "worker.h"

/* How long a hook whose worker broke waits for the next; twice as long each time, until one answers. */
#define AGAIN_FIRST_MS 100
#define AGAIN_MAX_MS 10000

struct member {
	struct member *next;
	struct worker *worker;
};

struct pool {
	struct pool *next;
	struct workers *workers;
	struct member *members; /* the one that was idle last comes first */
	struct task *first, **last;
	struct event *again;
	char *program;
	uint64_t delay_ms;	/* 0: its workers work */
	uint64_t not_before_ms; /* monotonic */
	size_t key_len;
	unsigned char key[];
};

struct workers {
	struct workers_setup setup;
	struct worker_owner owner;
	struct pool *pools;
	bool stopping;
	unsigned char message[RUN_MESSAGE_MAX];
};

static void __attribute__((noreturn)) out_of_memory(void)
{
	/* An event must not be forgotten: without the runner the spooler starts anew, and its events run again. */
	log_error("runner: out of memory");
	_exit(EXIT_FAILURE);
}

static void
report_failure(struct workers *workers, struct task *task, int why)
{
	struct run_report r = {.token = task->request.token, .end = RUN_FAILED, .code = why, .out = "", .err = ""};

	r.started_ms = r.ended_ms = clock_wall_ms();
	workers->setup.ended(workers->setup.context, &r);
	task_free(task);
}

/* The request without what differs from event to event. */
static size_t
make_key(struct workers *workers, const struct run_request *request)
{
	struct run_request own = *request;

	own.token = own.number = 0;
	own.label = own.arguments[0];
	own.variables[own.fixed] = NULL;
	return run_encode_request(&own, workers->message);
}

static void pool_turn(struct pool *);

static void
on_again(evutil_socket_t fd, short what, void *argument)
{
	(void)fd;
	(void)what;
	pool_turn(argument);
}

/* The pool for a request; a new one where there is none.  NULL: what all its events have in common is too long. */
static struct pool *
pool_for(struct workers *workers, const struct run_request *request)
{
	size_t len = make_key(workers, request);
	struct pool *pool;

	if (len == 0)
		return NULL;
	for (pool = workers->pools; pool != NULL; pool = pool->next)
		if (pool->key_len == len && memcmp(pool->key, workers->message, len) == 0)
			return pool;
	pool = calloc(1, sizeof *pool + len);
	if (pool == NULL || (pool->program = strdup(request->arguments[0])) == NULL ||
	    (pool->again = event_new(workers->setup.base, -1, 0, on_again, pool)) == NULL)
		out_of_memory();
	pool->workers = workers;
	pool->last = &pool->first;
	pool->key_len = len;
	memcpy(pool->key, workers->message, len);
	pool->next = workers->pools;
	workers->pools = pool;
	return pool;
}

static void
pool_free(struct pool *pool)
{
	while (pool->first != NULL) {
		struct task *next = pool->first->next;

		task_free(pool->first);
		pool->first = next;
	}
	while (pool->members != NULL) {
		struct member *next = pool->members->next;

		worker_free(pool->members->worker);
		free(pool->members);
		pool->members = next;
	}
	event_free(pool->again);
	free(pool->program);
	free(pool);
}

/* A pool that nobody needs: its hook may be gone from the configuration. */
static void
free_if_unused(struct pool *pool)
{
	struct pool **at = &pool->workers->pools;

	if (pool->first != NULL || pool->members != NULL || event_pending(pool->again, EV_TIMEOUT, NULL))
		return;
	while (*at != pool)
		at = &(*at)->next;
	*at = pool->next;
	pool_free(pool);
}

static struct task *
take_first(struct pool *pool)
{
	struct task *task = pool->first;

	if ((pool->first = task->next) == NULL)
		pool->last = &pool->first;
	task->next = NULL;
	return task;
}

/* An idle worker for the event at the head, or NULL.  One whose program was replaced is sent away. */
static struct worker *
idle_worker(struct pool *pool)
{
	for (struct member *m = pool->members; m != NULL; m = m->next) {
		if (!worker_is_idle(m->worker))
			continue;
		if (worker_is_current(m->worker, pool->first->request.arguments[0]))
			return m->worker;
		worker_dismiss(m->worker);
	}
	return NULL;
}

/* A new worker for the event at the head, or NULL: not yet, or it failed and the event has its outcome. */
static struct worker *
new_worker(struct pool *pool)
{
	struct worker *worker;
	struct member *member;

	if ((member = calloc(1, sizeof *member)) == NULL)
		out_of_memory();
	worker = worker_start(&pool->workers->owner, &pool->first->request);
	if (worker == NULL) {
		int why = errno;

		free(member);
		report_failure(pool->workers, take_first(pool), why);
		return NULL;
	}
	worker_set_pool(worker, pool);
	member->worker = worker;
	member->next = pool->members;
	pool->members = member;
	return worker;
}

static void
again_in(struct pool *pool, uint64_t ms)
{
	event_add(pool->again, &(struct timeval){(time_t)(ms / 1000), (suseconds_t)(ms % 1000 * 1000)});
}

/* Give what waits to workers, as far as there are any or may be. */
static void
pool_turn(struct pool *pool)
{
	while (pool->first != NULL && !pool->workers->stopping) {
		struct worker *worker = idle_worker(pool);
		uint64_t now = clock_monotonic_ms();

		if (worker == NULL && now < pool->not_before_ms) {
			again_in(pool, pool->not_before_ms - now);
			return;
		}
		if (worker == NULL) {
			worker = new_worker(pool);
			pool->not_before_ms = now + pool->delay_ms; /* until one works, one at a time is tried */
		}
		if (worker != NULL)
			worker_give(worker, take_first(pool));
	}
	free_if_unused(pool);
}

static uint64_t
on_output(void *context, const struct run_output *output)
{
	struct workers *workers = context;

	return workers->setup.output(workers->setup.context, output);
}

static void
move_to_front(struct pool *pool, const struct worker *worker)
{
	struct member **at = &pool->members, *member;

	while ((*at)->worker != worker)
		at = &(*at)->next;
	member = *at;
	*at = member->next;
	member->next = pool->members;
	pool->members = member;
}

/* The spooler hears of the outcome first, and may send another event at once; what waits here is looked at when the loop is back. */
static void
on_done(void *context, struct worker *worker, struct task *task, const struct run_report *report)
{
	struct workers *workers = context;
	struct pool *pool = worker_pool(worker);

	if (report->end == RUN_ANSWERED)
		pool->delay_ms = pool->not_before_ms = 0;
	move_to_front(pool, worker);
	workers->setup.ended(workers->setup.context, report);
	task_free(task);
	if (pool->first != NULL)
		again_in(pool, 0);
}

struct workers *
workers_new(const struct workers_setup *setup)
{
	struct workers *workers = calloc(1, sizeof *workers);

	if (workers == NULL)
		return NULL;
	workers->setup = *setup;
	workers->owner = (struct worker_owner){setup->base, setup->lock, workers, on_output, on_done};
	return workers;
}

void
workers_free(struct workers *workers)
{
	if (workers == NULL)
		return;
	while (workers->pools != NULL) {
		struct pool *next = workers->pools->next;

		pool_free(workers->pools);
		workers->pools = next;
	}
	free(workers);
}

void
workers_run(struct workers *workers, const unsigned char *message, size_t len, int body)
{
	struct task *task = task_new(message, len, body, workers->setup.identities);
	struct pool *pool;

	if (task == NULL)
		out_of_memory();
	if ((pool = pool_for(workers, &task->request)) == NULL) {
		report_failure(workers, task, E2BIG);
		return;
	}
	*pool->last = task;
	pool->last = &task->next;
	pool_turn(pool);
}

void
workers_follow(struct workers *workers, uint64_t token)
{
	for (struct pool *pool = workers->pools; pool != NULL; pool = pool->next)
		for (struct member *m = pool->members; m != NULL; m = m->next)
			worker_follow(m->worker, token);
}

static void
pause_after(struct pool *pool)
{
	pool->delay_ms = pool->delay_ms == 0 ? AGAIN_FIRST_MS : 2 * pool->delay_ms;
	if (pool->delay_ms > AGAIN_MAX_MS)
		pool->delay_ms = AGAIN_MAX_MS;
	pool->not_before_ms = clock_monotonic_ms() + pool->delay_ms;
	log_warn("worker %s broke; the next is started in %llu ms at the earliest", pool->program,
	    (unsigned long long)pool->delay_ms);
	again_in(pool, pool->delay_ms);
}

static void
put_back(struct pool *pool, struct task *task)
{
	task->next = pool->first;
	if (pool->first == NULL)
		pool->last = &task->next;
	pool->first = task;
}

bool
workers_reaped(struct workers *workers, pid_t keeper, int status)
{
	for (struct pool *pool = workers->pools; pool != NULL; pool = pool->next)
		for (struct member **at = &pool->members; *at != NULL; at = &(*at)->next) {
			struct member *member = *at;
			struct task *untouched;
			bool broken;

			if (worker_keeper(member->worker) != keeper)
				continue;
			untouched = worker_ended(member->worker, status, &broken);
			for (at = &pool->members; *at != member;)
				at = &(*at)->next;
			*at = member->next;
			free(member);
			if (untouched != NULL)
				put_back(pool, untouched);
			if (broken && !workers->stopping)
				pause_after(pool);
			pool_turn(pool);
			return true;
		}
	return false;
}

void
workers_stop(struct workers *workers)
{
	workers->stopping = true;
	for (struct pool *pool = workers->pools; pool != NULL; pool = pool->next)
		for (struct member *m = pool->members; m != NULL; m = m->next)
			worker_kill(m->worker);
}

bool
workers_any(const struct workers *workers)
{
	for (const struct pool *pool = workers->pools; pool != NULL; pool = pool->next)
		if (pool->members != NULL)
			return true;
	return false;
}
