/* The rules, each as short as it can be said: slow, and easy to believe. */
#include "reference.h"

#include <string.h>

#include "../../src/spool/record.h"

struct model m;

struct webhook *
event_of(uint64_t number)
{
	if (number == 0 || number > m.n)
		fail("event %llu does not exist", (unsigned long long)number);
	return &m.events[number];
}

bool
is_active(const struct webhook *e)
{
	for (int h = 0; h < HOOKS; h++)
		if (e->d[h].exists && e->d[h].state == DELIVERY_QUEUED)
			return true;
	return false;
}

void
set_state(struct task *d, int state)
{
	if (d->exists)
		m.counts[d->state]--;
	d->exists = true;
	d->state = state;
	m.counts[state]++;
}

void
note_active(uint64_t number)
{
	size_t at = 0;

	while (at < m.nactive && m.active[at] < number)
		at++;
	if (at < m.nactive && m.active[at] == number) {
		if (!is_active(event_of(number)))
			event_of(number)->ended_ms = m.now_ms;
		if (!is_active(event_of(number)))
			memmove(m.active + at, m.active + at + 1, (--m.nactive - at) * sizeof m.active[0]);
		return;
	}
	if (!is_active(event_of(number)))
		return;
	if (m.nactive == m.active_room)
		m.active = enlarge(m.active, (m.active_room += 1024) * sizeof m.active[0]);
	memmove(m.active + at + 1, m.active + at, (m.nactive++ - at) * sizeof m.active[0]);
	m.active[at] = number;
}

bool
hook_may_start(int hook)
{
	const struct program *self = &m.hooks[hook];
	unsigned idle = 0, of_source = 0;

	for (int h = 0; h < HOOKS; h++) {
		idle += h != hook && m.hooks[h].there && m.hooks[h].running == 0;
		if (m.hooks[h].there && source_of_hook(h) == source_of_hook(hook))
			of_source += m.hooks[h].running;
	}
	if (idle > MAX_RUNNING / 2)
		idle = MAX_RUNNING / 2;
	if (!self->there || self->by_hand || self->held ||
	    (self->suspended && (self->running > 0 || self->probe_ms > m.now_ms)))
		return false;
	if ((hook == HOOK_X && self->running >= MAX_RUNNING_X) ||
	    (source_of_hook(hook) == SOURCE_S && of_source >= MAX_RUNNING_S) || m.unstored >= MAX_RUNNING)
		return false;
	return m.running + (self->running > 0 ? idle : 0) < MAX_RUNNING;
}

/* No earlier event of the lane has anything queued, and no other one runs. */
bool
lane_is_free(uint64_t number)
{
	const struct webhook *e = event_of(number);

	for (size_t i = 0; e->lane != 0 && i < m.nactive; i++) {
		const struct webhook *other = event_of(m.active[i]);

		if (m.active[i] == number || other->lane != e->lane || other->source != e->source)
			continue;
		if (m.active[i] < number)
			return false;
		for (int h = 0; h < HOOKS; h++)
			if (other->d[h].running || other->d[h].ended)
				return false;
	}
	return true;
}

/* As first_of(); WAS_FREE: among those whose lanes were free before the order under way. */
static uint64_t
first_among(int hook, bool was_free)
{
	uint64_t best = 0;

	for (size_t i = 0; i < m.nactive; i++) {
		const struct webhook *event = event_of(m.active[i]);
		const struct task *d = &event->d[hook];

		if (!d->exists || d->state != DELIVERY_QUEUED || d->running || d->ended || d->next_ms > m.now_ms ||
		    (was_free && !event->was_free) || (best != 0 && event_of(best)->d[hook].next_ms <= d->next_ms) ||
		    !lane_is_free(m.active[i]))
			continue;
		best = m.active[i];
	}
	return best;
}

uint64_t
first_of(int hook)
{
	return first_among(hook, false);
}

void
note_free(void)
{
	for (size_t i = 0; i < m.nactive; i++)
		event_of(m.active[i])->was_free = lane_is_free(m.active[i]);
}

/*
 * A place is free as soon as its process has ended, but the lane only when that is on disk: whose lane was busy may find its place taken by
 * one that is due later.
 */
bool
is_due_before(int hook, uint64_t number)
{
	uint64_t first = first_among(hook, true);

	return first != 0 && first != number && event_of(first)->d[hook].next_ms <= event_of(number)->d[hook].next_ms &&
	    (event_of(number)->was_free || event_of(first)->d[hook].next_ms < event_of(number)->d[hook].next_ms);
}

/* What ran is queued again; failures are counted anew; what an operator suspended stays so. */
void
forget_runs(void)
{
	for (size_t i = 0; i < m.nactive; i++)
		for (int h = 0; h < HOOKS; h++)
			event_of(m.active[i])->d[h].running = event_of(m.active[i])->d[h].ended = false;
	m.running = m.unstored = 0;
	for (int h = 0; h < HOOKS; h++)
		m.hooks[h] = (struct program){.there = hook_is_in(m.form, h), .by_hand = m.hooks[h].by_hand};
}

/* The scheduler forgets what nothing runs of. */
void
use_form(int form)
{
	m.form = form;
	for (int h = 0; h < HOOKS; h++) {
		struct program *hook = &m.hooks[h];

		hook->there = hook_is_in(form, h);
		if (hook->there || hook->running > 0 || hook->unstored > 0)
			continue;
		hook->suspended = hook->held = false;
		hook->failures = hook->probes = 0;
	}
}

static void
make_room(void)
{
	if (m.n + 1 < m.room)
		return;
	m.events = enlarge(m.events, (m.room + 4096) * sizeof m.events[0]);
	memset(m.events + m.room, 0, 4096 * sizeof m.events[0]);
	m.room += 4096;
}

void
add_webhook(uint64_t number, const struct webhook *said)
{
	struct webhook *e;

	if (number != m.n + 1)
		fail("event %llu is stored as %llu", (unsigned long long)m.n + 1, (unsigned long long)number);
	make_room();
	m.n = number;
	e = event_of(number);
	*e = (struct webhook){.received_ms = m.now_ms,
	    .ended_ms = m.now_ms,
	    .id = said->id,
	    .guard = said->guard,
	    .source = said->source,
	    .type = said->type,
	    .lane = said->lane,
	    .rejected = said->rejected};
	m.rejected += e->rejected;
	if (e->rejected)
		return;
	m.kept++;
	for (int h = 0; h < HOOKS; h++) {
		if (!hook_takes(m.form, h, e->source, e->type))
			continue;
		set_state(&e->d[h], DELIVERY_QUEUED);
		e->d[h].next_ms = m.now_ms;
	}
	e->unhandled = !is_active(e);
	m.unhandled += e->unhandled;
	note_active(number);
}

void
forget_event(uint64_t number)
{
	struct webhook *e = event_of(number);

	for (int h = 0; h < HOOKS; h++) {
		if (e->d[h].exists)
			m.counts[e->d[h].state]--;
		e->d[h].exists = false;
	}
	m.unhandled -= e->unhandled;
	m.counts[DELIVERY_DROPPED] -= e->dropped_unhandled;
	e->unhandled = e->dropped_unhandled = false;
	e->gone = true;
	m.kept -= !e->rejected;
	m.rejected -= e->rejected;
}

bool
must_be_there(const struct webhook *e)
{
	return is_active(e) || m.now_ms - e->received_ms <= KEEP_MS || (e->late && m.now_ms - e->ended_ms <= KEEP_MS);
}

bool
must_be_gone(const struct webhook *e, uint64_t longer_ms)
{
	if (is_active(e) || m.now_ms - e->received_ms <= KEEP_MS + longer_ms)
		return false;
	/* A late one may wait behind others that ended before it was looked at, and later than it. */
	return (!e->late && !e->maybe_late) || m.now_ms - e->ended_ms > 2 * KEEP_MS + longer_ms;
}

void
note_late(uint64_t longer_ms)
{
	for (size_t i = 0; i < m.nactive; i++) {
		struct webhook *e = event_of(m.active[i]);

		e->late |= m.now_ms - e->received_ms > KEEP_MS + longer_ms;
		e->maybe_late |= m.now_ms - e->received_ms > KEEP_MS;
	}
}
