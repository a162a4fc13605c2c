/* A key's value is the number; who repeats a webhook is told it. */
#include "seen.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../lib/log.h"
#include "../lib/wire.h"
#include "filter.h"
#include "spool_key.h"
#include "store_thread.h"

#define VALUE_VERSION 2 /* 1 had the time, too */
#define VALUE_SIZE 9
#define RECORD_VERSION 1
#define RECORD_SIZE (1 + 4 * 8)
#define LATE 0

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

static struct spool_key
record_key(uint32_t id)
{
	struct spool_key key;

	key.len = 0;
	spool_key_text(&key, "seen", strlen("seen"));
	spool_key_u64(&key, id);
	return key;
}

static int
record_put(struct seen *seen, const struct seen_generation *g)
{
	struct spool_key key = record_key(g->id);
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

static int
read_one(struct seen *seen, uint32_t id, const struct store_bytes *value)
{
	struct seen_generation *g = seen_generation_new(id);

	if (g == NULL || make_room(seen) != 0 || record_get(g, value) != 0) {
		seen_generation_free(g);
		return -1;
	}
	seen->all[seen->n++] = g;
	return 0;
}

static int
read_all(struct seen *seen)
{
	struct spool_key from = record_key(LATE);
	size_t prefix = from.len - 8;
	struct store_entry entry;

	while (store_seek(seen->meta, spool_key_bytes(&from), &entry) == 0) {
		struct wire_reader r;
		uint64_t id;

		if (entry.key.len != from.len || memcmp(entry.key.bytes, from.bytes, prefix) != 0)
			return 0;
		wire_reader_init(&r, (const unsigned char *)entry.key.bytes + prefix, 8);
		id = wire_get_u64(&r);
		if (read_one(seen, (uint32_t)id, &entry.value) != 0)
			return -1;
		from = record_key((uint32_t)id + 1);
	}
	return errno == ENOENT ? 0 : -1;
}

static int
path_of(const struct store *store, uint32_t id, const char *suffix, char path[PATH_MAX])
{
	char name[STORE_NAME_MAX];

	store_name(name, STORE_SEEN, id);
	if ((size_t)snprintf(path, PATH_MAX, "%s/%s%s", store_directory(store), name, suffix) < PATH_MAX)
		return 0;
	errno = ENAMETOOLONG;
	return -1;
}

#define FILTER ".filter"

/* What a file is of, when no record names it, or when it is half a filter. */
struct orphan {
	const struct seen *seen;
	uint32_t id;
	char suffix[STORE_NAME_MAX];
};

static int
find_orphan(void *context, enum store_kind kind, uint32_t id, const char *suffix)
{
	struct orphan *orphan = context;
	bool known = id == LATE;

	if (kind != STORE_SEEN || strlen(suffix) >= sizeof orphan->suffix)
		return 0;
	for (size_t i = 0; i < orphan->seen->n; i++)
		known |= orphan->seen->all[i]->id == id;
	if (known && (*suffix == '\0' || strcmp(suffix, FILTER) == 0))
		return 0;
	orphan->id = id;
	strcpy(orphan->suffix, suffix);
	return 1;
}

static int
remove_orphan(struct seen *seen, const struct orphan *orphan)
{
	char path[PATH_MAX];

	if (orphan->suffix[0] == '\0')
		return store_table_remove(seen->store, STORE_SEEN, orphan->id);
	return path_of(seen->store, orphan->id, orphan->suffix, path) == 0 ? unlink(path) : -1;
}

/* A crash came between a record and its files, or while a filter was written, or a spare one was left. */
static int
remove_orphans(struct seen *seen)
{
	struct orphan orphan = {.seen = seen};
	int found;

	while ((found = store_files(seen->store, find_orphan, &orphan)) == 1)
		if (remove_orphan(seen, &orphan) != 0)
			return -1;
	return found;
}

static int
begin_first(struct seen *seen, uint64_t next)
{
	const struct seen_turn turn = {.first = next};

	if ((seen->spare = seen_generation_new(1)) == NULL ||
	    (seen->spare->table = store_table_open(seen->store, STORE_SEEN, 1)) == NULL ||
	    store_begin(seen->store) != 0)
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
	if (read_all(seen) != 0 || remove_orphans(seen) != 0 ||
	    (seen->late = store_table_open(seen->store, STORE_SEEN, LATE)) == NULL || look_at_late(seen) != 0)
		return -1;
	for (size_t i = 0; i < seen->n; i++)
		if ((seen->all[i]->table = store_table_open(seen->store, STORE_SEEN, seen->all[i]->id)) == NULL)
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
	seen_generation_free(seen->spare);
	seen->spare = NULL;
	store_table_close(seen->late);
	seen->late = NULL;
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

struct making {
	struct store_job job;
	struct seen *seen;
	struct store *store;
	struct seen_generation *g;
	bool made;
};

static void
make(struct store_job *job)
{
	struct making *making = (struct making *)job;

	making->g->table = store_table_open(making->store, STORE_SEEN, making->g->id);
	making->made = making->g->table != NULL && store_flush_directory(making->store) == 0;
}

static void
made(struct store_job *job)
{
	struct making *making = (struct making *)job;
	struct seen *seen = making->seen;

	seen->jobs--;
	seen->making = false;
	if (making->made)
		seen->spare = making->g;
	else
		seen_generation_free(making->g); /* it is tried again */
	free(making);
}

static void
prepare_next(struct seen *seen)
{
	struct making *making;

	if (seen->spare != NULL || seen->making || (making = calloc(1, sizeof *making)) == NULL)
		return;
	*making = (struct making){.job = {make, made, NULL}, .seen = seen, .store = seen->store};
	if ((making->g = seen_generation_new(seen_newest(seen)->id + 1)) == NULL) {
		free(making);
		return;
	}
	seen->making = true;
	seen->jobs++;
	store_give(seen->store, &making->job);
}

struct filtering {
	struct store_job job;
	struct seen *seen;
	struct seen_generation *g; /* busy: it stays */
	char path[PATH_MAX];
	struct filter *filter;
};

static int
add_key(void *filter, struct store_bytes key)
{
	filter_add(filter, filter_hash(key.bytes, key.len));
	return 0;
}

/* Read the filter, or else the tree. */
static void
find_filter(struct store_job *job)
{
	struct filtering *f = (struct filtering *)job;
	struct filter *new;

	if ((f->filter = filter_load(f->path, f->g->keys)) != NULL)
		return;
	if ((new = filter_new(f->g->keys)) != NULL && store_walk(f->g->table, add_key, new) == 0 &&
	    filter_save(new, f->path) == 0)
		f->filter = filter_load(f->path, f->g->keys);
	if (f->filter == NULL)
		log_error("spool: can't make %s, ids are looked up without it: %s", f->path, strerror(errno));
	filter_free(new);
}

static void
found_filter(struct store_job *job)
{
	struct filtering *f = (struct filtering *)job;

	f->seen->jobs--;
	f->g->busy = false;
	f->g->filter = f->filter;
	f->g->given_up = f->filter == NULL;
	free(f);
}

static void
prepare_filter(struct seen *seen, struct seen_generation *g)
{
	struct filtering *f;

	if (g->filter != NULL || g->busy || g->given_up || (f = calloc(1, sizeof *f)) == NULL)
		return;
	*f = (struct filtering){.job = {find_filter, found_filter, NULL}, .seen = seen, .g = g};
	if (path_of(seen->store, g->id, FILTER, f->path) != 0) {
		g->given_up = true;
		free(f);
		return;
	}
	g->busy = true;
	seen->jobs++;
	store_give(seen->store, &f->job);
}

void
seen_prepare(struct seen *seen)
{
	prepare_next(seen);
	for (size_t i = seen->n - 1; i-- > 0;)
		prepare_filter(seen, seen->all[i]);
}

int
seen_begin(struct seen *seen, const struct seen_turn *turn)
{
	if (make_room(seen) != 0)
		return -1;
	seen->spare->first = turn->first;
	seen->spare->began_ms = turn->now_ms;
	if (seen->n > 0) {
		struct seen_generation sealed = *seen_newest(seen);

		sealed.last_ms = turn->last_ms;
		if (record_put(seen, &sealed) != 0)
			return -1;
	}
	return record_put(seen, seen->spare);
}

void
seen_begun(struct seen *seen, const struct seen_turn *turn)
{
	if (seen->n > 0)
		seen_newest(seen)->last_ms = turn->last_ms;
	seen->all[seen->n++] = seen->spare;
	seen->spare = NULL;
}

int
seen_forget(struct seen *seen)
{
	struct spool_key key = record_key(seen->all[0]->id);

	return store_delete(seen->meta, spool_key_bytes(&key));
}

struct removing {
	struct store_job job;
	struct seen *seen;
	struct store *store;
	uint32_t id;
};

static void
remove_files(struct store_job *job)
{
	const struct removing *removing = (struct removing *)job;
	char path[PATH_MAX];

	if (store_table_remove(removing->store, STORE_SEEN, removing->id) != 0 ||
	    path_of(removing->store, removing->id, FILTER, path) != 0 || (unlink(path) != 0 && errno != ENOENT))
		log_error("spool: can't remove the files of seen generation %u, until the next start: %s",
		    (unsigned)removing->id, strerror(errno));
}

static void
removed(struct store_job *job)
{
	struct removing *removing = (struct removing *)job;

	removing->seen->jobs--;
	free(removing);
}

void
seen_forgotten(struct seen *seen)
{
	struct seen_generation *g = seen->all[0];
	struct removing *removing = calloc(1, sizeof *removing);

	memmove(seen->all, seen->all + 1, --seen->n * sizeof seen->all[0]);
	if (removing != NULL)
		*removing = (struct removing){{remove_files, removed, NULL}, seen, seen->store, g->id};
	seen_generation_free(g);
	if (removing == NULL)
		return; /* the next start finds the files */
	seen->jobs++;
	store_give(seen->store, &removing->job);
}
