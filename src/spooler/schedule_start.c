/* Starts: from what is due to the message for the runner. */
#include <errno.h>
#include <string.h>

#include "../lib/clock.h"
#include "../lib/log.h"
#include "../lib/log_flood.h"
#include "../protocol/run.h"
#include "../spool/spool.h"
#include "broken.h"
#include "hook_users.h"
#include "launch.h"
#include "runner_link.h"
#include "schedule_parts.h"
#include "spooler.h"

#define CLOCK_SLACK_MS 60000 /* beyond a hook's longest delay: for a clock that is kept right in small steps */

static void
run_failed(struct run *run, int why)
{
	struct run_report report = {.token = run->token, .end = RUN_FAILED, .code = why, .out = "", .err = ""};

	report.started_ms = report.ended_ms = clock_wall_ms();
	schedule_ended(run, &report);
	schedule_turn_in(run->schedule, 0);
}

/* An event that can't be read must not stop its hook; it stays in the spool for a person to look at, and is tried each time. */
static enum schedule_start
unreadable(struct slot *slot, uint64_t number)
{
	log_flood(LOG_FLOOD_ERROR, slot->identity, "unreadable", "event %llu: %s: can't be read: %s",
	    (unsigned long long)number, slot->identity, strerror(errno));
	return SCHEDULE_SKIPPED;
}

static enum schedule_start
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
		return SCHEDULE_SKIPPED;
	}
	if ((run = runs_add(&schedule->runs, slot, number, &event)) == NULL)
		return SCHEDULE_RUNNER_BUSY;
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
			return SCHEDULE_RUNNER_BUSY;
		}
		run_failed(run, why);
	}
	return SCHEDULE_STARTED;
}

/* No delivery waits longer than its hook's longest delay: what is due later was planned by a clock that was ahead, and is due now. */
static uint64_t
planned_wrongly_from(const struct slot *slot, uint64_t now)
{
	return now + 2 * slot->hook->backoff.max_ms + CLOCK_SLACK_MS;
}

/*
 * Start the first of the slot's deliveries behind those that were looked at.  SKIPPED: there is none, and *NEXT is lowered to when something
 * will be due.
 */
static enum schedule_start
start_after(struct schedule *schedule, struct slot *slot, uint64_t now, uint64_t *next)
{
	uint64_t due = slot->at_ms, number = slot->at_number, wrong = planned_wrongly_from(slot, now);

	while (spool_due(schedule->spooler->spool, slot->identity, &due, &number) == 0) {
		enum schedule_start started;

		if (due > now && due < wrong) {
			*next = *next < due ? *next : due;
			due = wrong;
			number = 0;
			continue;
		}
		if (runs_of(&schedule->runs, number, slot->identity) != NULL)
			continue;
		if ((started = start(schedule, slot, number)) == SCHEDULE_SKIPPED)
			continue;
		if (started == SCHEDULE_STARTED && due <= now) {
			slot->at_ms = due;
			slot->at_number = number;
		}
		return started;
	}
	if (errno != ENOENT) {
		log_error("spool: can't read what is due for %s: %s", slot->identity, strerror(errno));
		broken_check(schedule->spooler->spool);
	}
	return SCHEDULE_SKIPPED;
}

/*
 * What runs stays in `due` until its outcome is on disk: a backlog is read behind it, so that each start does not pass it anew.  That there is
 * nothing is said only of all of it.
 */
enum schedule_start
schedule_start_first(struct schedule *schedule, struct slot *slot, uint64_t now)
{
	uint64_t next = SLOT_NEVER;
	enum schedule_start started = start_after(schedule, slot, now, &next);

	if (started == SCHEDULE_SKIPPED && slot->at_ms != 0) {
		slot->at_ms = slot->at_number = 0;
		started = start_after(schedule, slot, now, &next);
	}
	if (started == SCHEDULE_SKIPPED)
		slot->next_ms = next;
	return started;
}
