/* A key's value is the number; who repeats a webhook is told it. */
#include "seen.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../lib/log.h"
#include "../lib/wire.h"
#include "filter.h"
#include "roster.h"
#include "seen_filter.h"

#define VALUE_VERSION 2 /* 1 had the time, too */
#define VALUE_SIZE 9
#define RECORD_VERSION 1
#define RECORD_SIZE (1 + 4 * 8)
#define LATE FILES_LATE
#define NAME "seen"	      /* of the records */
#define UNDONE_MAX (1u << 20) /* keys of events that were not committed are counted, too: hardly ever more than that */

static int
value_get(struct store_table *table, struct store_bytes key, uint64_t *number)
{
	struct store_bytes value;
	struct wire_reader r;
	uint8_t version;

	if (store_get(table, key, &value) != 0)
		return -1;
	wire_reader_init(&r, value.bytes, value.len);
	version = wire_get_u8(&r);
	*number = wire_get_u64(&r);
	if (!r.bad && r.at == r.end && version == VALUE_VERSION)
		return 0;
	errno = version > VALUE_VERSION ? ENOTSUP : EPROTO;
	return -1;
}

static int
value_put(struct store_table *table, struct store_bytes key, uint64_t number,
    int (*put)(struct store_table *, struct store_bytes, struct store_bytes))
{
	unsigned char value[VALUE_SIZE];

	wire_put_u64(wire_put_u8(value, VALUE_VERSION), number);
	return put(table, key, (struct store_bytes){value, sizeof value});
}

static int
record_put(struct seen *seen, const struct seen_generation *g)
{
	struct spool_key key = roster_key(NAME, g->id);
	unsigned char value[RECORD_SIZE], *p = wire_put_u8(value, RECORD_VERSION);

	p = wire_put_u64(p, g->first);
	p = wire_put_u64(p, g->began_ms);
	p = wire_put_u64(p, g->last_ms);
	wire_put_u64(p, g->keys);
	return store_put(seen->meta, spool_key_bytes(&key), (struct store_bytes){value, sizeof value});
}

static int
record_get(struct seen_generation *g, const struct store_bytes *value)
{
	struct wire_reader r;
	uint8_t version;

	wire_reader_init(&r, value->bytes, value->len);
	version = wire_get_u8(&r);
	g->first = wire_get_u64(&r);
	g->began_ms = wire_get_u64(&r);
	g->last_ms = wire_get_u64(&r);
	g->keys = wire_get_u64(&r);
	if (!r.bad && r.at == r.end && version == RECORD_VERSION)
		return 0;
	log_error("spool: the record of seen generation %u is not in a form this program knows", (unsigned)g->id);
	errno = ENOTSUP;
	return -1;
}

static void
seen_generation_free(struct seen_generation *g)
{
	if (g == NULL)
		return;
	store_table_close(g->table);
	filter_free(g->filter);
	free(g);
}

static struct seen_generation *
seen_generation_new(uint32_t id)
{
	struct seen_generation *g = calloc(1, sizeof *g);

	if (g != NULL)
		g->id = id;
	return g;
}

/* For one more.  Returns 0, or -1 with errno. */
static int
make_room(struct seen *seen)
{
	struct seen_generation **all;

	if (seen->n < seen->room)
		return 0;
	if ((all = realloc(seen->all, (seen->room + 16) * sizeof all[0])) == NULL)
		return -1;
	seen->all = all;
	seen->room += 16;
	return 0;
}

/* Each begins with a later event than those before it; "late" has no record. */
static bool
is_next(const struct seen *seen, const struct seen_generation *g)
{
	if (g->id != LATE && (seen->n == 0 || g->first > seen_newest(seen)->first))
		return true;
	log_error("spool: seen generation %u begins before the one before it: restore the spool from a backup",
	    (unsigned)g->id);
	errno = EPROTO;
	return false;
}

static int
read_one(void *of, uint32_t id, const struct store_bytes *value)
{
	struct seen *seen = of;
	struct seen_generation *g = seen_generation_new(id);

	if (g == NULL || make_room(seen) != 0 || record_get(g, value) != 0 || !is_next(seen, g)) {
		seen_generation_free(g);
		return -1;
	}
	seen->all[seen->n++] = g;
	return 0;
}

static int
begin_first(struct seen *seen, uint64_t next)
{
	const struct seen_turn turn = {.first = next};

	if (files_prepare_now(&seen->files, 1) != 0 || store_begin(seen->store) != 0)
		return -1;
	if (seen_begin(seen, &turn) != 0) {
		store_abort(seen->store);
		return -1;
	}
	if (store_commit(seen->store) != 0)
		return -1;
	seen_begun(seen, &turn);
	return 0;
}

static bool
is_known(const void *of, uint32_t id)
{
	const struct seen *seen = of;

	for (size_t i = 0; i < seen->n; i++)
		if (seen->all[i]->id == id)
			return true;
	return false;
}

/* Whether there is anything in it. */
static int
look_at_late(struct seen *seen)
{
	struct store_bytes key;

	seen->late_used = store_seek_key(seen->late, (struct store_bytes){"", 0}, &key) == 0;
	return seen->late_used || errno == ENOENT ? 0 : -1;
}

int
seen_open(struct seen *seen, uint64_t next, uint64_t keys)
{
	const struct roster roster = {NAME, read_one, seen};

	seen->files = (struct files){.store = seen->store, .first = STORE_SEEN, .n = 1, .beside = SEEN_FILTER_SUFFIX};
	if (roster_read(&roster, seen->meta) != 0 || files_remove_others(&seen->files, is_known, seen) != 0 ||
	    files_open(&seen->files, LATE, &seen->late) != 0 || look_at_late(seen) != 0)
		return -1;
	for (size_t i = 0; i < seen->n; i++)
		if (files_open(&seen->files, seen->all[i]->id, &seen->all[i]->table) != 0)
			return -1;
	if (seen->n == 0)
		return begin_first(seen, next);
	seen_newest(seen)->keys = keys;
	seen_prepare(seen);
	return 0;
}

void
seen_close(struct seen *seen)
{
	for (size_t i = 0; i < seen->n; i++)
		seen_generation_free(seen->all[i]);
	free(seen->all);
	seen->all = NULL;
	seen->n = seen->room = 0;
	free(seen->next);
	seen->next = NULL;
	files_close(&seen->files, seen->files.spare_table);
	files_close(&seen->files, &seen->late);
}

struct seen_generation *
seen_newest(const struct seen *seen)
{
	return seen->all[seen->n - 1];
}

uint64_t
seen_keys(const struct seen *seen)
{
	uint64_t keys = 0;

	for (size_t i = 0; i < seen->n; i++)
		keys += seen->all[i]->keys;
	return keys;
}

int
seen_sealed_find(struct seen *seen, struct store_bytes key, uint64_t *number)
{
	uint64_t hash = filter_hash(key.bytes, key.len);

	for (size_t i = seen->n - 1; i-- > 0;) {
		const struct seen_generation *g = seen->all[i];

		if (g->filter != NULL && !filter_may_have(g->filter, hash))
			continue;
		if (value_get(g->table, key, number) == 0)
			return 0;
		if (errno != ENOENT)
			return -1;
	}
	if (seen->late_used)
		return value_get(seen->late, key, number);
	errno = ENOENT;
	return -1;
}

int
seen_find(struct seen *seen, struct store_bytes key, uint64_t *number)
{
	if (seen_sealed_find(seen, key, number) == 0)
		return 0;
	return errno == ENOENT ? value_get(seen_newest(seen)->table, key, number) : -1;
}

int
seen_put(struct seen *seen, struct store_bytes key, uint64_t *number)
{
	struct seen_generation *newest = seen_newest(seen);

	if (value_put(newest->table, key, *number, store_add) == 0) {
		newest->keys++; /* one too many when that is undone: it is an estimate */
		return 1;
	}
	return errno == EEXIST ? value_get(newest->table, key, number) : -1;
}

int
seen_late_put(struct seen *seen, struct store_bytes key, uint64_t number)
{
	seen->late_used = true;
	return value_put(seen->late, key, number, store_put);
}

int
seen_late_delete(struct seen *seen, struct store_bytes key, uint64_t number)
{
	uint64_t owner;

	if (value_get(seen->late, key, &owner) != 0)
		return errno == ENOENT ? 0 : -1;
	return owner == number ? store_delete(seen->late, key) : 0;
}

/* An event has two keys at most: a filter for more than there can be would take all memory. */
static bool
keys_can_be(const struct seen *seen, size_t i)
{
	uint64_t events = seen->all[i + 1]->first - seen->all[i]->first;

	return seen->all[i]->keys / 2 <= events + UNDONE_MAX;
}

void
seen_prepare(struct seen *seen)
{
	files_prepare(&seen->files, seen_newest(seen)->id + 1);
	for (size_t i = seen->n - 1; i-- > 0;) {
		if (!seen->all[i]->given_up && !keys_can_be(seen, i)) {
			log_error(
			    "spool: seen generation %u counts more keys than it can have, and is looked up without a filter",
			    (unsigned)seen->all[i]->id);
			seen->all[i]->given_up = true;
		}
		seen_filter_prepare(&seen->files, seen->all[i]);
	}
}

int
seen_begin(struct seen *seen, const struct seen_turn *turn)
{
	if (make_room(seen) != 0 ||
	    (seen->next == NULL && (seen->next = seen_generation_new(seen->files.spare)) == NULL))
		return -1;
	seen->next->first = turn->first;
	seen->next->began_ms = turn->now_ms;
	if (seen->n > 0) {
		struct seen_generation sealed = *seen_newest(seen);

		sealed.last_ms = turn->last_ms;
		if (record_put(seen, &sealed) != 0)
			return -1;
	}
	return record_put(seen, seen->next);
}

void
seen_begun(struct seen *seen, const struct seen_turn *turn)
{
	if (seen->n > 0)
		seen_newest(seen)->last_ms = turn->last_ms;
	files_take(&seen->files, &seen->next->table);
	seen->all[seen->n++] = seen->next;
	seen->next = NULL;
}

int
seen_forget(struct seen *seen)
{
	struct spool_key key = roster_key(NAME, seen->all[0]->id);

	return store_delete(seen->meta, spool_key_bytes(&key));
}

void
seen_forgotten(struct seen *seen)
{
	struct seen_generation *g = seen->all[0];
	uint32_t id = g->id;

	memmove(seen->all, seen->all + 1, --seen->n * sizeof seen->all[0]);
	seen_generation_free(g);
	files_remove(&seen->files, id);
}
