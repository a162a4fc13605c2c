/*
 * What an operator mends.  What is running is never touched: its outcome is on its way.
 */
#include "event_repair.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "../conf/conf.h"
#include "../lib/clock.h"
#include "../protocol/event.h"
#include "../spool/spool.h"
#include "batch.h"
#include "binding.h"
#include "schedule.h"
#include "spooler.h"
#include "state.h"

#define LOOKED_MAX 2000 /* events looked at in one transaction, */
#define CHANGED_MAX 500 /* and deliveries changed: some ms that webhooks wait */

/* One event under repair. */
struct work {
	struct spooler *spooler;
	const struct event_repair *repair;
	struct event event;
	struct spool_repair one; /* its HOOK goes from delivery to delivery */
	struct spool_delivery all[SPOOL_DELIVERIES_MAX];
	int n, changed;
};

static bool
hook_fits(const struct event_repair *repair, const char *identity)
{
	const char *title = strchr(identity, '/');

	return repair->hook == NULL || strcmp(repair->hook, identity) == 0 ||
	    (title != NULL && strcmp(repair->hook, title + 1) == 0);
}

static bool
delivery_fits(const struct work *work, const struct spool_delivery *d, enum event_state state)
{
	return hook_fits(work->repair, d->hook) && state_fits(work->repair->state, state);
}

static bool
has_delivery(const struct work *work, const char *hook)
{
	for (int i = 0; i < work->n; i++)
		if (strcmp(work->all[i].hook, hook) == 0)
			return true;
	return false;
}

/* The hooks that the configuration has for the event now, and the event has no delivery for. */
static void
missing_hooks(const struct work *work, bool only_fitting, struct binding *missing)
{
	const struct source *source = binding_source(work->spooler->conf, &work->event);
	struct binding now = {.n = 0};

	missing->n = 0;
	if (source != NULL)
		binding_hooks(source, &work->event, &now);
	for (size_t i = 0; i < now.n; i++)
		if (!has_delivery(work, now.identity[i]) && (!only_fitting || hook_fits(work->repair, now.identity[i])))
			strcpy(missing->identity[missing->n++], now.identity[i]);
}

static int
bind_missing(struct work *work, const struct binding *missing)
{
	const char *hooks[SPOOL_DELIVERIES_MAX];

	for (size_t i = 0; i < missing->n; i++)
		hooks[i] = missing->identity[i];
	work->changed += (int)missing->n;
	return missing->n == 0 ? 0 : spool_bind(work->spooler->spool, &work->one, hooks, missing->n);
}

/* Deliveries whose hook the configuration no longer has make way for those it has instead, if there are any. */
static int
replace_vanished(struct work *work)
{
	struct binding missing;

	missing_hooks(work, false, &missing);
	if (missing.n == 0)
		return 0;
	if (bind_missing(work, &missing) != 0)
		return -1;
	for (int i = 0; i < work->n; i++) {
		const struct spool_delivery *d = &work->all[i];

		if (binding_exists(work->spooler->conf, d->hook) || d->delivery.state == DELIVERY_DONE ||
		    !delivery_fits(work, d, state_of_delivery(work->spooler, work->one.number, d)) ||
		    schedule_running(work->spooler->schedule, work->one.number, d->hook))
			continue;
		work->one.hook = d->hook;
		if (spool_unbind(work->spooler->spool, &work->one) != 0)
			return -1;
	}
	return 0;
}

static int
retry(struct work *work)
{
	bool vanished = false;

	if (work->n == 0) {
		struct binding missing;

		missing_hooks(work, true, &missing);
		return state_fits(work->repair->state, STATE_UNHANDLED) ? bind_missing(work, &missing) : 0;
	}
	for (int i = 0; i < work->n; i++) {
		const struct spool_delivery *d = &work->all[i];
		enum event_state state = state_of_delivery(work->spooler, work->one.number, d);

		if (!delivery_fits(work, d, state) || state == STATE_RUNNING ||
		    (d->delivery.state == DELIVERY_DONE && !work->repair->force))
			continue;
		if (!binding_exists(work->spooler->conf, d->hook)) {
			vanished |= d->delivery.state != DELIVERY_DONE;
			continue;
		}
		work->one.hook = d->hook;
		if (spool_requeue(work->spooler->spool, &work->one) != 0)
			return -1;
		work->changed++;
	}
	return vanished ? replace_vanished(work) : 0;
}

/* An unhandled event has no delivery that could be dropped; one under the source's name alone stands for it. */
static int
drop_unhandled(struct work *work)
{
	char identity[SPOOL_HOOK_MAX + 1];

	if (work->repair->hook != NULL || !state_fits(work->repair->state, STATE_UNHANDLED))
		return 0;
	snprintf(
	    identity, sizeof identity, "%.*s/", (int)work->event.len[EVENT_SOURCE], work->event.text[EVENT_SOURCE]);
	work->one.hook = identity;
	work->changed++;
	return spool_drop(work->spooler->spool, &work->one);
}

static int
drop(struct work *work, bool one)
{
	if (work->n == 0)
		return drop_unhandled(work);
	for (int i = 0; i < work->n; i++) {
		const struct spool_delivery *d = &work->all[i];
		enum event_state state = state_of_delivery(work->spooler, work->one.number, d);

		if (!delivery_fits(work, d, state) || d->delivery.state == DELIVERY_DONE ||
		    d->delivery.state == DELIVERY_DROPPED)
			continue;
		if (state == STATE_RUNNING) {
			if (!one)
				continue;
			errno = EBUSY;
			return -1;
		}
		work->one.hook = d->hook;
		if (spool_drop(work->spooler->spool, &work->one) != 0)
			return -1;
		work->changed++;
	}
	return 0;
}

/* In the caller's transaction.  Returns how many deliveries were changed, or -1 with errno. */
static int
repair_event(struct spooler *spooler, const struct event_repair *repair, uint64_t number, bool one)
{
	struct work work = {.spooler = spooler, .repair = repair};
	int failed;

	if (spool_event_head(spooler->spool, number, &work.event) != 0)
		return -1;
	if (work.event.kind != EVENT_ACCEPTED) {
		errno = work.event.kind == EVENT_REJECTED ? EINVAL : ENOENT;
		return -1;
	}
	if (!event_filter_fits(&repair->events, &work.event))
		return 0;
	work.one = (struct spool_repair){number, NULL, clock_wall_ms()};
	if ((work.n = spool_deliveries(spooler->spool, number, work.all, SPOOL_DELIVERIES_MAX)) < 0)
		return -1;
	if (!event_filter_fits_runs(&repair->events, spooler->spool, &(struct event_runs){number, work.all, work.n}))
		return 0;
	failed = repair->verb == REPAIR_RETRY ? retry(&work) : drop(&work, one);
	return failed != 0 ? -1 : work.changed;
}

/* A transaction is over: what was changed in it stays, or was only to be counted. */
static int
end(struct spooler *spooler, const struct event_repair *repair, int changed)
{
	int why = errno;

	if (!repair->dry || changed < 0)
		return batch_end(spooler->batch, changed);
	batch_end(spooler->batch, -1);
	errno = why;
	return changed;
}

static bool
is_in_range(struct spooler *spooler, const struct event_repair *repair, uint64_t number)
{
	uint64_t first, beyond;

	event_filter_range(&repair->events, spooler->spool, &first, &beyond);
	return number >= first && number < beyond;
}

int
event_repair_one(struct spooler *spooler, const struct event_repair *repair, uint64_t number)
{
	if (batch_begin(spooler->batch) != 0)
		return -1;
	return end(
	    spooler, repair, is_in_range(spooler, repair, number) ? repair_event(spooler, repair, number, true) : 0);
}

/* The next event from FROM on, before BEYOND, that can have what is looked for.  Returns 1, 0: there is none, or -1 with errno. */
static int
next_event(struct spooler *spooler, const struct event_repair *repair, uint64_t from, uint64_t beyond, uint64_t *number)
{
	if (!spool_may_have(spooler->spool, event_filter_counted(repair->state), false, &from))
		return 0;
	if (spool_next(spooler->spool, from, number) != 0)
		return errno == ENOENT ? 0 : -1;
	return *number < beyond;
}

static int
repair_events(struct spooler *spooler, const struct event_repair *repair, uint64_t *from)
{
	uint64_t first, beyond, number;
	int changed = 0;

	event_filter_range(&repair->events, spooler->spool, &first, &beyond);
	if (*from < first)
		*from = first;
	for (int looked = 0; looked < LOOKED_MAX && changed < CHANGED_MAX; looked++) {
		int n = next_event(spooler, repair, *from, beyond, &number);

		if (n <= 0) {
			*from = 0;
			return n < 0 ? -1 : changed;
		}
		n = repair_event(spooler, repair, number, false);
		if (n < 0 && errno != EINVAL && errno != ENOENT)
			return -1;
		changed += n < 0 ? 0 : n;
		*from = number + 1;
	}
	return changed;
}

int
event_repair_all(struct spooler *spooler, const struct event_repair *repair, uint64_t *from)
{
	return batch_begin(spooler->batch) != 0 ? -1 : end(spooler, repair, repair_events(spooler, repair, from));
}
