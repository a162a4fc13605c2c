/* Slots, and the limits that hold among them. */
#include "slot.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../conf/conf.h"
#include "../lib/clock.h"
#include "../lib/log.h"
#include "binding.h"

struct slot *
slots_named(const struct slots *slots, const char *identity)
{
	for (size_t i = 0; i < slots->n; i++)
		if (strcmp(slots->all[i]->identity, identity) == 0)
			return slots->all[i];
	return NULL;
}

static size_t
hooks_of(const struct conf *conf)
{
	size_t n = 0;

	for (size_t i = 0; i < conf->nsources; i++)
		n += conf->sources[i].nhooks;
	return n;
}

uint64_t
slots_suspended(struct spool *spool, const char *identity)
{
	uint64_t since_ms;

	if (spool_suspended(spool, identity, &since_ms) == 0)
		return since_ms;
	if (errno == ENOENT)
		return 0;
	log_error("%s: can't read whether it is suspended: %s; it is, until an operator resumes it", identity,
	    strerror(errno));
	return clock_wall_ms();
}

/* One that an operator has suspended is, in every configuration that has it. */
static struct slot *
slot_new(const char *identity, struct spool *spool)
{
	struct slot *slot = calloc(1, sizeof *slot);

	if (slot == NULL)
		return NULL;
	strcpy(slot->identity, identity);
	slot->suspension.by_hand_ms = slots_suspended(spool, identity);
	slot->suspension.by_hand = slot->suspension.by_hand_ms != 0;
	return slot;
}

/* The slot of the hook: the one it has, or a new one. */
static struct slot *
slot_for(const struct slots *slots, const struct source *source, const struct hook *hook, struct spool *spool)
{
	char identity[SPOOL_HOOK_MAX + 1];
	struct slot *slot;

	binding_identity(identity, source, hook);
	slot = slots_named(slots, identity);
	return slot != NULL ? slot : slot_new(identity, spool);
}

static bool
contains(struct slot *const *all, size_t n, const struct slot *slot)
{
	for (size_t i = 0; i < n; i++)
		if (all[i] == slot)
			return true;
	return false;
}

/* Those of the old slots that are not among the N new ones: kept behind them as long as they run, freed otherwise. */
static size_t
retire(const struct slots *old, struct slot **all, size_t n)
{
	size_t kept = n;

	for (size_t i = 0; i < old->n; i++) {
		struct slot *slot = old->all[i];

		if (contains(all, n, slot))
			continue;
		if (slot->running == 0 && slot->unstored == 0) {
			free(slot);
			continue;
		}
		slot->hook = NULL;
		slot->source = NULL;
		all[kept++] = slot;
	}
	return kept;
}

int
slots_take(struct slots *slots, const struct conf *conf, struct spool *spool)
{
	struct slot **all = calloc(hooks_of(conf) + slots->n + 1, sizeof *all);
	size_t n = 0;

	for (size_t i = 0; all != NULL && i < conf->nsources; i++)
		for (size_t j = 0; j < conf->sources[i].nhooks; j++)
			if ((all[n] = slot_for(slots, &conf->sources[i], &conf->sources[i].hooks[j], spool)) != NULL)
				n++;
	if (all == NULL || n < hooks_of(conf)) {
		for (size_t i = 0; i < n; i++)
			if (!contains(slots->all, slots->n, all[i]))
				free(all[i]);
		free(all);
		return -1;
	}
	n = 0;
	for (size_t i = 0; i < conf->nsources; i++)
		for (size_t j = 0; j < conf->sources[i].nhooks && all[n] != NULL /* none is missing */; j++, n++) {
			all[n]->hook = &conf->sources[i].hooks[j];
			all[n]->source = &conf->sources[i];
			slot_wake(all[n], 0);
		}
	n = retire(slots, all, n);
	free(slots->all);
	*slots = (struct slots){all, n, 0};
	return 0;
}

void
slots_clear(struct slots *slots)
{
	for (size_t i = 0; i < slots->n; i++)
		free(slots->all[i]);
	free(slots->all);
	*slots = (struct slots){NULL, 0, 0};
}

/* Runs at all, runs of a source, hooks of which nothing runs. */
struct load {
	unsigned running, of_source, idle;
};

static struct load
load_without(const struct slots *slots, const struct slot *self)
{
	struct load load = {0, 0, 0};

	for (size_t i = 0; i < slots->n; i++) {
		const struct slot *slot = slots->all[i];

		load.running += slot->running;
		if (slot->source == self->source)
			load.of_source += slot->running;
		load.idle += slot != self && slot->hook != NULL && slot->running == 0;
	}
	return load;
}

static bool
within_limits(const struct slots *slots, const struct slot *slot, unsigned max_running)
{
	struct load load = load_without(slots, slot);
	unsigned reserve = load.idle < max_running / 2 ? load.idle : max_running / 2;

	if (slot->hook->max_running != 0 && slot->running >= slot->hook->max_running)
		return false;
	if (slot->source->max_running != 0 && load.of_source >= slot->source->max_running)
		return false;
	return load.running + (slot->running > 0 ? reserve : 0) < max_running;
}

void
slot_wake(struct slot *slot, uint64_t due_ms)
{
	if (due_ms < slot->next_ms)
		slot->next_ms = due_ms;
	if (due_ms <= slot->at_ms)
		slot->at_ms = slot->at_number = 0;
}

/* When it has something to start. */
static uint64_t
slot_ready(const struct slot *slot)
{
	uint64_t until = suspension_until(&slot->suspension, slot->running);

	if (slot->hook == NULL)
		return SLOT_NEVER;
	return slot->next_ms > until ? slot->next_ms : until;
}

struct slot *
slots_next(struct slots *slots, unsigned max_running, uint64_t now)
{
	for (size_t i = 0; i < slots->n; i++) {
		struct slot *slot = slots->all[(slots->round + i) % slots->n];

		if (slot_ready(slot) <= now && within_limits(slots, slot, max_running)) {
			slots->round = (slots->round + i + 1) % slots->n;
			return slot;
		}
	}
	return NULL;
}

uint64_t
slots_due(const struct slots *slots, uint64_t now)
{
	uint64_t next = SLOT_NEVER;

	for (size_t i = 0; i < slots->n; i++) {
		uint64_t ready = slot_ready(slots->all[i]);

		if (ready > now && ready < next)
			next = ready;
	}
	return next;
}

void
slots_unblock(struct slots *slots)
{
	for (size_t i = 0; i < slots->n; i++)
		if (slots->all[i]->blocked) {
			slots->all[i]->blocked = false;
			slot_wake(slots->all[i], 0);
		}
}
