/* What changes a delivery: runs, and operators. */
#include <errno.h>
#include <signal.h>

#include "../../src/protocol/run.h"
#include "../../src/spool/record.h"
#include "reference.h"

static uint64_t
growing(uint64_t times)
{
	uint64_t delay = FIRST_MS;

	for (uint64_t i = 1; i < times && delay < MAX_MS; i++)
		delay *= FACTOR;
	return delay < MAX_MS ? delay : MAX_MS;
}

/* Between 9 and 11 tenths of EXPECTED from then on. */
static void
check_delay(const char *what, uint64_t since_ms, uint64_t at_ms, uint64_t expected)
{
	if (at_ms < since_ms + expected * 9 / 10 || at_ms > since_ms + expected * 11 / 10)
		fail(
		    "%s in %lld ms, not about %llu", what, (long long)(at_ms - since_ms), (unsigned long long)expected);
}

void
run_starts(uint64_t number, int hook, uint64_t token)
{
	struct task *d = &event_of(number)->d[hook];

	d->running = true;
	d->probe = m.hooks[hook].suspended;
	d->token = token;
	m.hooks[hook].running++;
	m.running++;
}

void
run_stops(uint64_t number, int hook)
{
	event_of(number)->d[hook].running = false;
	m.hooks[hook].running--;
	m.running--;
}

/* A worker's answer has the meaning of an exit status. */
static bool
says(const struct run_report *report, int code)
{
	return (report->end == RUN_EXITED || report->end == RUN_ANSWERED) && report->code == code;
}

/* The machine's trouble, not the hook's. */
static bool
is_shortage(const struct run_report *report)
{
	return report->end == RUN_FAILED && report->code != E2BIG;
}

void
run_counts(uint64_t number, int hook, const struct run_report *report, uint64_t next_ms)
{
	struct webhook *event = event_of(number);
	struct task *d = &event->d[hook];

	d->attempts_all++;
	if (is_shortage(report)) {
		d->next_ms = next_ms;
		check_delay("what the machine had no room for", report->ended_ms, next_ms, 2000);
		return;
	}
	d->attempts++;
	if (says(report, 0)) {
		set_state(d, DELIVERY_DONE);
		event->done[hook] = true;
	} else if (says(report, 100) || report->ended_ms - event->received_ms >= GIVE_UP_MS ||
	    d->attempts >= ATTEMPTS) {
		set_state(d, DELIVERY_DEAD);
	} else {
		d->next_ms = next_ms;
		check_delay("a retry", report->ended_ms, next_ms, growing(d->attempts));
	}
	note_active(number);
}

void
run_judges(int which, bool probe, const struct run_report *report, uint64_t probe_ms)
{
	struct program *hook = &m.hooks[which];

	if (!hook->there || is_shortage(report))
		return;
	if (says(report, 0) || says(report, 100)) {
		hook->failures = hook->probes = 0;
		hook->suspended = false;
		return;
	}
	hook->failures++;
	if (hook->suspended && !probe)
		return;
	hook->probes += hook->suspended;
	if (hook->failures < SUSPEND_AFTER)
		return;
	m.suspensions += !hook->suspended;
	hook->suspended = true;
	hook->probe_ms = probe_ms;
	check_delay("a probe", report->ended_ms, probe_ms, growing(hook->probes + 1));
}

void
choose_end(struct run_report *report, int hook, uint32_t dice)
{
	bool worker = hook == HOOK_ALL;

	report->code = dice < 65 ? 0 : dice < 68 ? 100 : 1;
	report->end = worker ? RUN_ANSWERED : RUN_EXITED;
	if (dice < 85)
		return;
	report->code = dice < 98 ? SIGTERM : EAGAIN;
	report->end = dice < 90 ? RUN_TIMEOUT : dice < 98 ? RUN_SIGNALED : RUN_FAILED;
	if (worker && dice < 95) {
		report->end = dice < 92 ? RUN_QUIT : RUN_NONSENSE;
		report->code = dice & 1; /* that a worker left with 0 says nothing of its event */
	}
}

/* Those the configuration has for the event now, and the event has nothing for. */
static int
bind_missing(struct webhook *e, int only)
{
	int n = 0;

	for (int h = 0; h < HOOKS; h++) {
		if (e->d[h].exists || !hook_takes(m.form, h, e->source, e->type) || (only != NO_HOOK && only != h))
			continue;
		set_state(&e->d[h], DELIVERY_QUEUED);
		e->d[h].attempts = e->d[h].attempts_all = 0;
		e->d[h].next_ms = m.now_ms;
		n++;
	}
	if (n > 0 && e->unhandled) {
		e->unhandled = false;
		m.unhandled--;
	}
	return n;
}

static bool
is_busy(const struct task *d)
{
	return d->running || d->ended;
}

static bool
fits(const struct webhook *e, int hook, const struct mending *how)
{
	const struct task *d = &e->d[hook];

	return d->exists && (how->hook == NO_HOOK || how->hook == hook) && (how->state == 0 || how->state == d->state);
}

static void
unbind(struct task *d)
{
	m.counts[d->state]--;
	*d = (struct task){.exists = false};
}

/* Those whose hooks are no more make way for those there are instead. */
static int
replace_vanished(struct webhook *e, const struct mending *how)
{
	bool had[HOOKS];
	int n;

	for (int h = 0; h < HOOKS; h++)
		had[h] = e->d[h].exists;
	if ((n = bind_missing(e, NO_HOOK)) == 0)
		return 0;
	for (int h = 0; h < HOOKS; h++)
		if (had[h] && !m.hooks[h].there && fits(e, h, how) && e->d[h].state != DELIVERY_DONE &&
		    !is_busy(&e->d[h]))
			unbind(&e->d[h]);
	if (e->dropped_unhandled && how->hook == NO_HOOK && (how->state == 0 || how->state == DELIVERY_DROPPED)) {
		e->dropped_unhandled = false;
		m.counts[DELIVERY_DROPPED]--;
	}
	return n;
}

static bool
is_unbound(const struct webhook *e)
{
	for (int h = 0; h < HOOKS; h++)
		if (e->d[h].exists)
			return false;
	return !e->dropped_unhandled;
}

int
retry_event(uint64_t number, const struct mending *how)
{
	struct webhook *e = event_of(number);
	bool vanished = false;
	int n = 0;

	if (is_unbound(e)) {
		n = how->state == 0 ? bind_missing(e, how->hook) : 0;
		note_active(number);
		return n;
	}
	for (int h = 0; h < HOOKS; h++) {
		struct task *d = &e->d[h];

		if (!fits(e, h, how) || is_busy(d) || (d->state == DELIVERY_DONE && !how->force))
			continue;
		if (!m.hooks[h].there) {
			vanished |= d->state != DELIVERY_DONE;
			continue;
		}
		set_state(d, DELIVERY_QUEUED);
		d->attempts = 0;
		d->next_ms = m.now_ms;
		n++;
	}
	vanished |= e->dropped_unhandled && how->hook == NO_HOOK && (how->state == 0 || how->state == DELIVERY_DROPPED);
	n += vanished ? replace_vanished(e, how) : 0;
	note_active(number);
	return n;
}

static bool
would_drop(const struct webhook *e, int hook, const struct mending *how)
{
	return fits(e, hook, how) && (e->d[hook].state == DELIVERY_QUEUED || e->d[hook].state == DELIVERY_DEAD);
}

int
drop_event(uint64_t number, const struct mending *how, bool one)
{
	struct webhook *e = event_of(number);
	int n = 0;

	for (int h = 0; h < HOOKS && one; h++)
		if (would_drop(e, h, how) && is_busy(&e->d[h]))
			return -1;
	for (int h = 0; h < HOOKS; h++)
		if (would_drop(e, h, how) && !is_busy(&e->d[h])) {
			set_state(&e->d[h], DELIVERY_DROPPED);
			n++;
		}
	if (how->hook == NO_HOOK && how->state == 0 && e->unhandled) {
		e->unhandled = false;
		e->dropped_unhandled = true;
		m.unhandled--;
		m.counts[DELIVERY_DROPPED]++;
		n++;
	}
	if (n > 0)
		e->ended_ms = m.now_ms; /* anew, where it was dead */
	note_active(number);
	return n;
}

void
steer_hook(int hook, bool suspend)
{
	m.hooks[hook].by_hand = suspend;
	if (suspend)
		return;
	m.hooks[hook].suspended = false;
	m.hooks[hook].failures = m.hooks[hook].probes = 0;
}
