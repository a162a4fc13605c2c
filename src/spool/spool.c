/*
 * The spool as a whole: its lock, its counters, its transactions.  What is in it: spool_event.c and the files that it stands on.
 */
#include "spool.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../conf/conf.h"
#include "../lib/log.h"
#include "../lib/wire.h"
#include "seen_filter.h"
#include "spool_private.h"

#define COUNTERS_VERSION 4 /* those before were of format 1 */
#define COUNTERS_SIZE (1 + 4 * 8)

static const struct store_bytes counters_key = {"counters", sizeof "counters"};
static const struct store_bytes jumps_key = {"jumps", sizeof "jumps"};

int
spool_put_counters(struct spool *spool, uint64_t keys)
{
	const struct spool_counters *c = &spool->counters;
	unsigned char value[COUNTERS_SIZE], *p = wire_put_u8(value, COUNTERS_VERSION);

	p = wire_put_u64(p, c->next);
	p = wire_put_u64(p, c->duplicates);
	p = wire_put_u64(p, c->last_ms);
	wire_put_u64(p, keys);
	return store_put(spool->meta, counters_key, (struct store_bytes){value, sizeof value});
}

/* KEYS: of the newest seen generation. */
static int
get_counters(struct spool *spool, uint64_t *keys)
{
	struct spool_counters *c = &spool->counters;
	struct store_bytes value;
	struct wire_reader r;
	uint8_t version;

	*keys = 0;
	if (store_get(spool->meta, counters_key, &value) != 0) {
		c->next = 1;
		return errno == ENOENT ? 0 : -1;
	}
	wire_reader_init(&r, value.bytes, value.len);
	version = wire_get_u8(&r);
	c->next = wire_get_u64(&r);
	c->duplicates = wire_get_u64(&r);
	c->last_ms = wire_get_u64(&r);
	*keys = wire_get_u64(&r);
	if (r.bad || r.at != r.end || version != COUNTERS_VERSION || c->next == 0) {
		log_error("spool: its counters are not in a form this program knows");
		errno = ENOTSUP;
		return -1;
	}
	return 0;
}

int
spool_put_jumps(struct spool *spool)
{
	unsigned char bytes[JUMPS_SIZE_MAX];
	size_t len = jumps_encode(&spool->jumps, bytes);

	return store_put(spool->meta, jumps_key, (struct store_bytes){bytes, len});
}

static int
get_jumps(struct spool *spool)
{
	struct store_bytes value;

	if (store_get(spool->meta, jumps_key, &value) != 0)
		return errno == ENOENT ? 0 : -1;
	if (jumps_decode(&spool->jumps, value.bytes, value.len) == 0)
		return 0;
	log_error("spool: what it remembers of the clock is not in a form this program knows");
	return -1;
}

/* Since the last look or, at the start, since the last event: what it was set forward by while nobody looked can't be told from time. */
static int64_t
set_by(const struct spool *spool, const struct clocks *now)
{
	if (spool->looked.boot_ms != 0)
		return jumps_between(&spool->looked, now);
	if (now->wall_ms + JUMP_MIN_MS <= spool->counters.last_ms)
		return (int64_t)(now->wall_ms - spool->counters.last_ms);
	return 0;
}

int
spool_clocks(struct spool *spool, const struct clocks *now, int64_t *by_ms)
{
	struct jumps before = spool->jumps;

	if ((*by_ms = set_by(spool, now)) != 0) {
		jumps_add(&spool->jumps, &(struct jump){spool->counters.next, *by_ms, now->wall_ms});
		if (spool_begin(spool) != 0)
			goto fail;
		if (spool_put_jumps(spool) != 0) {
			spool_abort(spool);
			goto fail;
		}
		if (spool_commit(spool) != 0)
			goto fail;
	}
	spool->looked = *now;
	return 0;
fail:
	spool->jumps = before;
	return -1;
}

uint64_t
spool_received(const struct spool *spool, uint64_t number, uint64_t received_ms)
{
	return jumps_time(&spool->jumps, number, received_ms);
}

uint64_t
spool_received_by(const struct spool *spool, const struct clocks *now, uint64_t number, uint64_t received_ms)
{
	int64_t by_ms = set_by(spool, now);
	struct jumps jumps;

	if (by_ms == 0)
		return spool_received(spool, number, received_ms);
	jumps = spool->jumps;
	jumps_add(&jumps, &(struct jump){spool->counters.next, by_ms, now->wall_ms});
	return jumps_time(&jumps, number, received_ms);
}

/* Returns 0, or -1 with errno. */
static int
open_table(struct spool *spool, enum store_kind kind, struct store_table **table)
{
	return (*table = store_table_open(spool->store, kind, STORE_ONE)) != NULL ? 0 : -1;
}

/* A number that was given is never given again: the counters must be behind all that is there. */
static int
check_next(struct spool *spool)
{
	uint64_t next = spool->counters.next, number;

	if (next >= generation_newest(&spool->generations)->first && next >= seen_newest(&spool->seen)->first &&
	    generations_next(&spool->generations, next, &number) != 0)
		return 0;
	log_error("spool: there are events behind its counters, which are damaged: restore the spool from a backup");
	errno = EPROTO;
	return -1;
}

/* Nothing is made in a spool of another format. */
static int
open_tables(struct spool *spool)
{
	uint64_t keys;

	if (spool_open_meta(spool) != 0 || get_counters(spool, &keys) != 0 || get_jumps(spool) != 0 ||
	    open_table(spool, STORE_LANE, &spool->lane) != 0 || open_table(spool, STORE_DUE, &spool->due.table) != 0 ||
	    open_table(spool, STORE_REJECTED, &spool->rejected) != 0 ||
	    open_table(spool, STORE_LATE, &spool->late) != 0)
		return -1;
	spool->generations.store = spool->seen.store = spool->store;
	spool->generations.meta = spool->seen.meta = spool->meta;
	spool->generations.sums = &spool->counters;
	if (generations_open(&spool->generations, spool->counters.next) != 0 ||
	    seen_open(&spool->seen, spool->counters.next, keys) != 0 || check_next(spool) != 0)
		return -1;
	return store_flush_directory(spool->store);
}

struct spool *
spool_open(const struct conf *conf, int lock)
{
	struct spool *spool = calloc(1, sizeof *spool);
	int saved;

	if (spool == NULL)
		return NULL;
	spool->max_rejected = conf->max_rejected;
	spool->cache = conf->cache;
	spool->lock = lock;
	if (pack_init(&spool->pack, EVENT_HEAD_MAX) == 0 &&
	    (spool->store = store_open(conf->spool, conf->cache, conf->page_journal)) != NULL &&
	    open_tables(spool) == 0) {
		store_spares(spool->store, conf->min_free);
		return spool;
	}
	saved = errno;
	spool_close(spool);
	errno = saved;
	return NULL;
}

void
spool_wait(struct spool *spool)
{
	while (spool->generations.files.jobs + spool->seen.files.jobs > 0)
		store_wait(spool->store);
}

void
spool_close(struct spool *spool)
{
	if (spool == NULL)
		return;
	if (spool->store != NULL) {
		store_abort(spool->store);
		spool_wait(spool);
		seen_close(&spool->seen);
		generations_close(&spool->generations);
		store_table_close(spool->late);
		store_table_close(spool->rejected);
		store_table_close(spool->due.table);
		store_table_close(spool->lane);
		store_table_close(spool->meta);
		store_close(spool->store);
	}
	pack_free(&spool->pack);
	close(spool->lock);
	free(spool);
}

struct store_table *
spool_table(struct spool *spool, enum store_kind table, uint64_t number)
{
	return generation_of(&spool->generations, number)->table[table];
}

void
spool_count(struct spool *spool, uint64_t number, enum generation_counter which, int64_t by)
{
	if (by != 0)
		generation_count(&spool->generations, generation_of(&spool->generations, number), which, by);
}

int
spool_begin(struct spool *spool)
{
	spool->before = spool->counters;
	due_forget(&spool->due);
	return store_begin(spool->store);
}

static void
undo(struct spool *spool)
{
	spool->counters = spool->before;
	generations_settle(&spool->generations, false);
	pack_clear(&spool->pack);
	due_forget(&spool->due);
}

static bool
counters_changed(const struct spool *spool)
{
	const struct spool_counters *old = &spool->before, *new = &spool->counters;

	return new->next != old->next || new->duplicates != old->duplicates || new->last_ms != old->last_ms;
}

int
spool_commit(struct spool *spool)
{
	if (spool_put_events(spool) != 0 ||
	    (counters_changed(spool) && spool_put_counters(spool, seen_newest(&spool->seen)->keys) != 0) ||
	    generations_put(&spool->generations) != 0) {
		spool_abort(spool);
		return -1;
	}
	if (store_commit(spool->store) != 0) {
		undo(spool);
		return -1;
	}
	generations_settle(&spool->generations, true);
	due_tell(&spool->due);
	return 0;
}

void
spool_abort(struct spool *spool)
{
	int saved = errno;

	store_abort(spool->store);
	undo(spool);
	errno = saved;
}

bool
spool_broken(const struct spool *spool)
{
	return store_broken(spool->store);
}

const char *
spool_protection(const struct spool *spool)
{
	return store_protection(spool->store);
}

const struct spool_counters *
spool_counters(const struct spool *spool)
{
	return &spool->counters;
}

void
spool_on_due(struct spool *spool, void (*woken)(void *, const char *, uint64_t), void *context)
{
	spool->due.woken = woken;
	spool->due.context = context;
}

int
spool_due(struct spool *spool, const char *hook, uint64_t *after_ms, uint64_t *after_number)
{
	return due_next(&spool->due, hook, after_ms, after_number);
}

int
spool_due_hook(struct spool *spool, char *hook)
{
	return due_next_hook(&spool->due, hook);
}

void
spool_set_max_rejected(struct spool *spool, unsigned max)
{
	spool->max_rejected = max;
}

void
spool_set_min_free(struct spool *spool, uint64_t min_free)
{
	store_spares(spool->store, min_free);
}
