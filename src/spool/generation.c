/* The oldest is the only one that may have lost events to "late": generations go one after another. */
#include "generation.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../lib/log.h"
#include "../lib/wire.h"
#include "spool_key.h"
#include "store_thread.h"

#define VERSION 1
#define RECORD_SIZE (1 + 3 * 8 + COUNTERS * 8)
#define LATE 0

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

static struct spool_key
record_key(uint32_t id)
{
	struct spool_key key;

	key.len = 0;
	spool_key_text(&key, "generation", strlen("generation"));
	spool_key_u64(&key, id);
	return key;
}

static int
record_put(struct generations *gs, const struct generation *g)
{
	struct spool_key key = record_key(g->id);
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

/* Returns 0, or -1 with errno; what is open then, tables_close() closes. */
static int
tables_open(struct store *store, struct generation *g)
{
	for (int i = 0; i < GENERATION_TABLES; i++)
		if (g->table[i] == NULL && (g->table[i] = store_table_open(store, (enum store_kind)i, g->id)) == NULL)
			return -1;
	return 0;
}

static void
tables_close(struct generation *g)
{
	for (int i = 0; i < GENERATION_TABLES; i++) {
		store_table_close(g->table[i]);
		g->table[i] = NULL;
	}
}

static void
generation_free(struct generation *g)
{
	if (g == NULL)
		return;
	tables_close(g);
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

static int
read_one(struct generations *gs, uint32_t id, const struct store_bytes *value)
{
	struct generation *g = id == LATE ? &gs->late : generation_new(id);

	if (g == NULL || make_room(gs) != 0 || record_get(g, value) != 0) {
		if (id != LATE)
			generation_free(g);
		return -1;
	}
	add_up(gs, g, 1);
	if (id != LATE)
		gs->all[gs->n++] = g;
	return 0;
}

static int
read_all(struct generations *gs)
{
	struct spool_key from = record_key(LATE);
	size_t prefix = from.len - 8;
	struct store_entry entry;

	while (store_seek(gs->meta, spool_key_bytes(&from), &entry) == 0) {
		struct wire_reader r;
		uint64_t id;

		if (entry.key.len != from.len || memcmp(entry.key.bytes, from.bytes, prefix) != 0)
			return 0;
		wire_reader_init(&r, (const unsigned char *)entry.key.bytes + prefix, 8);
		id = wire_get_u64(&r);
		if (read_one(gs, (uint32_t)id, &entry.value) != 0)
			return -1;
		from = record_key((uint32_t)id + 1);
	}
	return errno == ENOENT ? 0 : -1;
}

static int
begin_first(struct generations *gs, uint64_t next)
{
	if ((gs->spare = generation_new(1)) == NULL || tables_open(gs->store, gs->spare) != 0 ||
	    store_begin(gs->store) != 0)
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

/* What a file is of, when no record names it. */
struct orphan {
	const struct generations *gs;
	enum store_kind kind;
	uint32_t id;
};

static int
find_orphan(void *context, enum store_kind kind, uint32_t id, const char *suffix)
{
	struct orphan *orphan = context;
	const struct generations *gs = orphan->gs;

	if (kind >= GENERATION_TABLES || id == LATE || *suffix != '\0')
		return 0;
	for (size_t i = 0; i < gs->n; i++)
		if (gs->all[i]->id == id)
			return 0;
	orphan->kind = kind;
	orphan->id = id;
	return 1;
}

/* A crash came between a record and its files, or a spare one was left. */
static int
remove_orphans(struct generations *gs)
{
	struct orphan orphan = {.gs = gs};
	int found;

	while ((found = store_files(gs->store, find_orphan, &orphan)) == 1)
		if (store_table_remove(gs->store, orphan.kind, orphan.id) != 0)
			return -1;
	return found;
}

int
generations_open(struct generations *gs, uint64_t next)
{
	if (read_all(gs) != 0 || remove_orphans(gs) != 0 || tables_open(gs->store, &gs->late) != 0)
		return -1;
	for (size_t i = 0; i < gs->n; i++)
		if (tables_open(gs->store, gs->all[i]) != 0)
			return -1;
	return gs->n > 0 ? 0 : begin_first(gs, next);
}

void
generations_close(struct generations *gs)
{
	for (size_t i = 0; i < gs->n; i++)
		generation_free(gs->all[i]);
	free(gs->all);
	gs->all = NULL;
	gs->n = gs->room = 0;
	generation_free(gs->spare);
	gs->spare = NULL;
	tables_close(&gs->late);
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
	struct spool_key key;

	if (gs->late.now.count[COUNT_EVENTS] == 0)
		return false;
	key.len = 0;
	spool_key_u64(&key, number);
	return store_has(gs->late.table[STORE_EVENT], spool_key_bytes(&key)) == 1;
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

struct making {
	struct store_job job;
	struct generations *gs;
	struct store *store;
	struct generation *g;
	bool made;
};

static void
make(struct store_job *job)
{
	struct making *making = (struct making *)job;

	making->made = tables_open(making->store, making->g) == 0 && store_flush_directory(making->store) == 0;
}

static void
made(struct store_job *job)
{
	struct making *making = (struct making *)job;
	struct generations *gs = making->gs;

	gs->jobs--;
	gs->making = false;
	if (making->made)
		gs->spare = making->g;
	else
		generation_free(making->g); /* it is tried again; what is there of it is opened then */
	free(making);
}

void
generations_prepare(struct generations *gs)
{
	struct making *making;

	if (gs->spare != NULL || gs->making || (making = calloc(1, sizeof *making)) == NULL)
		return;
	*making = (struct making){.job = {make, made, NULL}, .gs = gs, .store = gs->store};
	if ((making->g = generation_new(generation_newest(gs)->id + 1)) == NULL) {
		free(making);
		return;
	}
	gs->making = true;
	gs->jobs++;
	store_give(gs->store, &making->job);
}

int
generation_begin(struct generations *gs, uint64_t first, uint64_t now_ms)
{
	if (make_room(gs) != 0)
		return -1;
	gs->spare->first = first;
	gs->spare->began_ms = now_ms;
	return record_put(gs, gs->spare);
}

void
generation_begun(struct generations *gs)
{
	gs->all[gs->n++] = gs->spare;
	gs->spare = NULL;
}

int
generation_forget(struct generations *gs)
{
	struct spool_key key = record_key(gs->all[0]->id);

	add_up(gs, gs->all[0], -1);
	return store_delete(gs->meta, spool_key_bytes(&key));
}

struct removing {
	struct store_job job;
	struct generations *gs;
	struct store *store;
	uint32_t id;
};

static void
remove_files(struct store_job *job)
{
	const struct removing *removing = (struct removing *)job;

	for (int i = 0; i < GENERATION_TABLES; i++)
		if (store_table_remove(removing->store, (enum store_kind)i, removing->id) != 0)
			log_error("spool: can't remove the files of generation %u, until the next start: %s",
			    (unsigned)removing->id, strerror(errno));
}

static void
removed(struct store_job *job)
{
	struct removing *removing = (struct removing *)job;

	removing->gs->jobs--;
	free(removing);
}

void
generation_forgotten(struct generations *gs)
{
	struct generation *g = gs->all[0];
	struct removing *removing = calloc(1, sizeof *removing);

	memmove(gs->all, gs->all + 1, --gs->n * sizeof gs->all[0]);
	if (removing != NULL) { /* otherwise the next start finds them */
		*removing = (struct removing){{remove_files, removed, NULL}, gs, gs->store, g->id};
		generation_free(g);
		gs->jobs++;
		store_give(gs->store, &removing->job);
	} else
		generation_free(g);
}
