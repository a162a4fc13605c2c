/*
 * The scheduler: reads each hook's range of `due` from its front and starts what may run; turns reports of the runner into new
 * states, committed with the next group.  A run is in memory only: after a crash its delivery is still queued and due.
 */
#include "schedule.h"

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../conf/conf.h"
#include "../lib/clock.h"
#include "../lib/log.h"
#include "../protocol/run.h"
#include "../spool/spool.h"
#include "batch.h"
#include "runner_link.h"
#include "schedule_parts.h"
#include "spooler.h"

#define RUNNER_BUSY_MS 20 /* its socket is full: it takes messages again soon */
#define TURN_STARTS 64	  /* starts before the event loop looks at its sockets again */

/*
 * Start what is due, as soon as the event loop has looked at its sockets again: by a timer, as what is made active in a turn of the loop
 * belongs to that turn, and starts that fail at once would keep it from ever ending.
 */
static void
kick(struct schedule *schedule)
{
	schedule_turn_in(schedule, 0);
}

/* After the commit; HOOK is NULL when it is not said which. */
static void
on_woken(void *context, const char *hook, uint64_t due_ms)
{
	struct schedule *schedule = context;

	for (size_t i = 0; i < schedule->slots.n; i++) {
		struct slot *slot = schedule->slots.all[i];

		if (hook != NULL && strcmp(slot->identity, hook) != 0)
			continue;
		if (due_ms < slot->next_ms)
			kick(schedule);
		slot_wake(slot, due_ms);
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
	return slot != NULL ? slot->running + slot->unstored : 0;
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

void
schedule_pause(struct schedule *schedule, uint64_t since_ms)
{
	schedule->paused_ms = since_ms;
	log_info("%s by the operator", since_ms != 0 ? "paused: no hook starts" : "hooks start again");
	kick(schedule);
}

uint64_t
schedule_paused(const struct schedule *schedule)
{
	return schedule->paused_ms;
}

static void
on_ended(void *context, const struct run_report *report)
{
	struct schedule *schedule = context;
	struct run *run = runs_with_token(&schedule->runs, report->token);

	if (run == NULL || run->ended)
		return;
	/* Before the commit that it joins: the next hook starts while that flushes. */
	event_active(schedule->turn, EV_TIMEOUT, 0);
	schedule_ended(run, report);
}

static void
set_timer(struct schedule *schedule, uint64_t now)
{
	uint64_t next = slots_due(&schedule->slots, now);

	if (next != SLOT_NEVER)
		schedule_turn_in(schedule, next - now);
}

static void
on_store(evutil_socket_t fd, short what, void *argument)
{
	(void)fd;
	(void)what;
	schedule_store(argument);
}

/* Whose turn it is.  NULL: nobody's; or too many have ended that are not on disk yet: when they are, the turn comes again. */
static struct slot *
next_slot(struct schedule *schedule, uint64_t now)
{
	unsigned max_running = schedule->spooler->conf->max_running;

	return schedule->runs.ended < max_running ? slots_next(&schedule->slots, max_running, now) : NULL;
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
	if (schedule->stopped || schedule->paused_ms != 0)
		return;
	for (int starts = 0; (slot = next_slot(schedule, now)) != NULL; starts++) {
		if (starts == TURN_STARTS) {
			kick(schedule);
			return;
		}
		if (schedule_start_first(schedule, slot, now) == SCHEDULE_RUNNER_BUSY) {
			schedule_turn_in(schedule, RUNNER_BUSY_MS);
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

int
schedule_reload(struct schedule *schedule, const struct conf *conf)
{
	if (slots_take(&schedule->slots, conf, schedule->spooler->spool) != 0)
		return -1;
	kick(schedule);
	return 0;
}

void
schedule_clock_was_set(struct schedule *schedule)
{
	for (size_t i = 0; i < schedule->slots.n; i++) {
		struct slot *slot = schedule->slots.all[i];

		slot->suspension.probe_ms = 0;
		slot_wake(slot, 0);
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
	if ((schedule->paused_ms = slots_suspended(spooler->spool, SPOOL_EVERY_HOOK)) != 0)
		log_info("paused: no hook starts until an operator resumes them");
	schedule->link = runner_link_new(spooler->base, runner, &owner);
	schedule->turn = event_new(spooler->base, -1, 0, on_turn, schedule);
	schedule->store = event_new(spooler->base, -1, 0, on_store, schedule);
	if (schedule->link == NULL || schedule->turn == NULL || schedule->store == NULL ||
	    schedule_reload(schedule, spooler->conf) != 0) {
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
	if (schedule->store != NULL)
		event_free(schedule->store);
	runs_clear(&schedule->runs);
	slots_clear(&schedule->slots);
	runner_link_free(schedule->link);
	free(schedule);
}
