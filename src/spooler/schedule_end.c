/* Ends of runs: what they say about their hook at once, and about their delivery once that is on disk. */
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "../lib/clock.h"
#include "../lib/log.h"
#include "../protocol/run.h"
#include "../spool/jumps.h"
#include "../spool/spool.h"
#include "batch.h"
#include "news.h"
#include "outcome.h"
#include "schedule.h"
#include "schedule_parts.h"
#include "spooler.h"

#define COMMIT_AGAIN_MS 1000	       /* an outcome that could not be stored is tried again */
#define COMPANY_MS 2		       /* of a flush to disk, and much less than a program takes */
#define COMPANY_MAX 8		       /* with so many a flush is cheap for each */
#define FIGURE_MAX ((uint64_t)1 << 53) /* of what a run took: what JSON's readers take exactly */

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
judge_hook(const struct run *run, uint32_t jitter)
{
	struct slot *slot = run->slot;
	enum outcome_word word = outcome_of_hook(&run->attempt);
	struct suspension_run end = {.worked = word == OUTCOME_WORKS, .probe = run->probe, .jitter = jitter};

	if (slot->hook == NULL || word == OUTCOME_NO_WORD)
		return;
	end.now_ms = clock_wall_ms();
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

	runs_remove(&schedule->runs, run);
	slots_unblock(&schedule->slots);
	schedule_turn_in(schedule, 0);
}

static int
run_store(struct batch_item *item)
{
	struct run *run = (struct run *)item;
	struct schedule *schedule = run->schedule;

	return spool_outcome(schedule->spooler->spool,
	    &(struct spool_outcome){run->number, run->slot->identity, &run->delivery, &run->attempt});
}

void
schedule_store(struct schedule *schedule)
{
	schedule->waiting = 0;
	for (struct run *run = schedule->runs.first; run != NULL; run = run->next)
		if (run->ended)
			batch_join(schedule->spooler->batch, &run->item);
}

/* One that comes sooner stays. */
static void
store_in(struct schedule *schedule, uint64_t ms)
{
	struct timeval delay = clock_delay(ms);

	if (!event_pending(schedule->store, EV_TIMEOUT, NULL))
		event_add(schedule->store, &delay);
}

/* So many outcomes are a group: when nothing else runs, one. */
static unsigned
company(const struct schedule *schedule)
{
	unsigned half = schedule->spooler->conf->max_running / 2, most = half < COMPANY_MAX ? half : COMPANY_MAX;

	return schedule->runs.n == schedule->runs.ended ? 0 : most;
}

static void
run_finish(struct batch_item *item, bool committed)
{
	struct run *run = (struct run *)item;

	if (committed) {
		news_tell(run->schedule->spooler->news, run->number, "ended");
		run_release(run);
	} else
		store_in(run->schedule, COMMIT_AGAIN_MS);
}

static uint64_t
within(uint64_t value, uint64_t least, uint64_t most)
{
	return value < least ? least : value > most ? most : value;
}

/* The runner's word on how it ended, but not on when: between its beginning and now. */
static void
take_report(struct run *run, const struct run_report *report)
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
}

void
schedule_ended(struct run *run, const struct run_report *report)
{
	struct schedule *schedule = run->schedule;
	/* An event is given up by its age: not by a clock that was set a moment ago. */
	const struct clocks now = {clock_wall_ms(), clock_boot_ms()};
	struct outcome_terms terms = {&run->backoff,
	    spool_received_by(schedule->spooler->spool, &now, run->number, run->received_ms), random_number()};

	take_report(run, report);
	run->delivery = outcome_decide(&run->delivery, &run->attempt, &terms);
	outcome_log(run->number, run->slot->identity, &run->delivery, &run->attempt);
	judge_hook(run, terms.jitter);
	runs_ended(&schedule->runs, run);
	run->item = (struct batch_item){.store = run_store, .finish = run_finish};
	if (++schedule->waiting >= company(schedule))
		schedule_store(schedule);
	else
		store_in(schedule, COMPANY_MS);
}
