/*
 * The scheduler: reads each hook's range of `due` from its front and starts what may run; turns reports of the runner into new
 * states, committed with the next group.  A run is in memory only: after a crash its delivery is still queued and due.
 */
#include "schedule.h"

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "../conf/conf.h"
#include "../lib/clock.h"
#include "../lib/log.h"
#include "../protocol/run.h"
#include "../spool/spool.h"
#include "batch.h"
#include "broken.h"
#include "hook_users.h"
#include "launch.h"
#include "outcome.h"
#include "runner_link.h"
#include "runs.h"
#include "slot.h"
#include "spooler.h"

#define RUNNER_BUSY_MS 20    /* its socket is full: it takes messages again soon */
#define COMMIT_AGAIN_MS 1000 /* an outcome that could not be stored is tried again */
#define CLOCK_SLACK_MS 60000 /* beyond a hook's longest delay: for a clock that is kept right in small steps */
#define FIGURE_MAX ((uint64_t)1 << 53) /* of what a run took: what JSON's readers take exactly */
#define TURN_STARTS 64		       /* starts before the event loop looks at its sockets again */

struct schedule {
	struct spooler *spooler;
	struct runner_link *link;
	struct event *turn;
	uint64_t turn_at_ms; /* monotonic: when it comes; 0: it does not */
	struct slots slots;
	struct runs runs;
	bool stopped;
};

/* Within MS; one that comes sooner stays, and looks at all there is. */
static void
turn_in(struct schedule *schedule, uint64_t ms)
{
	struct timeval delay = clock_delay(ms);
	uint64_t at = clock_monotonic_ms() + ms;

	if (schedule->turn_at_ms != 0 && schedule->turn_at_ms <= at)
		return;
	schedule->turn_at_ms = at;
	event_add(schedule->turn, &delay);
}

/*
 * Start what is due, as soon as the event loop has looked at its sockets again: by a timer, as what is made active in a turn of the loop
 * belongs to that turn, and starts that fail at once would keep it from ever ending.
 */
static void
kick(struct schedule *schedule)
{
	turn_in(schedule, 0);
}

/* After the commit; HOOK is NULL when it is not said which. */
static void
on_woken(void *context, const char *hook, uint64_t due_ms)
{
	struct schedule *schedule = context;

	for (size_t i = 0; i < schedule->slots.n; i++) {
		struct slot *slot = schedule->slots.all[i];

		if (due_ms < slot->next_ms && (hook == NULL || strcmp(slot->identity, hook) == 0)) {
			slot->next_ms = due_ms;
			kick(schedule);
		}
	}
}

bool
schedule_running(const struct schedule *schedule, uint64_t number, const char *hook)
{
	return runs_of(&schedule->runs, number, hook) != NULL;
}

unsigned
schedule_count(const struct schedule *schedule, const char *hook)
{
	const struct slot *slot;

	if (hook == NULL)
		return schedule->runs.n;
	slot = slots_named(&schedule->slots, hook);
	return slot != NULL ? slot->running : 0;
}

const struct suspension *
schedule_suspension(const struct schedule *schedule, const char *hook)
{
	const struct slot *slot = slots_named(&schedule->slots, hook);

	return slot != NULL && slot->hook != NULL ? &slot->suspension : NULL;
}

void
schedule_suspend(struct schedule *schedule, const char *hook, uint64_t since_ms)
{
	struct slot *slot = slots_named(&schedule->slots, hook);

	if (slot == NULL)
		return;
	if (since_ms == 0)
		suspension_open(&slot->suspension);
	slot->suspension.by_hand = since_ms != 0;
	slot->suspension.by_hand_ms = since_ms;
	log_info("%s: %s by the operator", hook, since_ms != 0 ? "suspended" : "resumed");
	kick(schedule);
}

static uint32_t
random_number(void)
{
	uint32_t value = 0;

	if (getrandom(&value, sizeof value, GRND_NONBLOCK) != sizeof value)
		value = (uint32_t)clock_wall_ms();
	return value;
}

/* What the end of a run says about its hook. */
static void
judge_hook(const struct run *run)
{
	struct slot *slot = run->slot;
	enum outcome_word word = outcome_of_hook(&run->attempt);
	struct suspension_run end = {
	    .worked = word == OUTCOME_WORKS, .probe = run->probe, .now_ms = clock_wall_ms(), .jitter = random_number()};

	if (slot->hook == NULL || word == OUTCOME_NO_WORD)
		return;
	switch (suspension_ended(&slot->suspension, slot->hook, &end)) {
	case SUSPENSION_CLOSED:
		log_error(
		    "%s: suspended after %u failures in a row; one event at a time probes it, the first in %llu ms",
		    slot->identity, slot->suspension.failures,
		    (unsigned long long)(slot->suspension.probe_ms - end.now_ms));
		break;
	case SUSPENSION_OPENED:
		log_info("%s: works again, and is no longer suspended", slot->identity);
		break;
	case SUSPENSION_SAME:
		break;
	}
}

static void
run_release(struct run *run)
{
	struct schedule *schedule = run->schedule;

	judge_hook(run);
	runs_remove(&schedule->runs, run);
	slots_unblock(&schedule->slots);
	kick(schedule);
}

static int
run_store(struct batch_item *item)
{
	struct run *run = (struct run *)item;
	struct schedule *schedule = run->schedule;

	return spool_outcome(schedule->spooler->spool,
	    &(struct spool_outcome){run->number, run->slot->identity, &run->delivery, &run->attempt});
}

static void
run_finish(struct batch_item *item, bool committed)
{
	struct run *run = (struct run *)item;

	if (committed)
		run_release(run);
	else
		turn_in(run->schedule, COMMIT_AGAIN_MS); /* on_turn() joins it again */
}

static uint64_t
within(uint64_t value, uint64_t least, uint64_t most)
{
	return value < least ? least : value > most ? most : value;
}

/* The runner's word on how it ended, but not on when: between its beginning and now. */
static void
run_ended(struct run *run, const struct run_report *report)
{
	struct attempt *a = &run->attempt;
	uint64_t now = clock_wall_ms(), began = run->began_ms < now ? run->began_ms : now;
	uint64_t ended = within(report->ended_ms, began, now);

	*a = (struct attempt){
	    .end = report->end,
	    .code = report->code,
	    .started_ms = within(report->started_ms, began, ended),
	    .ended_ms = ended,
	    .cpu_us = within(report->cpu_us, 0, FIGURE_MAX),
	    .memory_kib = within(report->memory_kib, 0, FIGURE_MAX),
	    .out_total = report->out_total,
	    .err_total = report->err_total,
	};
	run->output = malloc((size_t)report->out_len + report->err_len + 1);
	if (run->output != NULL) { /* without memory the outcome counts, not what was printed */
		memcpy(run->output, report->out, report->out_len);
		memcpy(run->output + report->out_len, report->err, report->err_len);
		a->out = run->output;
		a->out_len = report->out_len;
		a->err = run->output + report->out_len;
		a->err_len = report->err_len;
	}
	run->delivery = outcome_decide(&run->delivery, a,
	    &(struct outcome_terms){&run->backoff,
		spool_received(run->schedule->spooler->spool, run->number, run->received_ms), random_number()});
	outcome_log(run->number, run->slot->identity, &run->delivery, a);
	run->ended = true;
	run->item = (struct batch_item){.store = run_store, .finish = run_finish};
	batch_join(run->schedule->spooler->batch, &run->item);
}

static void
on_ended(void *context, const struct run_report *report)
{
	const struct schedule *schedule = context;
	struct run *run = runs_with_token(&schedule->runs, report->token);

	if (run != NULL && !run->ended)
		run_ended(run, report);
}

static void
run_failed(struct run *run, int why)
{
	struct run_report report = {.token = run->token, .end = RUN_FAILED, .code = why, .out = "", .err = ""};

	report.started_ms = report.ended_ms = clock_wall_ms();
	run_ended(run, &report);
}

enum start { STARTED, SKIPPED, RUNNER_BUSY };

/* An event that can't be read must not stop its hook; it stays in the spool for a person to look at. */
static enum start
unreadable(struct slot *slot, uint64_t number)
{
	log_error("event %llu: %s: can't be read: %s", (unsigned long long)number, slot->identity, strerror(errno));
	return SKIPPED;
}

static enum start
start(struct schedule *schedule, struct slot *slot, uint64_t number)
{
	struct spool *spool = schedule->spooler->spool;
	struct delivery delivery;
	struct event event;
	struct run *run;
	int account = hook_users_find(&schedule->spooler->accounts, slot->hook);

	if (spool_event(spool, number, &event) != 0 || spool_delivery(spool, number, slot->identity, &delivery) != 0)
		return unreadable(slot, number);
	if (runs_lane_busy(&schedule->runs, number, &event)) {
		slot->blocked = true;
		return SKIPPED;
	}
	if ((run = runs_add(&schedule->runs, slot, number, &event)) == NULL)
		return RUNNER_BUSY;
	run->schedule = schedule;
	run->delivery = delivery;
	run->began_ms = clock_wall_ms();
	log_debug("event %llu: %s: run %llu, attempt %u", (unsigned long long)number, slot->identity,
	    (unsigned long long)run->token, (unsigned)delivery.attempts + 1);
	if (account == -1)
		errno = EPERM;
	if (account == -1 ||
	    runner_link_start(schedule->link,
		&(struct launch){run->token, number, delivery.attempts + 1, (uint16_t)account, slot->source, slot->hook,
		    &event}) != 0) {
		int why = errno;

		if (why == EAGAIN || why == EWOULDBLOCK || why == ENOBUFS) {
			runs_remove(&schedule->runs, run);
			return RUNNER_BUSY;
		}
		run_failed(run, why);
	}
	return STARTED;
}

/* No delivery waits longer than its hook's longest delay: what is due later was planned by a clock that was ahead, and is due now. */
static uint64_t
planned_wrongly_from(const struct slot *slot, uint64_t now)
{
	return now + 2 * slot->hook->backoff.max_ms + CLOCK_SLACK_MS;
}

/* Start the first of the hook's deliveries that may run now; SKIPPED: there is none. */
static enum start
start_first(struct schedule *schedule, struct slot *slot, uint64_t now)
{
	uint64_t due = 0, number = 0, wrong = planned_wrongly_from(slot, now), next = SLOT_NEVER;

	while (spool_due(schedule->spooler->spool, slot->identity, &due, &number) == 0) {
		enum start started;

		if (due > now && due < wrong) {
			next = next < due ? next : due;
			due = wrong;
			number = 0;
			continue;
		}
		if (runs_of(&schedule->runs, number, slot->identity) != NULL)
			continue;
		if ((started = start(schedule, slot, number)) != SKIPPED)
			return started;
	}
	if (errno != ENOENT) {
		log_error("spool: can't read what is due for %s: %s", slot->identity, strerror(errno));
		broken_check(schedule->spooler->spool);
	}
	slot->next_ms = next;
	return SKIPPED;
}

static void
set_timer(struct schedule *schedule, uint64_t now)
{
	uint64_t next = slots_due(&schedule->slots, now);

	if (next != SLOT_NEVER)
		turn_in(schedule, next - now);
}

static void
store_again(struct schedule *schedule)
{
	for (struct run *run = schedule->runs.first; run != NULL; run = run->next)
		if (run->ended)
			batch_join(schedule->spooler->batch, &run->item);
}

static void
on_turn(evutil_socket_t fd, short what, void *argument)
{
	struct schedule *schedule = argument;
	uint64_t now = clock_wall_ms();
	struct slot *slot;

	(void)fd;
	(void)what;
	schedule->turn_at_ms = 0;
	store_again(schedule);
	if (schedule->stopped)
		return;
	for (int starts = 0; (slot = slots_next(&schedule->slots, schedule->spooler->conf->max_running, now)) != NULL;
	     starts++) {
		if (starts == TURN_STARTS) {
			kick(schedule);
			return;
		}
		if (start_first(schedule, slot, now) == RUNNER_BUSY) {
			turn_in(schedule, RUNNER_BUSY_MS);
			return;
		}
	}
	set_timer(schedule, now);
}

int
schedule_log(struct schedule *schedule, int log)
{
	return runner_link_log(schedule->link, log);
}

uint64_t
schedule_follow(struct schedule *schedule, uint64_t number, const char *hook)
{
	for (const struct run *run = schedule->runs.first; run != NULL; run = run->next)
		if (!run->ended && run->number == number && (hook == NULL || strcmp(hook, run->slot->identity) == 0))
			return runner_link_follow(schedule->link, run->token) == 0 ? run->token : 0;
	return 0;
}

/* Those that an operator suspended are, in every configuration that has them. */
static void
suspend_again(struct schedule *schedule, struct spool *spool)
{
	for (size_t i = 0; i < schedule->slots.n; i++) {
		struct slot *slot = schedule->slots.all[i];

		slot->suspension.by_hand_ms = 0;
		if (spool_suspended(spool, slot->identity, &slot->suspension.by_hand_ms) != 0 && errno != ENOENT)
			log_error("%s: can't read whether it is suspended: %s", slot->identity, strerror(errno));
		slot->suspension.by_hand = slot->suspension.by_hand_ms != 0;
	}
}

int
schedule_reload(struct schedule *schedule, const struct conf *conf)
{
	if (slots_take(&schedule->slots, conf) != 0)
		return -1;
	suspend_again(schedule, schedule->spooler->spool);
	kick(schedule);
	return 0;
}

void
schedule_clock_was_set(struct schedule *schedule)
{
	for (size_t i = 0; i < schedule->slots.n; i++) {
		struct slot *slot = schedule->slots.all[i];

		slot->next_ms = slot->suspension.probe_ms = 0;
	}
	kick(schedule);
}

struct schedule *
schedule_new(struct spooler *spooler, int runner)
{
	struct schedule *schedule = calloc(1, sizeof *schedule);
	struct runner_link_owner owner = {schedule, on_ended, spooler->followers};

	if (schedule == NULL) {
		close(runner);
		return NULL;
	}
	schedule->spooler = spooler;
	schedule->link = runner_link_new(spooler->base, runner, &owner);
	schedule->turn = event_new(spooler->base, -1, 0, on_turn, schedule);
	if (schedule->link == NULL || schedule->turn == NULL || schedule_reload(schedule, spooler->conf) != 0) {
		schedule_free(schedule);
		errno = ENOMEM;
		return NULL;
	}
	spool_on_due(spooler->spool, on_woken, schedule);
	return schedule;
}

void
schedule_stop(struct schedule *schedule)
{
	schedule->stopped = true;
}

void
schedule_free(struct schedule *schedule)
{
	if (schedule == NULL)
		return;
	spool_on_due(schedule->spooler->spool, NULL, NULL);
	if (schedule->turn != NULL)
		event_free(schedule->turn);
	runs_clear(&schedule->runs);
	slots_clear(&schedule->slots);
	runner_link_free(schedule->link);
	free(schedule);
}
