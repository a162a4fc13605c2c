/* What is one step of the simulator may be many things in one turn of the loop. */
#include "steps.h"

#include <errno.h>
#include <string.h>

#include "../../src/spool/record.h"
#include "../../src/spool/spool.h"
#include "../../src/spooler/batch.h"
#include "../../src/spooler/event_repair.h"
#include "../../src/spooler/hook_steer.h"
#include "../../src/spooler/schedule.h"
#include "../model/reference.h"
#include "arrive.h"
#include "check.h"
#include "crew.h"
#include "disk.h"
#include "ledger.h"
#include "life.h"
#include "presence.h"
#include "sim.h"

#define RECENT 200 /* events that operators look at */
#define DRAINS_MAX 100000

unsigned long steps_repairs, steps_troubles;

static bool calm; /* nothing goes wrong for a while, so that what takes time happens, too */

/* An operator's word under way. */
static struct {
	uint64_t number; /* 0: to all from FROM on */
	struct mending how;
	bool drops, suspends;
	int changed;
	bool happened;
	uint64_t from;
} word;

static void
repair_happens(void)
{
	word.happened = true;
	word.changed = word.drops ? drop_event(word.number, &word.how, true) : retry_event(word.number, &word.how);
}

/* What an operator looks at: often something that is not finished. */
static uint64_t
recent_event(void)
{
	if (m.nactive > 0 && sim_any(2) == 0)
		return m.active[sim_any((uint32_t)m.nactive)];
	return m.n - sim_any((uint32_t)(m.n < RECENT ? m.n : RECENT));
}

static struct event_repair
as_said(void)
{
	return (struct event_repair){.verb = word.drops ? REPAIR_DROP : REPAIR_RETRY,
	    .hook = hook_name[word.how.hook],
	    .state = word.how.state == DELIVERY_DEAD ? STATE_DEAD : STATE_ANY,
	    .force = word.how.force};
}

/* Why an operator must be refused, or 0. */
static int
refused(void)
{
	const struct webhook *e = event_of(word.number);

	if (e->gone)
		return ENOENT;
	if (e->rejected)
		return EINVAL;
	for (int h = 0; h < HOOKS && word.drops; h++)
		if ((word.how.hook == NO_HOOK || word.how.hook == h) && (e->d[h].running || e->d[h].ended) &&
		    (word.how.state == 0 || word.how.state == e->d[h].state))
			return EBUSY;
	return 0;
}

static void
repair_one(void)
{
	struct event_repair repair;
	int result, why;

	if (m.n == 0)
		return;
	word.number = recent_event();
	word.drops = sim_any(2) == 0;
	word.how = (struct mending){.hook = sim_any(2) == 0 ? NO_HOOK : (int)sim_any(HOOKS),
	    .state = sim_any(4) == 0 ? DELIVERY_DEAD : 0,
	    .force = sim_any(3) == 0};
	word.happened = false;
	repair = as_said();
	ledger_operator(repair_happens);
	batch_commit(spooler.batch); /* what waits is before him */
	crew_settle();
	why = refused();
	result = event_repair_one(&spooler, &repair, word.number);
	if (result < 0 && why == 0 && !disk_is_troubled())
		fail("event %llu: an operator is refused: %d", (unsigned long long)word.number, errno);
	if (why != 0 && !disk_is_troubled() && (result != -1 || errno != why))
		fail("event %llu: an operator is not refused with %d", (unsigned long long)word.number, why);
	if ((result >= 0) != word.happened || (result >= 0 && result != word.changed))
		fail("event %llu: an operator changed %d deliveries, not %d", (unsigned long long)word.number, result,
		    word.changed);
	ledger_operator(NULL);
	steps_repairs += result > 0;
}

static void
all_happens(void)
{
	word.happened = true;
	for (uint64_t number = word.from; number <= m.n; number++) {
		const struct webhook *e = event_of(number);

		if (e->gone || e->rejected)
			continue;
		word.changed += word.drops ? drop_event(number, &word.how, false) : retry_event(number, &word.how);
	}
}

/* All of them: one transaction, as long as there are less than what it may look at and change. */
static void
repair_all(void)
{
	struct event_repair repair;
	uint64_t from = presence_first();
	int result;

	batch_commit(spooler.batch);
	crew_settle();
	word.drops = sim_any(8) == 0;
	word.how = (struct mending){
	    .hook = sim_any(2) == 0 ? NO_HOOK : (int)sim_any(HOOKS), .state = sim_any(4) > 0 ? DELIVERY_DEAD : 0};
	word.happened = false;
	word.changed = 0;
	word.from = from;
	repair = as_said();
	ledger_operator(all_happens);
	result = event_repair_all(&spooler, &repair, &from);
	if (result < 0 && !disk_is_troubled())
		fail("an operator is refused: %d", errno);
	if (result >= 0 && result != word.changed)
		check_disk(); /* it says where */
	if ((result >= 0) != word.happened || (result >= 0 && (result != word.changed || from != 0)))
		fail("an operator changed %d deliveries of all, not %d", result, word.changed);
	ledger_operator(NULL);
}

static void
steer_happens(void)
{
	word.happened = true;
	m.hooks[word.how.hook].by_hand = word.suspends;
}

static void
steer(int hook, bool suspends)
{
	int result;

	batch_commit(spooler.batch);
	crew_settle();
	if (!m.hooks[hook].there)
		return;
	word.how.hook = hook;
	word.suspends = suspends;
	word.happened = false;
	ledger_operator(steer_happens);
	result =
	    suspends ? hook_steer_suspend(&spooler, hook_name[hook]) : hook_steer_resume(&spooler, hook_name[hook]);
	ledger_operator(NULL);
	if ((result == 0) != word.happened || (result != 0 && !disk_is_troubled()))
		fail("%s: %d from an operator's word", hook_name[hook], result);
	if (result != 0)
		return;
	m.hooks[hook].held = false;
	steer_hook(hook, suspends);
}

static void
reload(int form)
{
	unsigned anew = 0;

	batch_commit(spooler.batch);
	crew_settle();
	for (unsigned h = 0; h < HOOKS; h++)
		if (!m.hooks[h].there && m.hooks[h].running == 0 && m.hooks[h].unstored == 0)
			anew |= 1u << h;
	if (schedule_reload(spooler.schedule, &configured[form]) != 0)
		fail("no reload");
	spooler.conf = &configured[form];
	use_form(form);
	life_holds(anew);
}

/* The disk will have an error, or the machine will stop: at one of the next calls. */
static void
trouble(void)
{
	static const int whys[] = {ENOSPC, EIO, ENOMEM, EDQUOT};
	struct disk_trouble trouble = {.why = whys[sim_any(4)]};

	steps_troubles++;
	if (sim_any(3) == 0) {
		trouble.crash_in = 1 + sim_any(400);
	} else {
		trouble.fail_in = 1 + sim_any(60);
		trouble.count = sim_any(2) == 0 ? 1 : 1 + sim_any(200);
		trouble.breaks = sim_any(4) == 0;
	}
	disk_trouble(&trouble);
}

/* What comes in from outside in one turn: in any order, before what is due by time. */
static void
comes_in(void)
{
	for (uint32_t n = 1 + sim_any(4); n > 0; n--)
		if (sim_any(2) == 0)
			for (uint32_t few = 1 + sim_any(3); few > 0; few--)
				arrive();
		else
			crew_reports(1 + sim_any(2), false);
	if (sim_any(8) == 0)
		crew_babbles();
	if (sim_any(8) == 0)
		disk_work();
}

void
steps_one(void)
{
	uint32_t dice = sim_any(1000);

	disk_forgive();
	if (sim_any(300) == 0)
		crew_mood();
	if (sim_any(2000) == 0)
		calm = !calm;
	if (!calm && sim_any(150) == 0)
		trouble();
	if (sim_any(100) == 0)
		life_set_free(sim_any(4) > 0);
	if (dice < 1 && !calm)
		sim_die("killed");
	if (dice < 6)
		reload((int)sim_any(FORMS));
	else if (dice < 16)
		steer((int)sim_any(HOOKS), sim_any(8) == 0);
	else if (dice < 18)
		repair_all();
	else if (dice < 70)
		repair_one();
	else if (dice < 220)
		life_pass(m.now_ms + sim_any(3000), sim_any(4) == 0);
	else if (dice < 240)
		life_pass(m.now_ms + sim_any(20000), sim_any(2) == 0);
	else if (dice < 249)
		disk_work();
	else if (dice < 250 && sim_any(8) == 0)
		life_sleep(sim_any(2 * KEEP_MS));
	else
		comes_in();
	if (sim_any(4) > 0)
		life_settle();
	check_step();
}

static void
open_all(void)
{
	for (int h = 0; h < HOOKS; h++)
		steer(h, false);
}

void
steps_drain(void)
{
	disk_trouble(&(struct disk_trouble){.fail_in = 0});
	life_set_free(true);
	for (int i = 0; m.counts[DELIVERY_QUEUED] > 0 || !arrivals_are_over(); i++) {
		if (i > DRAINS_MAX)
			fail("%llu deliveries are never done", (unsigned long long)m.counts[DELIVERY_QUEUED]);
		if (i % 40 == 0) {
			reload(i / 40 % FORMS);
			open_all();
		}
		crew_reports(MAX_RUNNING, true);
		life_settle();
		life_pass(m.now_ms + MAX_MS / 10, false);
		check_step();
	}
}

void
steps_forget(void)
{
	for (uint64_t passed = 0; passed < 2 * (KEEP_MS + DEDUP_MS); passed += MAX_MS) {
		life_pass(m.now_ms + MAX_MS, false);
		life_settle();
	}
	check_step();
	check_disk();
	if (m.kept + m.rejected > 0)
		fail("%llu events are kept for ever", (unsigned long long)(m.kept + m.rejected));
}
