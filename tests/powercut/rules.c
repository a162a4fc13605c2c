/* INTERNALS, "What is true at every commit", by its numbers. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/lib/wire.h"
#include "../../src/spool/spool_private.h"
#include "census.h"
#include "walk.h"
#include "wrong.h"

struct judging {
	const struct census *census;
	size_t matched;
};

static bool
is_first_of_lane(const struct census *census, const struct census_event *e)
{
	for (size_t i = 0; e->has_lane && i < census->n && census->events[i].number < e->number; i++)
		if (census->events[i].queued > 0 && strcmp(census->events[i].lane, e->lane) == 0 &&
		    strcmp(census->events[i].source, e->source) == 0)
			return false;
	return true;
}

/* 4: a row of due is of a queued delivery whose turn it is. */
static void
judge_due_row(void *argument, const struct walk_row *row)
{
	const struct judging *judging = argument;
	const char *hook = row->key.bytes;
	const unsigned char *rest = (const unsigned char *)hook + strnlen(hook, row->key.len) + 1;
	uint64_t when = walk_u64(rest), number = walk_u64(rest + 8);
	const struct census_event *e = census_find(judging->census, number);

	for (int i = 0; e != NULL && i < e->n; i++) {
		const struct delivery *d = &e->deliveries[i].delivery;

		if (strcmp(e->deliveries[i].hook, hook) == 0 && d->state == DELIVERY_QUEUED && d->next_ms == when &&
		    is_first_of_lane(judging->census, e))
			return;
	}
	wrong("rule 4: event %llu is in due for %s, and may not run then", (unsigned long long)number, hook);
}

static void
judge_due(const struct census *census, const struct spool *spool)
{
	struct judging judging = {census, 0};
	size_t rows = walk_table(spool->due.table, judge_due_row, &judging), expected = 0;

	for (size_t i = 0; i < census->n; i++)
		if (census->events[i].queued > 0 && is_first_of_lane(census, &census->events[i]))
			expected += (size_t)census->events[i].queued;
	if (rows != expected)
		wrong("rule 4: due has %zu rows where %zu deliveries may run", rows, expected);
}

/* 5 */
static void
judge_lane_row(void *argument, const struct walk_row *row)
{
	const struct judging *judging = argument;
	const char *source = row->key.bytes, *lane = source + strlen(source) + 1;
	uint64_t number = walk_u64((const unsigned char *)row->key.bytes + row->key.len - 8);
	const struct census_event *e = census_find(judging->census, number);

	if (e == NULL || e->queued == 0 || strcmp(e->source, source) != 0 || strcmp(e->lane, lane) != 0)
		wrong("rule 5: event %llu is in lane %s/%s, and has nothing left to run there",
		    (unsigned long long)number, source, lane);
}

static void
judge_lanes(const struct census *census, const struct spool *spool)
{
	struct judging judging = {census, 0};
	size_t rows = walk_table(spool->lane, judge_lane_row, &judging), expected = 0;

	for (size_t i = 0; i < census->n; i++)
		expected += census->events[i].has_lane && census->events[i].queued > 0;
	if (rows != expected)
		wrong("rule 5: lane has %zu rows where %zu events wait in one", rows, expected);
}

/* 6 */
static void
judge_attempts(const struct census_event *e)
{
	for (int i = 0; i < e->n; i++) {
		uint32_t all = e->deliveries[i].delivery.attempts_all;

		if (e->deliveries[i].attempts != (all < SPOOL_ATTEMPTS_KEPT ? all : SPOOL_ATTEMPTS_KEPT))
			wrong("rule 6: event %llu has %u attempts for %s on record, of %u",
			    (unsigned long long)e->number, e->deliveries[i].attempts, e->deliveries[i].hook,
			    (unsigned)all);
	}
}

static void
count_event(uint64_t count[COUNTERS], const struct census_event *e)
{
	static const enum generation_counter of[] = {[DELIVERY_QUEUED] = COUNT_QUEUED,
	    [DELIVERY_DONE] = COUNT_DONE,
	    [DELIVERY_DEAD] = COUNT_DEAD,
	    [DELIVERY_DROPPED] = COUNT_DROPPED};

	count[e->kind == EVENT_REJECTED ? COUNT_REJECTED : COUNT_EVENTS]++;
	count[COUNT_UNHANDLED] += e->kind == EVENT_ACCEPTED && e->n == 0;
	for (int i = 0; i < e->n; i++)
		count[of[e->deliveries[i].delivery.state]]++;
}

/* 7 */
static void
compare_counts(const uint64_t counted[COUNTERS], const struct generation *g)
{
	static const char *const words[] = {"events", "queued", "done", "dead", "dropped", "unhandled", "rejected"};

	for (int i = 0; i < COUNTERS; i++)
		if (counted[i] != g->now.count[i])
			wrong("rule 7: generation %u counts %llu %s, and has %llu", (unsigned)g->id,
			    (unsigned long long)g->now.count[i], words[i], (unsigned long long)counted[i]);
}

static void
judge_counters(const struct census *census, struct spool *spool)
{
	struct generations *gs = &spool->generations;
	uint64_t late[COUNTERS] = {0}, (*of)[COUNTERS] = calloc(gs->n, sizeof *of);

	for (size_t i = 0; of != NULL && i < census->n; i++) {
		const struct census_event *e = &census->events[i];
		size_t g = gs->n - 1;

		while (!e->late && gs->all[g]->first > e->number)
			g--;
		count_event(e->late ? late : of[g], e);
	}
	compare_counts(late, &gs->late);
	for (size_t i = 0; of != NULL && i < gs->n; i++)
		compare_counts(of[i], gs->all[i]);
	free(of);
}

/* 8 */
static void
judge_rejected_row(void *argument, const struct walk_row *row)
{
	const struct judging *judging = argument;
	const struct census_event *e = census_find(judging->census, walk_u64(row->key.bytes));

	if (e == NULL || e->kind != EVENT_REJECTED)
		wrong("rule 8: event %llu is in rejected, and is none", (unsigned long long)walk_u64(row->key.bytes));
}

static void
judge_rejected(const struct census *census, const struct spool *spool)
{
	struct judging judging = {census, 0};
	size_t rows = walk_table(spool->rejected, judge_rejected_row, &judging);

	if (rows != spool->counters.rejected || rows > spool->max_rejected)
		wrong("rule 8: rejected has %zu rows, of %llu that are counted and %u at most", rows,
		    (unsigned long long)spool->counters.rejected, spool->max_rejected);
}

/* A late event that has ended is remembered in order of that. */
static void
judge_late_row(void *argument, const struct walk_row *row)
{
	struct judging *judging = argument;
	uint64_t number = walk_u64((const unsigned char *)row->key.bytes + row->key.len - 8);
	const struct census_event *e = census_find(judging->census, number);

	if (e == NULL || !e->late)
		wrong("event %llu is in late, and is no late one", (unsigned long long)number);
	judging->matched += e->queued == 0;
}

static void
judge_late(const struct census *census, const struct spool *spool)
{
	struct judging judging = {census, 0};
	size_t expected = 0;

	walk_table(spool->late, judge_late_row, &judging);
	for (size_t i = 0; i < census->n; i++)
		expected += census->events[i].late && census->events[i].queued == 0;
	if (judging.matched < expected)
		wrong("%zu late events have ended, and late has %zu of them", expected, judging.matched);
}

static size_t
seen_key(char *out, const char *source, const char *key, size_t len)
{
	size_t n = strlen(source) + 1;

	memcpy(out, source, n);
	memcpy(out + n, key, len);
	out[n + len] = '\0';
	return n + len + 1;
}

/* The key's entries, of seen.00000000 or of the others. */
static const struct census_key *
find_key(const struct census *census, const char *key, bool late)
{
	size_t low = 0, high = census->nkeys;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = memcmp(census->keys[middle].key, key, sizeof census->keys[middle].key);

		if (order < 0 || (order == 0 && census->keys[middle].late < late))
			low = middle + 1;
		else
			high = middle;
	}
	return low < census->nkeys && census->keys[low].late == late &&
		memcmp(census->keys[low].key, key, sizeof census->keys[low].key) == 0
	    ? &census->keys[low]
	    : NULL;
}

/* 2, of one key. */
static void
judge_key(const struct census *census, const struct census_event *e, char origin)
{
	char part[32], key[sizeof census->keys[0].key] = {0}, id[16];
	const struct census_key *found, *late;
	size_t len = 0;

	snprintf(id, sizeof id, "w%u", (unsigned)e->serial);
	event_key_add(part, sizeof part, &len, origin, id, strlen(id));
	seen_key(key, e->source, part, len);
	found = find_key(census, key, false);
	late = find_key(census, key, true);
	if ((found == NULL && !e->late) || (found != NULL && found->number != e->number) ||
	    (e->late && (late == NULL || late->number != e->number)))
		wrong("rule 2: event %llu is there, and seen does not name it for w%u", (unsigned long long)e->number,
		    (unsigned)e->serial);
}

static void
judge_seen(const struct census *census, const struct spool *spool)
{
	const struct generations *gs = &spool->generations;

	for (size_t i = 1; i < census->nkeys; i++)
		if (memcmp(census->keys[i].key, census->keys[i - 1].key, sizeof census->keys[i].key) == 0 &&
		    census->keys[i].late == census->keys[i - 1].late)
			wrong("rule 2: two entries of seen for one key, of events %llu and %llu",
			    (unsigned long long)census->keys[i - 1].number, (unsigned long long)census->keys[i].number);
	for (size_t i = 0; i < census->nkeys; i++)
		if (census->keys[i].number >= census->next ||
		    (gs->n > 1 && census->keys[i].number >= gs->all[1]->first &&
			census_find(census, census->keys[i].number) == NULL))
			wrong("rule 2: seen names event %llu, which is not there",
			    (unsigned long long)census->keys[i].number);
	for (size_t i = 0; i < census->n; i++) {
		const struct census_event *e = &census->events[i];

		if (e->kind == EVENT_REJECTED)
			continue;
		judge_key(census, e, 's');
		if (e->source[0] == 'b')
			judge_key(census, e, EVENT_GUARD_ORIGIN);
	}
}

/* 1 */
static void
judge_numbers(const struct census *census)
{
	for (size_t i = 0; i < census->n; i++)
		if (census->events[i].number >= census->next ||
		    (i > 0 && census->events[i].number <= census->events[i - 1].number))
			wrong("rule 1: event %llu, where the next is to be %llu",
			    (unsigned long long)census->events[i].number, (unsigned long long)census->next);
}

void
census_judge(const struct census *census, struct spool *spool)
{
	judge_numbers(census);
	judge_seen(census, spool);
	judge_due(census, spool);
	judge_lanes(census, spool);
	for (size_t i = 0; i < census->n; i++)
		judge_attempts(&census->events[i]);
	judge_counters(census, spool);
	judge_rejected(census, spool);
	judge_late(census, spool);
}
