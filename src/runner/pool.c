/*
 * Workers are the same when everything is the same that is said about them: one crew for each.  After a changed configuration the old
 * ones get no more events, and leave when they have been idle for long enough.
 */
#include "pool.h"

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>

#include "../lib/clock.h"
#include "../lib/log.h"
#include "means.h"
#include "reports.h"
#include "worker.h"

/* How long a hook whose worker broke waits for the next; twice as long each time, until one answers. */
#define AGAIN_FIRST_MS 100
#define AGAIN_MAX_MS 10000

struct member {
	struct member *next;
	struct worker *worker;
};

/* Workers that are the same, and the runs that wait for one of them. */
struct crew {
	struct crew *next;
	struct pool *pool;
	struct worker_owner owner;
	struct member *members; /* the one that was idle last comes first */
	struct task *first, **last;
	struct event *again;
	char *program;
	uint64_t delay_ms;	/* 0: its workers work */
	uint64_t not_before_ms; /* monotonic */
	size_t key_len;
	unsigned char key[];
};

struct pool {
	const struct means *means;
	struct crew *crews;
	bool stopping;
	unsigned char message[RUN_MESSAGE_MAX];
};

static void
crew_free(struct crew *crew)
{
	while (crew->first != NULL) {
		struct task *next = crew->first->next;

		task_free(crew->first);
		crew->first = next;
	}
	while (crew->members != NULL) {
		struct member *next = crew->members->next;

		worker_free(crew->members->worker);
		free(crew->members);
		crew->members = next;
	}
	event_free(crew->again);
	free(crew->program);
	free(crew);
}

/* A crew that nobody needs: its hook may be gone from the configuration. */
static void
free_if_unused(struct crew *crew)
{
	struct crew **at = &crew->pool->crews;

	if (crew->first != NULL || crew->members != NULL || event_pending(crew->again, EV_TIMEOUT, NULL))
		return;
	while (*at != crew)
		at = &(*at)->next;
	*at = crew->next;
	crew_free(crew);
}

static struct task *
take_first(struct crew *crew)
{
	struct task *task = crew->first;

	if ((crew->first = task->next) == NULL)
		crew->last = &crew->first;
	task->next = NULL;
	return task;
}

/* An idle worker for the event at the head, or NULL.  One whose program was replaced is sent away. */
static struct worker *
idle_worker(struct crew *crew)
{
	for (struct member *m = crew->members; m != NULL; m = m->next) {
		if (!worker_is_idle(m->worker))
			continue;
		if (worker_is_current(m->worker, crew->first->run.arguments[0]))
			return m->worker;
		worker_dismiss(m->worker);
	}
	return NULL;
}

/* A new worker for the event at the head, or NULL: not yet, or it failed and the event has its report. */
static struct worker *
new_worker(struct crew *crew)
{
	struct worker *worker;
	struct member *member;

	if ((member = calloc(1, sizeof *member)) == NULL)
		means_exhausted();
	worker = worker_start(&crew->owner, &crew->first->run);
	if (worker == NULL) {
		struct task *task = take_first(crew);

		reports_failed(crew->pool->means->reports, task->run.token, errno);
		task_free(task);
		free(member);
		return NULL;
	}
	member->worker = worker;
	member->next = crew->members;
	crew->members = member;
	return worker;
}

static void
again_in(struct crew *crew, uint64_t ms)
{
	event_add(crew->again, &(struct timeval){(time_t)(ms / 1000), (suseconds_t)(ms % 1000 * 1000)});
}

/* Give what waits to workers, as far as there are any or may be. */
static void
crew_turn(struct crew *crew)
{
	while (crew->first != NULL && !crew->pool->stopping) {
		struct worker *worker = idle_worker(crew);
		uint64_t now = clock_monotonic_ms();

		if (worker == NULL && now < crew->not_before_ms) {
			again_in(crew, crew->not_before_ms - now);
			return;
		}
		if (worker == NULL) {
			worker = new_worker(crew);
			crew->not_before_ms = now + crew->delay_ms; /* until one works, one at a time is tried */
		}
		if (worker != NULL)
			worker_give(worker, take_first(crew));
	}
	free_if_unused(crew);
}

static void
on_again(evutil_socket_t fd, short what, void *argument)
{
	(void)fd;
	(void)what;
	crew_turn(argument);
}

static void
move_to_front(struct crew *crew, const struct worker *worker)
{
	struct member **at = &crew->members, *member;

	while ((*at)->worker != worker)
		at = &(*at)->next;
	member = *at;
	*at = member->next;
	member->next = crew->members;
	crew->members = member;
}

/* The spooler gets the report first, and may send another event at once; what waits here is looked at when the loop is back. */
static void
on_done(void *context, struct worker *worker, struct task *task, const struct run_report *report)
{
	struct crew *crew = context;

	if (report->end == RUN_ANSWERED)
		crew->delay_ms = crew->not_before_ms = 0;
	move_to_front(crew, worker);
	reports_ended(crew->pool->means->reports, report);
	task_free(task);
	if (crew->first != NULL)
		again_in(crew, 0);
}

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

/* Of the first LEN bytes of the pool's message as its key. */
static struct crew *
crew_new(struct pool *pool, size_t len, const char *program)
{
	struct crew *crew = calloc(1, sizeof *crew + len);

	if (crew == NULL || (crew->program = strdup(program)) == NULL ||
	    (crew->again = event_new(pool->means->base, -1, 0, on_again, crew)) == NULL)
		means_exhausted();
	crew->pool = pool;
	crew->owner = (struct worker_owner){pool->means, crew, on_done};
	crew->last = &crew->first;
	crew->key_len = len;
	memcpy(crew->key, pool->message, len);
	crew->next = pool->crews;
	pool->crews = crew;
	return crew;
}

/* The crew for a run; a new one where there is none.  NULL: what all its events have in common is too long. */
static struct crew *
crew_for(struct pool *pool, const struct run_start *run)
{
	size_t len = make_key(pool, run);

	if (len == 0)
		return NULL;
	for (struct crew *crew = pool->crews; crew != NULL; crew = crew->next)
		if (crew->key_len == len && memcmp(crew->key, pool->message, len) == 0)
			return crew;
	return crew_new(pool, len, run->arguments[0]);
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
	while (pool->crews != NULL) {
		struct crew *next = pool->crews->next;

		crew_free(pool->crews);
		pool->crews = next;
	}
	free(pool);
}

void
pool_run(struct pool *pool, const unsigned char *message, size_t len, int body)
{
	struct task *task = task_new(message, len, body, pool->means->identities);
	struct crew *crew;

	if (task == NULL)
		means_exhausted();
	if ((crew = crew_for(pool, &task->run)) == NULL) {
		reports_failed(pool->means->reports, task->run.token, E2BIG);
		task_free(task);
		return;
	}
	*crew->last = task;
	crew->last = &task->next;
	crew_turn(crew);
}

void
pool_follow(struct pool *pool, uint64_t token)
{
	for (struct crew *crew = pool->crews; crew != NULL; crew = crew->next)
		for (struct member *m = crew->members; m != NULL; m = m->next)
			worker_follow(m->worker, token);
}

static void
pause_after(struct crew *crew)
{
	crew->delay_ms = crew->delay_ms == 0 ? AGAIN_FIRST_MS : 2 * crew->delay_ms;
	if (crew->delay_ms > AGAIN_MAX_MS)
		crew->delay_ms = AGAIN_MAX_MS;
	crew->not_before_ms = clock_monotonic_ms() + crew->delay_ms;
	log_warn("worker %s broke; the next is started in %llu ms at the earliest", crew->program,
	    (unsigned long long)crew->delay_ms);
	again_in(crew, crew->delay_ms);
}

static void
put_back(struct crew *crew, struct task *task)
{
	task->next = crew->first;
	if (crew->first == NULL)
		crew->last = &task->next;
	crew->first = task;
}

static struct member *
find(struct crew *crew, pid_t keeper)
{
	struct member *member = crew->members;

	while (member != NULL && worker_keeper(member->worker) != keeper)
		member = member->next;
	return member;
}

static void
lose(struct crew *crew, struct member *member, int status)
{
	struct member **at = &crew->members;
	bool broken;
	struct task *untouched = worker_ended(member->worker, status, &broken);

	while (*at != member)
		at = &(*at)->next;
	*at = member->next;
	free(member);
	if (untouched != NULL)
		put_back(crew, untouched);
	if (broken && !crew->pool->stopping)
		pause_after(crew);
	crew_turn(crew);
}

bool
pool_reaped(struct pool *pool, pid_t keeper, int status)
{
	for (struct crew *crew = pool->crews; crew != NULL; crew = crew->next) {
		struct member *member = find(crew, keeper);

		if (member != NULL) {
			lose(crew, member, status);
			return true;
		}
	}
	return false;
}

void
pool_stop(struct pool *pool)
{
	pool->stopping = true;
	for (struct crew *crew = pool->crews; crew != NULL; crew = crew->next)
		for (struct member *m = crew->members; m != NULL; m = m->next)
			worker_kill(m->worker);
}

bool
pool_any(const struct pool *pool)
{
	for (const struct crew *crew = pool->crews; crew != NULL; crew = crew->next)
		if (crew->members != NULL)
			return true;
	return false;
}
