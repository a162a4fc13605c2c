/*
 * What is kept for a time is stored by time, and forgotten in whole files.  Each step is a transaction of its own, and small: what is long, the
 * making and removing of files, is a job beside the loop.
 */
#include <errno.h>
#include <string.h>

#include "../lib/log_flood.h"
#include "../lib/wire.h"
#include "late.h"
#include "record.h"
#include "seen_filter.h"
#include "spool_event.h"
#include "spool_key.h"
#include "spool_private.h"
#include "store_thread.h"

#define PIECES 8 /* of what is kept: so many parts, and one more, are what there is */
#define PIECE_MIN_MS 1000
#define LOOKED_MAX 1000 /* deliveries that one step looks at: some ms */
#define MOVED_MAX 200	/* events that one step moves or forgets */
#define KEY_BYTES 150	/* of a usual key in its tree, with its part of what pages have empty */
#define SEEN_PIECES 16	/* of all keys that are remembered */

/* Begin a transaction, and end it as STEP's result says.  Returns that, or -1 with errno. */
static int
in_transaction(
    struct spool *spool, const struct spool_ages *ages, int (*step)(struct spool *, const struct spool_ages *))
{
	int result;

	if (spool_begin(spool) != 0)
		return -1;
	if ((result = step(spool, ages)) < 0)
		spool_abort(spool);
	else if (spool_commit(spool) != 0)
		return -1;
	return result;
}

/* What began when event FIRST was next has had its part of KEEP_MS. */
static bool
has_lasted(
    const struct spool *spool, uint64_t first, uint64_t began_ms, const struct spool_ages *ages, uint64_t keep_ms)
{
	uint64_t began = spool_received(spool, first, began_ms), piece = keep_ms / PIECES;

	if (piece < PIECE_MIN_MS)
		piece = PIECE_MIN_MS;
	if (began > ages->now_ms) /* the clock was ahead then */
		return began - ages->now_ms >= JUMP_MIN_MS;
	return ages->now_ms - began >= piece;
}

/* The time from which on what came is younger than KEEP_MS; nothing is older where the clock begins. */
static bool
is_old(uint64_t came_ms, uint64_t now_ms, uint64_t keep_ms)
{
	return came_ms <= now_ms && now_ms - came_ms > keep_ms;
}

static int
begin_events(struct spool *spool, const struct spool_ages *ages)
{
	return generation_begin(&spool->generations, spool->counters.next, ages->now_ms);
}

static int
roll_events(struct spool *spool, const struct spool_ages *ages)
{
	const struct generation *newest = generation_newest(&spool->generations);

	generations_prepare(&spool->generations);
	if (spool->counters.next == newest->first ||
	    !has_lasted(spool, newest->first, newest->began_ms, ages, ages->keep_ms) ||
	    spool->generations.files.spare == 0)
		return 0;
	if (in_transaction(spool, ages, begin_events) != 0)
		return -1;
	generation_begun(&spool->generations);
	generations_prepare(&spool->generations);
	return 0;
}

static struct seen_turn
seen_turn(const struct spool *spool, const struct spool_ages *ages)
{
	return (struct seen_turn){spool->counters.next, spool->counters.last_ms, ages->now_ms};
}

static int
begin_seen(struct spool *spool, const struct spool_ages *ages)
{
	const struct seen_turn turn = seen_turn(spool, ages);

	return seen_begin(&spool->seen, &turn) != 0 ? -1 : spool_put_counters(spool, 0);
}

/* The tree that takes new keys has them in any order: it is to stay in the cache. */
static bool
seen_is_full(const struct spool *spool)
{
	uint64_t keys = seen_newest(&spool->seen)->keys, max = spool->cache / 2 / KEY_BYTES;

	return keys > max && keys > seen_keys(&spool->seen) / SEEN_PIECES;
}

static int
roll_seen(struct spool *spool, const struct spool_ages *ages)
{
	const struct seen_turn turn = seen_turn(spool, ages);
	const struct seen_generation *newest = seen_newest(&spool->seen);

	seen_prepare(&spool->seen);
	if (spool->counters.next == newest->first || spool->seen.files.spare == 0 ||
	    (!seen_is_full(spool) && !has_lasted(spool, newest->first, newest->began_ms, ages, ages->dedup_ms)))
		return 0;
	if (in_transaction(spool, ages, begin_seen) != 0)
		return -1;
	seen_begun(&spool->seen, &turn);
	seen_prepare(&spool->seen);
	return 0;
}

/*
 * When the newest event of the oldest generation came.  It came before all later ones did: a time of its own that is in their future was told by
 * a clock that was ahead, and nobody noticed.
 */
static uint64_t
oldest_came(const struct spool *spool)
{
	const struct generations *gs = &spool->generations;
	uint64_t came = UINT64_MAX, next = spool->counters.next;

	for (size_t i = gs->n; i-- > 0; next = gs->all[i]->first) {
		uint64_t of_this = spool_received(spool, next - 1, gs->all[i]->now.last_ms);

		if (next > gs->all[i]->first && of_this < came)
			came = of_this;
	}
	return came;
}

/* A generation counts what is not there: who waits for that to go waits for ever.  Returns -1 with errno. */
static int
miscounted(const struct generation *g, const char *what)
{
	log_flood(LOG_FLOOD_ERROR, "spool", "miscounted",
	    "spool: generation %u counts %s that are not there: it stays as it is", (unsigned)g->id, what);
	errno = EPROTO;
	return -1;
}

static int
forget_rejected(struct spool *spool, const struct spool_ages *ages)
{
	const struct generation *oldest = spool->generations.all[0];
	int more = rejected_forget(spool, spool->generations.all[1]->first, MOVED_MAX);

	(void)ages;
	return more == 0 && oldest->now.count[COUNT_REJECTED] > 0 ? miscounted(oldest, "rejected webhooks") : more;
}

/* Go on behind ROW: with the next event, or with the next delivery of the same one. */
static void
drain_on(struct spool *spool, const struct store_bytes *row, bool next_event, uint64_t number)
{
	struct spool_key *from = &spool->drain_from;

	from->len = 0;
	if (next_event) {
		spool_key_u64(from, number + 1);
		return;
	}
	memcpy(from->bytes, row->bytes, row->len);
	from->bytes[row->len] = 1; /* the smallest key after this one that can exist */
	from->len = row->len + 1;
}

/* Look at one delivery.  Returns 1 when its event was moved, 0, or -1 with errno (ENOENT: there is none). */
static int
drain_one(struct spool *spool, const struct generation *oldest)
{
	struct store_entry row;
	struct delivery delivery;
	struct wire_reader r;
	uint64_t number;
	bool queued;

	if (store_seek(oldest->table[STORE_DELIVERY], spool_key_bytes(&spool->drain_from), &row) != 0)
		return -1;
	wire_reader_init(&r, row.key.bytes, row.key.len);
	number = wire_get_u64(&r);
	if (r.bad || row.key.len >= STORE_KEY_MAX) {
		errno = EPROTO;
		return -1;
	}
	if (record_get_delivery(&delivery, row.value.bytes, row.value.len) != 0)
		return -1;
	queued = delivery.state == DELIVERY_QUEUED;
	drain_on(spool, &row.key, queued, number);
	return queued ? (late_move(spool, number) != 0 ? -1 : 1) : 0;
}

/* The end is reached, and something is left, as of an event that an operator has queued again meanwhile: it begins anew. */
static int
drain_anew(struct spool *spool)
{
	bool moved = spool->drain_moved;

	spool->drain_from.len = 0;
	spool->drain_moved = false;
	return moved ? 1 : miscounted(spool->generations.all[0], "queued deliveries");
}

/* Move what is not finished out of the oldest generation, a piece of it. */
static int
drain(struct spool *spool, const struct spool_ages *ages)
{
	const struct generation *oldest = spool->generations.all[0];
	int moved = 0;

	(void)ages;
	for (int i = 0; i < LOOKED_MAX && moved < MOVED_MAX && oldest->now.count[COUNT_QUEUED] > 0; i++) {
		int result = drain_one(spool, oldest);

		if (result < 0)
			return errno == ENOENT ? drain_anew(spool) : -1;
		spool->drain_moved |= result > 0;
		moved += result;
	}
	return 1;
}

static int
forget_events(struct spool *spool, const struct spool_ages *ages)
{
	(void)ages;
	return generation_forget(&spool->generations);
}

/* Returns 1 when there is more to do, 0, or -1 with errno. */
static int
expire_events(struct spool *spool, const struct spool_ages *ages)
{
	const struct generations *gs = &spool->generations;

	if (gs->n < 2 || !is_old(oldest_came(spool), ages->now_ms, ages->keep_ms))
		return 0;
	if (gs->all[0]->now.count[COUNT_REJECTED] > 0)
		return in_transaction(spool, ages, forget_rejected) < 0 ? -1 : 1;
	if (gs->all[0]->now.count[COUNT_QUEUED] > 0)
		return in_transaction(spool, ages, drain);
	if (in_transaction(spool, ages, forget_events) != 0)
		return -1;
	generation_forgotten(&spool->generations);
	spool->drain_from.len = 0;
	spool->drain_moved = false;
	return 1;
}

/* As oldest_came(), of the oldest seen generation. */
static uint64_t
oldest_seen(const struct spool *spool)
{
	const struct seen *seen = &spool->seen;
	uint64_t came = spool_received(spool, spool->counters.next - 1, spool->counters.last_ms);

	for (size_t i = seen->n - 1; i-- > 0;) {
		uint64_t of_this = spool_received(spool, seen->all[i + 1]->first - 1, seen->all[i]->last_ms);

		if (of_this < came)
			came = of_this;
	}
	return came;
}

static int
forget_seen(struct spool *spool, const struct spool_ages *ages)
{
	(void)ages;
	return seen_forget(&spool->seen);
}

/* Keys of events that are still there stay, whatever their age; but those of late ones are elsewhere. */
static int
expire_seen(struct spool *spool, const struct spool_ages *ages)
{
	const struct seen *seen = &spool->seen;

	if (seen->n < 2 || seen->all[0]->busy || seen->all[1]->first > spool->generations.all[0]->first ||
	    !is_old(oldest_seen(spool), ages->now_ms, ages->dedup_ms))
		return 0;
	if (in_transaction(spool, ages, forget_seen) != 0)
		return -1;
	seen_forgotten(&spool->seen);
	return 1;
}

static struct late_turn
late_turn(const struct spool_ages *ages)
{
	return (struct late_turn){ages->now_ms, ages->keep_ms, MOVED_MAX};
}

static int
forget_late(struct spool *spool, const struct spool_ages *ages)
{
	const struct late_turn turn = late_turn(ages);

	return late_forget(spool, &turn);
}

static int
expire_late(struct spool *spool, const struct spool_ages *ages)
{
	const struct late_turn turn = late_turn(ages);

	return late_is_due(spool, &turn) ? in_transaction(spool, ages, forget_late) : 0;
}

/* Jumps of the clock before all that is there are of no use any more. */
static int
forget_jumps(struct spool *spool, const struct spool_ages *ages)
{
	uint64_t first = spool->counters.next, number;

	(void)ages;
	if (spool_next(spool, 0, &number) == 0)
		first = number;
	else if (errno != ENOENT)
		return -1;
	if (first > spool->seen.all[0]->first)
		first = spool->seen.all[0]->first;
	return jumps_forget(&spool->jumps, first) ? spool_put_jumps(spool) : 0;
}

static int
expire_jumps(struct spool *spool, const struct spool_ages *ages)
{
	struct jumps before = spool->jumps;

	if (before.n == 0 || before.all[0].number > spool->seen.all[0]->first)
		return 0;
	if (in_transaction(spool, ages, forget_jumps) == 0)
		return 0;
	spool->jumps = before;
	return -1;
}

#define STEPS_BEGIN 2

int
spool_retain(struct spool *spool, const struct spool_ages *ages)
{
	static int (*const steps[])(struct spool *, const struct spool_ages *) = {
	    roll_events, roll_seen, expire_events, expire_seen, expire_late, expire_jumps};
	int more = 0;

	store_done(spool->store);
	for (size_t i = 0; i < (ages->forget ? sizeof steps / sizeof steps[0] : STEPS_BEGIN); i++) {
		int result = steps[i](spool, ages);

		if (result < 0)
			return -1;
		more |= result;
	}
	return more;
}
