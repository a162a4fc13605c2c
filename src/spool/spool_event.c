/*
 * Events: accepting them once, reading them, forgetting them.
 *
 * A record is kept in two pieces, head and body: a list reads heads only, and a usual webhook's pieces are each small enough to share
 * a page, where the whole would take one for itself (1,009 bytes is the limit) and a write of 4 KiB when it leaves the cache.
 */
#include <errno.h>

#include "../lib/wire.h"
#include "lane.h"
#include "spool_delivery.h"
#include "spool_key.h"
#include "spool_private.h"
#include "spool_seen.h"

/* Of the tables of events, bodies and rejected ones. */
static struct spool_key
number_key(uint64_t number)
{
	struct spool_key key;

	key.len = 0;
	spool_key_u64(&key, number);
	return key;
}

static int
number_of(const struct store_bytes *key, uint64_t *number)
{
	struct wire_reader r;

	wire_reader_init(&r, key->bytes, key->len);
	*number = wire_get_u64(&r);
	if (!r.bad && r.at == r.end)
		return 0;
	errno = EPROTO;
	return -1;
}

static int
event_delete(struct spool *spool, uint64_t number)
{
	struct spool_key key = number_key(number);

	if (store_delete(spool->store, STORE_BODY, spool_key_bytes(&key)) != 0 && errno != ENOENT)
		return -1;
	return store_delete(spool->store, STORE_EVENT, spool_key_bytes(&key));
}

static int
event_put(struct spool *spool, uint64_t number, const struct event *event)
{
	struct spool_key key = number_key(number);
	size_t head = event_head_size(event);

	if (head > EVENT_HEAD_MAX) {
		errno = E2BIG;
		return -1;
	}
	event_encode_head(event, spool->head);
	return store_put(spool->store, STORE_EVENT, spool_key_bytes(&key), (struct store_bytes){spool->head, head}) !=
		    0 ||
		store_put(spool->store, STORE_BODY, spool_key_bytes(&key),
		    (struct store_bytes){event->body, event->body_len}) != 0
	    ? -1
	    : 0;
}

static int
rejected_delete(struct spool *spool, uint64_t number)
{
	struct spool_key key = number_key(number);

	if (store_delete(spool->store, STORE_REJECTED, spool_key_bytes(&key)) != 0 && errno != ENOENT)
		return -1;
	spool->counters.rejected--;
	return event_delete(spool, number);
}

static int
rejected_add(struct spool *spool, uint64_t number)
{
	struct spool_key key = number_key(number);

	if (store_put(spool->store, STORE_REJECTED, spool_key_bytes(&key), (struct store_bytes){"", 0}) != 0)
		return -1;
	spool->counters.rejected++;
	while (spool->counters.rejected > spool->max_rejected) {
		struct store_bytes first;
		uint64_t oldest;

		if (store_seek_key(spool->store, STORE_REJECTED, (struct store_bytes){"", 0}, &first) != 0 ||
		    number_of(&first, &oldest) != 0 || rejected_delete(spool, oldest) != 0)
			return -1;
	}
	return 0;
}

enum spool_accept
spool_accept(struct spool *spool, const struct spool_submission *s, uint64_t now_ms, uint64_t *number)
{
	struct lane lane = lane_of(s->event);
	bool accepted = s->event->kind == EVENT_ACCEPTED;

	*number = spool->counters.next;
	if (accepted) {
		enum spool_accept known = seen_add(spool->store, s->event, number);

		spool->counters.duplicates += known == SPOOL_DUPLICATE;
		if (known != SPOOL_STORED)
			return known;
	}
	if (event_put(spool, *number, s->event) != 0 || (!accepted && rejected_add(spool, *number) != 0) ||
	    (accepted && deliveries_add(spool, &(struct deliveries_new){*number, &lane, s->hooks, s->n, now_ms}) != 0))
		return SPOOL_FAILED;
	spool->counters.next++;
	spool->counters.last_ms = now_ms;
	spool->counters.events += accepted;
	spool->counters.unhandled += accepted && s->n == 0;
	return SPOOL_STORED;
}

int
spool_event_head(struct spool *spool, uint64_t number, struct event *event)
{
	struct spool_key key = number_key(number);
	struct store_bytes head;

	if (store_get(spool->store, STORE_EVENT, spool_key_bytes(&key), &head) != 0)
		return -1;
	return event_decode_head(event, head.bytes, head.len);
}

int
spool_event(struct spool *spool, uint64_t number, struct event *event)
{
	struct spool_key key = number_key(number);
	struct store_bytes body = {NULL, 0};

	if (spool_event_head(spool, number, event) != 0 ||
	    (event->kind != EVENT_EXPIRED && store_get(spool->store, STORE_BODY, spool_key_bytes(&key), &body) != 0))
		return -1;
	if (body.len != event->body_len) {
		errno = EPROTO;
		return -1;
	}
	event->body = body.bytes;
	return 0;
}

int
spool_next(struct spool *spool, uint64_t from, uint64_t *number)
{
	struct spool_key at = number_key(from);
	struct store_bytes key;

	if (store_seek_key(spool->store, STORE_EVENT, spool_key_bytes(&at), &key) != 0)
		return -1;
	return number_of(&key, number);
}

/* Leave of an event only what is needed to forget its id later. */
static int
event_expire(struct spool *spool, const struct event *event, uint64_t number)
{
	struct spool_key key = number_key(number);
	struct event rest = {
	    .kind = EVENT_EXPIRED,
	    .received_ms = event->received_ms,
	};
	static const enum event_text kept[] = {EVENT_SOURCE, EVENT_KEY, EVENT_GUARD};
	size_t size;
	int failed;

	for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++) {
		rest.text[kept[i]] = event->text[kept[i]];
		rest.len[kept[i]] = event->len[kept[i]];
	}
	size = event_head_size(&rest);
	event_encode_head(&rest, spool->head);
	failed = store_put(spool->store, STORE_EVENT, spool_key_bytes(&key), (struct store_bytes){spool->head, size});
	if (failed != 0 || (store_delete(spool->store, STORE_BODY, spool_key_bytes(&key)) != 0 && errno != ENOENT))
		return -1;
	return 0;
}

/* Remove what may go of one event that is older than what is kept; FORGET: its id, too. */
static int
prune_one(struct spool *spool, const struct event *event, uint64_t number, bool forget)
{
	bool queued;
	int deliveries;

	if (event->kind == EVENT_REJECTED)
		return rejected_delete(spool, number);
	if (event->kind == EVENT_EXPIRED && !forget)
		return 0;
	if (event->kind == EVENT_ACCEPTED) {
		if ((deliveries = deliveries_look(spool, number, &queued)) < 0)
			return -1;
		if (queued)
			return 0;
		if (deliveries_delete(spool, number) != 0)
			return -1;
		spool->counters.events--;
		spool->counters.unhandled -= deliveries == 0;
	}
	if (!forget)
		return event_expire(spool, event, number);
	return seen_forget(spool->store, event, number) != 0 ? -1 : event_delete(spool, number);
}

/* A pass begins: jumps of the clock before the first event are of no use any more. */
static int
prune_jumps(struct spool *spool, uint64_t first)
{
	return spool->prune_at == 0 && jumps_forget(&spool->jumps, first) ? spool_put_jumps(spool) : 0;
}

int
spool_prune(struct spool *spool, const struct spool_ages *ages, int max)
{
	for (int looked = 0; looked < max; looked++) {
		struct event event;
		uint64_t number, received;

		if (spool_next(spool, spool->prune_at, &number) != 0) {
			spool->prune_at = 0;
			return errno == ENOENT ? 0 : -1;
		}
		if (prune_jumps(spool, number) != 0 || spool_event_head(spool, number, &event) != 0)
			return -1;
		received = spool_received(spool, number, event.received_ms);
		if (received <= ages->now_ms && ages->now_ms - received <= ages->keep_ms) {
			spool->prune_at = 0;
			return 0;
		}
		/* One that is in the future nevertheless holds nobody up. */
		if (received <= ages->now_ms &&
		    prune_one(spool, &event, number, ages->now_ms - received > ages->dedup_ms) != 0)
			return -1;
		spool->prune_at = number + 1;
	}
	return 1;
}
