/*
 * Keys of the table: the next event's number at that time, which grows whatever is done to the clock, the time itself, the number.  An event that
 * was queued again since then has its entry dropped when its turn comes, and one that has ended anew a new entry instead: so nobody has to look
 * for it.
 */
#include "late.h"

#include <errno.h>
#include <string.h>

#include "../lib/wire.h"
#include "spool_delivery.h"
#include "spool_event.h"
#include "spool_key.h"
#include "spool_private.h"
#include "spool_seen.h"

struct entry {
	uint64_t next, ended_ms, number;
};

static struct spool_key
entry_key(const struct entry *e)
{
	struct spool_key key;

	key.len = 0;
	spool_key_u64(&key, e->next);
	spool_key_u64(&key, e->ended_ms);
	spool_key_u64(&key, e->number);
	return key;
}

/* The one from which on all are younger.  Returns 0, or -1 with errno (ENOENT). */
static int
first_entry(struct spool *spool, struct entry *e)
{
	struct store_bytes key;
	struct wire_reader r;

	if (store_seek_key(spool->late, (struct store_bytes){"", 0}, &key) != 0)
		return -1;
	wire_reader_init(&r, key.bytes, key.len);
	e->next = wire_get_u64(&r);
	e->ended_ms = wire_get_u64(&r);
	e->number = wire_get_u64(&r);
	if (!r.bad && r.at == r.end)
		return 0;
	errno = EPROTO;
	return -1;
}

static int
entry_put(struct spool *spool, uint64_t number, uint64_t ended_ms)
{
	const struct entry e = {spool->counters.next, ended_ms, number};
	struct spool_key key = entry_key(&e);

	return store_put(spool->late, spool_key_bytes(&key), (struct store_bytes){"", 0});
}

int
late_ended(struct spool *spool, uint64_t number, uint64_t now_ms)
{
	bool queued;

	if (generation_of(&spool->generations, number) != &spool->generations.late)
		return 0;
	if (deliveries_look(spool, number, &queued) < 0)
		return -1;
	return queued ? 0 : entry_put(spool, number, now_ms);
}

/* All that a table has of the event, from one generation to the other. */
static int
move_rows(struct store_table *from, struct store_table *to, uint64_t number)
{
	struct spool_key key;
	struct store_entry row;

	key.len = 0;
	spool_key_u64(&key, number);
	while (store_seek(from, spool_key_bytes(&key), &row) == 0) {
		if (row.key.len < key.len || memcmp(row.key.bytes, key.bytes, key.len) != 0)
			return 0;
		if (store_put(to, row.key, row.value) != 0 || store_delete(from, row.key) != 0)
			return -1;
	}
	return errno == ENOENT ? 0 : -1;
}

/* The event, which has deliveries, is counted there and no longer here. */
static int
move_counts(struct spool *spool, struct generation *from, uint64_t number)
{
	struct generations *gs = &spool->generations;
	struct spool_delivery all[SPOOL_DELIVERIES_MAX];
	int n = spool_deliveries(spool, number, all, SPOOL_DELIVERIES_MAX);

	for (int i = 0; i < n; i++) {
		enum generation_counter counter = delivery_counter(all[i].delivery.state);

		generation_count(gs, from, counter, -1);
		generation_count(gs, &gs->late, counter, 1);
	}
	generation_count(gs, from, COUNT_EVENTS, -1);
	generation_count(gs, &gs->late, COUNT_EVENTS, 1);
	return n < 0 ? -1 : 0;
}

/* A copy, as what is in a pack stays there: a late one's is the one that counts. */
static int
copy_record(struct spool *spool, const struct generation *from, uint64_t number)
{
	struct store_bytes record;

	if (spool_put_events(spool) != 0 || pack_find(from->table[STORE_EVENT], number, &record) != 0)
		return -1;
	if (!pack_fits(&spool->pack, number, record.len)) {
		errno = EPROTO;
		return -1;
	}
	memcpy(pack_add(&spool->pack, number, record.len), record.bytes, record.len);
	return spool_put_pack(spool, &spool->generations.late);
}

/* Returns 0, or -1 with errno: ENOENT where something of it is not in the oldest generation. */
static int
move(struct spool *spool, uint64_t number)
{
	struct generations *gs = &spool->generations;
	struct generation *from = gs->all[0];
	struct event event;

	if (spool_event_head(spool, number, &event) != 0 || spool_seen_late(&spool->seen, &event, number) != 0 ||
	    move_counts(spool, from, number) != 0 || copy_record(spool, from, number) != 0)
		return -1;
	for (int i = STORE_BODY; i < GENERATION_TABLES; i++)
		if (move_rows(from->table[i], gs->late.table[i], number) != 0)
			return -1;
	return 0;
}

/* For who walks through deliveries, ENOENT is the end of them. */
int
late_move(struct spool *spool, uint64_t number)
{
	if (move(spool, number) == 0)
		return 0;
	if (errno == ENOENT)
		errno = EPROTO;
	return -1;
}

/*
 * Where the clock was set while nothing came, it can't be told which of both is right: the later one keeps for longer.  As long as the event's
 * generation is there, which is about to go, it waits: without it the copy in there would count again.
 */
static bool
is_over(const struct spool *spool, const struct entry *e, const struct late_turn *turn)
{
	uint64_t before = spool_received(spool, e->next - 1, e->ended_ms),
		 behind = spool_received(spool, e->next, e->ended_ms), ended = before > behind ? before : behind;

	return ended <= turn->now_ms && turn->now_ms - ended > turn->keep_ms &&
	    e->number < spool->generations.all[0]->first;
}

/* What becomes of an event when its entry's turn comes. */
enum fate {
	FATE_FAILED,  /* errno says why */
	FATE_WAITS,   /* it is queued again: an entry comes with the end of that */
	FATE_LATER,   /* it has ended anew */
	FATE_FINISHED /* it is as it was when it ended then */
};

/*
 * *LATEST is when it ended.  That is not always when its last outcome was stored: what ended first may be stored last.  A time of the future was
 * told by a clock that was ahead, and holds nothing up.
 */
static enum fate
fate_of(struct spool *spool, const struct entry *e, uint64_t now_ms, uint64_t *latest)
{
	struct spool_delivery all[SPOOL_DELIVERIES_MAX];
	int n = spool_deliveries(spool, e->number, all, SPOOL_DELIVERIES_MAX);

	*latest = e->ended_ms;
	for (int i = 0; i < n; i++) {
		uint64_t ended = all[i].delivery.ended_ms;

		if (all[i].delivery.state == DELIVERY_QUEUED)
			return FATE_WAITS;
		if (ended > *latest && ended <= now_ms)
			*latest = ended;
	}
	if (n < 0)
		return FATE_FAILED;
	return *latest > e->ended_ms ? FATE_LATER : FATE_FINISHED;
}

static int
forget(struct spool *spool, uint64_t number)
{
	struct generation *late = &spool->generations.late;
	struct event event;
	int had;

	if (spool_event_head(spool, number, &event) != 0)
		return errno == ENOENT ? 0 : -1;
	if (spool_seen_late_forget(&spool->seen, &event, number) != 0 || (had = deliveries_delete(spool, number)) < 0)
		return -1;
	if (event_delete(spool, number) != 0)
		return -1;
	generation_count(&spool->generations, late, COUNT_EVENTS, -1);
	if (had == 0)
		generation_count(&spool->generations, late, COUNT_UNHANDLED, -1);
	return 0;
}

/* What the entry stands for; the entry itself goes. */
static int
settle(struct spool *spool, const struct entry *e, uint64_t now_ms)
{
	struct spool_key key = entry_key(e);
	uint64_t latest;

	switch (fate_of(spool, e, now_ms, &latest)) {
	case FATE_FAILED:
		return -1;
	case FATE_LATER:
		if (entry_put(spool, e->number, latest) != 0)
			return -1;
		break;
	case FATE_FINISHED:
		if (forget(spool, e->number) != 0)
			return -1;
		break;
	case FATE_WAITS:
		break;
	}
	return store_delete(spool->late, spool_key_bytes(&key));
}

bool
late_is_due(struct spool *spool, const struct late_turn *turn)
{
	struct entry e;

	return first_entry(spool, &e) == 0 && is_over(spool, &e, turn);
}

int
late_forget(struct spool *spool, const struct late_turn *turn)
{
	for (int i = 0; i < turn->max; i++) {
		struct entry e;

		if (first_entry(spool, &e) != 0)
			return errno == ENOENT ? 0 : -1;
		if (!is_over(spool, &e, turn))
			return 0;
		if (settle(spool, &e, turn->now_ms) != 0)
			return -1;
	}
	return 1;
}
