/* The oldest is the only one that may have lost events to "late": generations go one after another. */
#include "generation.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../lib/log.h"
#include "../lib/wire.h"
#include "pack.h"
#include "roster.h"

#define VERSION 1
#define RECORD_SIZE (1 + 3 * 8 + COUNTERS * 8)
#define LATE FILES_LATE
#define NAME "generation" /* of the records */

static uint64_t *
sum_of(struct generations *gs, enum generation_counter which)
{
	uint64_t *const sums[COUNTERS] = {
	    [COUNT_EVENTS] = &gs->sums->events,
	    [COUNT_QUEUED] = &gs->sums->queued,
	    [COUNT_DONE] = &gs->sums->done,
	    [COUNT_DEAD] = &gs->sums->dead,
	    [COUNT_DROPPED] = &gs->sums->dropped,
	    [COUNT_UNHANDLED] = &gs->sums->unhandled,
	    [COUNT_REJECTED] = &gs->sums->rejected,
	};

	return sums[which];
}

static int
record_put(struct generations *gs, const struct generation *g)
{
	struct spool_key key = roster_key(NAME, g->id);
	unsigned char value[RECORD_SIZE], *p = wire_put_u8(value, VERSION);

	p = wire_put_u64(p, g->first);
	p = wire_put_u64(p, g->began_ms);
	p = wire_put_u64(p, g->now.last_ms);
	for (int i = 0; i < COUNTERS; i++)
		p = wire_put_u64(p, g->now.count[i]);
	return store_put(gs->meta, spool_key_bytes(&key), (struct store_bytes){value, sizeof value});
}

static int
record_get(struct generation *g, const struct store_bytes *value)
{
	struct wire_reader r;
	uint8_t version;

	wire_reader_init(&r, value->bytes, value->len);
	version = wire_get_u8(&r);
	g->first = wire_get_u64(&r);
	g->began_ms = wire_get_u64(&r);
	g->now.last_ms = wire_get_u64(&r);
	for (int i = 0; i < COUNTERS; i++)
		g->now.count[i] = wire_get_u64(&r);
	if (!r.bad && r.at == r.end && version == VERSION)
		return 0;
	log_error("spool: the record of generation %u is not in a form this program knows", (unsigned)g->id);
	errno = ENOTSUP;
	return -1;
}

static void
generation_free(struct generations *gs, struct generation *g)
{
	if (g == NULL)
		return;
	files_close(&gs->files, g->table);
	free(g);
}

static struct generation *
generation_new(uint32_t id)
{
	struct generation *g = calloc(1, sizeof *g);

	if (g != NULL)
		g->id = id;
	return g;
}

/* For one more.  Returns 0, or -1 with errno. */
static int
make_room(struct generations *gs)
{
	struct generation **all;

	if (gs->n < gs->room)
		return 0;
	if ((all = realloc(gs->all, (gs->room + 16) * sizeof all[0])) == NULL)
		return -1;
	gs->all = all;
	gs->room += 16;
	return 0;
}

static void
add_up(struct generations *gs, const struct generation *g, int sign)
{
	for (int i = 0; i < COUNTERS; i++)
		*sum_of(gs, (enum generation_counter)i) += sign > 0 ? g->now.count[i] : -g->now.count[i];
}

/* Each begins with a later event than those before it. */
static bool
is_next(const struct generations *gs, const struct generation *g)
{
	if (gs->n == 0 || g->id == LATE || g->first > gs->all[gs->n - 1]->first)
		return true;
	log_error(
	    "spool: generation %u begins before the one before it: restore the spool from a backup", (unsigned)g->id);
	errno = EPROTO;
	return false;
}

static int
read_one(void *of, uint32_t id, const struct store_bytes *value)
{
	struct generations *gs = of;
	struct generation *g = id == LATE ? &gs->late : generation_new(id);

	if (g == NULL || make_room(gs) != 0 || record_get(g, value) != 0 || !is_next(gs, g)) {
		if (id != LATE)
			generation_free(gs, g);
		return -1;
	}
	add_up(gs, g, 1);
	if (id != LATE)
		gs->all[gs->n++] = g;
	return 0;
}

static int
begin_first(struct generations *gs, uint64_t next)
{
	if (files_prepare_now(&gs->files, 1) != 0 || store_begin(gs->store) != 0)
		return -1;
	if (generation_begin(gs, next, 0) != 0) {
		store_abort(gs->store);
		return -1;
	}
	if (store_commit(gs->store) != 0)
		return -1;
	generation_begun(gs);
	return 0;
}

static bool
is_known(const void *generations, uint32_t id)
{
	const struct generations *gs = generations;

	for (size_t i = 0; i < gs->n; i++)
		if (gs->all[i]->id == id)
			return true;
	return false;
}

int
generations_open(struct generations *gs, uint64_t next)
{
	const struct roster roster = {NAME, read_one, gs};

	gs->files = (struct files){.store = gs->store, .first = STORE_EVENT, .n = GENERATION_TABLES};
	if (roster_read(&roster, gs->meta) != 0 || files_remove_others(&gs->files, is_known, gs) != 0 ||
	    files_open(&gs->files, LATE, gs->late.table) != 0)
		return -1;
	for (size_t i = 0; i < gs->n; i++)
		if (files_open(&gs->files, gs->all[i]->id, gs->all[i]->table) != 0)
			return -1;
	return gs->n > 0 ? 0 : begin_first(gs, next);
}

void
generations_close(struct generations *gs)
{
	for (size_t i = 0; i < gs->n; i++)
		generation_free(gs, gs->all[i]);
	free(gs->all);
	gs->all = NULL;
	gs->n = gs->room = 0;
	free(gs->next);
	gs->next = NULL;
	files_close(&gs->files, gs->files.spare_table);
	files_close(&gs->files, gs->late.table);
}

/* Of those that are not late. */
static int
next_in_time(const struct generations *gs, uint64_t from, uint64_t *number)
{
	for (size_t i = 0; i < gs->n; i++) {
		if (i + 1 < gs->n && gs->all[i + 1]->first <= from)
			continue;
		if (pack_next(gs->all[i]->table[STORE_EVENT], from, number) == 0)
			return 0;
		if (errno != ENOENT)
			return -1;
	}
	errno = ENOENT;
	return -1;
}

int
generations_next(const struct generations *gs, uint64_t from, uint64_t *number)
{
	uint64_t late;

	if (gs->late.now.count[COUNT_EVENTS] == 0)
		return next_in_time(gs, from, number);
	if (pack_next(gs->late.table[STORE_EVENT], from, &late) != 0)
		return errno == ENOENT ? next_in_time(gs, from, number) : -1;
	if (next_in_time(gs, from, number) == 0)
		*number = late < *number ? late : *number;
	else if (errno == ENOENT)
		*number = late;
	else
		return -1;
	return 0;
}

struct generation *
generation_newest(const struct generations *gs)
{
	return gs->all[gs->n - 1];
}

/* Whether the event, of which the number says that it would be in the oldest generation, has moved. */
static bool
has_moved(struct generations *gs, uint64_t number)
{
	return gs->late.now.count[COUNT_EVENTS] > 0 && pack_has_single(gs->late.table[STORE_EVENT], number) == 1;
}

struct generation *
generation_of(struct generations *gs, uint64_t number)
{
	size_t low = 0, high = gs->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (gs->all[middle]->first <= number)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == 0 || (low == 1 && has_moved(gs, number)))
		return &gs->late;
	return gs->all[low - 1];
}

static void
touch(struct generation *g)
{
	if (!g->touched)
		g->before = g->now;
	g->touched = true;
}

void
generation_count(struct generations *gs, struct generation *g, enum generation_counter which, int64_t by)
{
	touch(g);
	g->now.count[which] += (uint64_t)by;
	*sum_of(gs, which) += (uint64_t)by;
}

void
generation_came(struct generation *g, uint64_t now_ms)
{
	touch(g);
	g->now.last_ms = now_ms;
}

static struct generation *
at(struct generations *gs, size_t i)
{
	return i < gs->n ? gs->all[i] : &gs->late;
}

int
generations_put(struct generations *gs)
{
	for (size_t i = 0; i <= gs->n; i++)
		if (at(gs, i)->touched && record_put(gs, at(gs, i)) != 0)
			return -1;
	return 0;
}

void
generations_settle(struct generations *gs, bool committed)
{
	for (size_t i = 0; i <= gs->n; i++) {
		struct generation *g = at(gs, i);

		if (g->touched && !committed)
			g->now = g->before;
		g->touched = false;
	}
}

void
generations_prepare(struct generations *gs)
{
	files_prepare(&gs->files, generation_newest(gs)->id + 1);
}

int
generation_begin(struct generations *gs, uint64_t first, uint64_t now_ms)
{
	if (make_room(gs) != 0 || (gs->next == NULL && (gs->next = generation_new(gs->files.spare)) == NULL))
		return -1;
	gs->next->first = first;
	gs->next->began_ms = now_ms;
	return record_put(gs, gs->next);
}

void
generation_begun(struct generations *gs)
{
	files_take(&gs->files, gs->next->table);
	gs->all[gs->n++] = gs->next;
	gs->next = NULL;
}

int
generation_forget(struct generations *gs)
{
	struct spool_key key = roster_key(NAME, gs->all[0]->id);

	add_up(gs, gs->all[0], -1);
	return store_delete(gs->meta, spool_key_bytes(&key));
}

void
generation_forgotten(struct generations *gs)
{
	struct generation *g = gs->all[0];
	uint32_t id = g->id;

	memmove(gs->all, gs->all + 1, --gs->n * sizeof gs->all[0]);
	generation_free(gs, g);
	files_remove(&gs->files, id);
}
