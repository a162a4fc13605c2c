/* In a process of its own, as Berkeley DB keeps something of each environment that it has opened. */
#include "check.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/conf/conf.h"
#include "../../src/protocol/submit.h"
#include "../../src/spool/spool.h"
#include "wrong.h"

#define SLACK_MS 4000	/* of a clock that runs 20 times as fast */
#define REJECTED_MAX 50 /* as the configuration says, and of those the newest: */
#define REJECTED_NEWEST 5
#define REPEATED 400 /* at least the last ones, and as many others */
#define NEW 20
#define DROPPED_OF 8 /* an operator drops events of these numbers alone: load.c */
#define DROPPED_REST 5

struct checking {
	const struct check *check;
	struct census census;
	struct spool *spool;
	struct conf conf;
};

static void
open_spool(struct checking *c)
{
	int lock = spool_lock(c->check->dir);

	if (lock == -1 || (c->spool = spool_open(&c->conf, lock)) == NULL)
		wrong("the spool can't be opened: %s", strerror(errno));
}

/* When the event came that the ack speaks of: a repeat makes it no younger.  0: nobody was told, so that it may be of any age. */
static uint64_t
came_ms(const struct check *check, const struct history_ack *ack)
{
	const struct history *h = check->history;

	if (ack->ack != SUBMIT_DUPLICATE)
		return ack->wall_ms;
	for (size_t i = 0; i < h->nacks; i++)
		if (h->acks[i].number == ack->number && h->acks[i].ack == SUBMIT_STORED)
			return h->acks[i].wall_ms;
	return 0;
}

/* Whether the age of what was acknowledged then is beyond doubt less than FOR_MS. */
static bool
is_young(const struct check *check, const struct history_ack *ack, uint64_t for_ms)
{
	return check->wall_ms < came_ms(check, ack) + for_ms - SLACK_MS;
}

/* So many of its runs have ended so. */
static unsigned
runs_ended(const struct check *check, uint64_t number, int64_t code)
{
	const struct history *h = check->history;
	unsigned n = 0;

	for (size_t i = 0; i < h->nruns; i++)
		n += h->runs[i].number == number && h->runs[i].real_ns <= check->real_ns &&
		    (code < 0 || h->runs[i].code == (uint64_t)code);
	return n;
}

/* What is old may be gone, but only if all of it has run. */
static bool
may_be_gone(const struct check *check, const struct history_ack *ack)
{
	static struct webhook w;
	const char *hooks[WEBHOOK_HOOKS_MAX];
	unsigned n;

	if (is_young(check, ack, check->keep_ms))
		return false;
	webhook_make(&w, check->load.seed, ack->serial);
	n = (unsigned)webhook_hooks(&w, hooks);
	return ack->number % DROPPED_OF == DROPPED_REST ||
	    runs_ended(check, ack->number, 0) + runs_ended(check, ack->number, 100) >= n;
}

static void
check_ack(const struct checking *c, const struct history_ack *ack)
{
	const struct census_event *e = census_find(&c->census, ack->number);

	if (e != NULL && e->serial != ack->serial)
		wrong("lost: webhook w%u was acknowledged as event %llu, which is w%u", (unsigned)ack->serial,
		    (unsigned long long)ack->number, (unsigned)e->serial);
	if (e == NULL && !may_be_gone(c->check, ack))
		wrong("lost: webhook w%u was acknowledged as event %llu, %lld ms before the cut", (unsigned)ack->serial,
		    (unsigned long long)ack->number, (long long)(c->check->wall_ms - ack->wall_ms));
}

static void
check_acks(const struct checking *c)
{
	const struct history *h = c->check->history;
	unsigned rejected = 0;

	for (size_t i = h->nacks; i-- > 0;) {
		const struct history_ack *ack = &h->acks[i];

		if (ack->step >= c->check->step)
			continue;
		if (ack->ack == SUBMIT_STORED || ack->ack == SUBMIT_DUPLICATE)
			check_ack(c, ack);
		else if (ack->ack == SUBMIT_KEPT && rejected++ < REJECTED_NEWEST &&
		    is_young(c->check, ack, c->check->keep_ms) && census_find(&c->census, ack->number) == NULL)
			wrong("lost: rejected webhook w%u was kept as event %llu", (unsigned)ack->serial,
			    (unsigned long long)ack->number);
	}
}

/* No webhook is two events. */
static void
check_doubled(const struct checking *c)
{
	uint64_t *seen = calloc((size_t)c->check->load.last + 1, sizeof *seen);

	for (size_t i = 0; seen != NULL && i < c->census.n; i++) {
		const struct census_event *e = &c->census.events[i];

		if (e->kind == EVENT_ACCEPTED && seen[e->serial] != 0)
			wrong("doubled: webhook w%u is event %llu and event %llu", (unsigned)e->serial,
			    (unsigned long long)seen[e->serial], (unsigned long long)e->number);
		seen[e->serial] = e->number;
	}
	free(seen);
}

/* It has ended only if its runs have. */
static void
check_runs(const struct checking *c)
{
	for (size_t i = 0; i < c->census.n; i++) {
		const struct census_event *e = &c->census.events[i];
		unsigned done = 0, dead = 0, attempts = 0;

		for (int j = 0; j < e->n; j++) {
			const struct delivery *d = &e->deliveries[j].delivery;

			done += d->state == DELIVERY_DONE;
			dead += d->state == DELIVERY_DEAD;
			attempts += d->attempts_all;
		}
		if ((done > 0 && runs_ended(c->check, e->number, 0) < done) ||
		    (dead > 0 && runs_ended(c->check, e->number, 100) < dead) ||
		    (attempts > 0 && runs_ended(c->check, e->number, -1) < attempts))
			wrong(
			    "event %llu has %u deliveries done, %u dead and %u attempts, and its hooks did not run so",
			    (unsigned long long)e->number, done, dead, attempts);
	}
}

/* What an operator was told has ended stays so. */
static void
check_told(const struct checking *c)
{
	const struct history *h = c->check->history;

	for (size_t i = 0; i < h->ntold; i++) {
		const struct history_told *told = &h->told[i];
		const struct census_event *e = census_find(&c->census, told->number);
		bool done = strcmp(told->state, "done") == 0;

		if (told->step >= c->check->step || e == NULL || (!done && strcmp(told->state, "dropped") != 0))
			continue;
		for (int j = 0; j < e->n; j++)
			if (e->deliveries[j].delivery.state != DELIVERY_DONE &&
			    (done || e->deliveries[j].delivery.state != DELIVERY_DROPPED))
				wrong("event %llu is not %s, and an operator was told so",
				    (unsigned long long)e->number, told->state);
	}
}

static enum spool_accept
submit(struct checking *c, uint32_t serial, uint64_t *number)
{
	static struct webhook w;
	const char *hooks[WEBHOOK_HOOKS_MAX];
	struct spool_submission submission = {&w.event, hooks, 0};
	enum spool_accept result;

	webhook_make(&w, c->check->load.seed, serial);
	submission.n = (size_t)webhook_hooks(&w, hooks);
	w.event.received_ms = c->check->wall_ms + 1000;
	if (spool_begin(c->spool) != 0)
		wrong("no transaction can be begun: %s", strerror(errno));
	if ((result = spool_accept(c->spool, &submission, w.event.received_ms, number)) == SPOOL_FAILED)
		wrong("webhook w%u can't be put: %s", (unsigned)serial, strerror(errno));
	if (spool_commit(c->spool) != 0)
		wrong("webhook w%u can't be committed: %s", (unsigned)serial, strerror(errno));
	return result;
}

static void
repeat(struct checking *c, const struct history_ack *ack)
{
	uint64_t number;

	if ((ack->ack != SUBMIT_STORED && ack->ack != SUBMIT_DUPLICATE) || ack->step >= c->check->step ||
	    !is_young(c->check, ack, c->check->dedup_ms))
		return;
	if (submit(c, ack->serial, &number) != SPOOL_DUPLICATE)
		wrong("doubled: webhook w%u was event %llu, and became another one, %llu, when it came again",
		    (unsigned)ack->serial, (unsigned long long)ack->number, (unsigned long long)number);
	if (number != ack->number)
		wrong("webhook w%u was event %llu, and is now said to be %llu", (unsigned)ack->serial,
		    (unsigned long long)ack->number, (unsigned long long)number);
}

static void
repeat_some(struct checking *c)
{
	const struct history *h = c->check->history;
	uint64_t chance = c->check->seed;
	size_t known = 0;

	while (known < h->nacks && h->acks[known].step < c->check->step)
		known++;
	for (size_t i = 0; i < REPEATED && i < known; i++) {
		repeat(c, &h->acks[known - 1 - i]);
		chance = webhook_mix(chance);
		repeat(c, &h->acks[chance % known]);
	}
}

/* They come behind all that the load ever sent. */
static void
accept_new(struct checking *c, uint32_t first)
{
	uint64_t number;

	for (uint32_t i = 0; i < NEW; i++)
		if (submit(c, first + i, &number) != SPOOL_STORED)
			wrong("a new webhook is said to be a duplicate of event %llu", (unsigned long long)number);
}

static void
retain(const struct checking *c)
{
	const struct spool_ages ages = {c->check->wall_ms + 2000, c->check->keep_ms, c->check->dedup_ms, true};

	for (int quiet = 0; quiet < 3;) {
		int more = spool_retain(c->spool, &ages);

		if (more < 0)
			wrong("what is old can't be forgotten: %s", strerror(errno));
		spool_wait(c->spool);
		quiet = more > 0 ? 0 : quiet + 1;
	}
}

static void
look_again(struct checking *c)
{
	const struct census_load load = {c->check->load.seed, c->check->load.last + 2 * NEW};

	census_free(&c->census);
	census_take(&c->census, c->spool, &load);
	census_judge(&c->census, c->spool);
}

void
check_image(const struct check *check)
{
	struct checking c = {.check = check,
	    .conf = {.spool = (char *)(uintptr_t)check->dir,
		.cache = 2u << 20,
		.page_journal = check->seed / 8 % 2 == 0 ? PAGE_JOURNAL_ON
							 : PAGE_JOURNAL_OFF, /* what it has is put back either way */
		.max_rejected = REJECTED_MAX,
		.min_free = check->seed % 4 == 0 ? 0 : UINT64_MAX / 2}};

	open_spool(&c);
	census_take(&c.census, c.spool, &check->load);
	census_judge(&c.census, c.spool);
	check_acks(&c);
	check_doubled(&c);
	check_runs(&c);
	check_told(&c);
	repeat_some(&c);
	accept_new(&c, check->load.last + 1);
	look_again(&c);
	if (check->seed / 4 % 2 == 0)
		retain(&c);
	spool_close(c.spool);
	open_spool(&c);
	look_again(&c);
	accept_new(&c, check->load.last + 1 + NEW);
	spool_close(c.spool);
	census_free(&c.census);
}

void
check_nothing(const struct check *check)
{
	for (size_t i = 0; i < check->history->nacks; i++)
		if (check->history->acks[i].step < check->step)
			wrong("lost: the directory of the spool is gone, and webhook w%u was acknowledged",
			    (unsigned)check->history->acks[i].serial);
}
