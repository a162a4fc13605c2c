/* Who was idle last works first, so that those that are not needed become idle for long, and leave. */
#include "crew.h"

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

struct crew {
	const struct means *means;
	struct worker_owner owner;
	struct member *members; /* the one that was idle last comes first */
	struct task *first, **last;
	struct event *again;
	char *program;
	uint64_t delay_ms;	/* 0: its workers work */
	uint64_t not_before_ms; /* monotonic */
	bool stopping;
};

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

		reports_failed(crew->means->reports, task->run.token, errno);
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
	struct timeval delay = clock_delay(ms);

	event_add(crew->again, &delay);
}

/* Give what waits to workers, as far as there are any or may be. */
static void
turn(struct crew *crew)
{
	while (crew->first != NULL && !crew->stopping) {
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
}

static void
on_again(evutil_socket_t fd, short what, void *argument)
{
	(void)fd;
	(void)what;
	turn(argument);
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
	reports_ended(crew->means->reports, report);
	task_free(task);
	if (crew->first != NULL)
		again_in(crew, 0);
}

struct crew *
crew_new(const struct means *means, const char *program)
{
	struct crew *crew = calloc(1, sizeof *crew);

	if (crew == NULL || (crew->program = strdup(program)) == NULL ||
	    (crew->again = event_new(means->base, -1, 0, on_again, crew)) == NULL)
		means_exhausted();
	crew->means = means;
	crew->owner = (struct worker_owner){means, crew, on_done};
	crew->last = &crew->first;
	return crew;
}

void
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

void
crew_add(struct crew *crew, struct task *task)
{
	*crew->last = task;
	crew->last = &task->next;
	turn(crew);
}

void
crew_follow(struct crew *crew, uint64_t token)
{
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
	if (broken && !crew->stopping)
		pause_after(crew);
	turn(crew);
}

bool
crew_reaped(struct crew *crew, pid_t keeper, int status)
{
	struct member *member = find(crew, keeper);

	if (member != NULL)
		lose(crew, member, status);
	return member != NULL;
}

void
crew_stop(struct crew *crew)
{
	crew->stopping = true;
	for (struct member *m = crew->members; m != NULL; m = m->next)
		worker_kill(m->worker);
}

bool
crew_any(const struct crew *crew)
{
	return crew->members != NULL;
}

bool
crew_is_unused(const struct crew *crew)
{
	return crew->first == NULL && crew->members == NULL && !event_pending(crew->again, EV_TIMEOUT, NULL);
}
