/*
 * Events: accepting them once, reading them.
 *
 * Records lie in packs (pack.h), with their bodies where those are not long; else the body is apart, and lists, which read heads only, do not
 * touch it.
 */
#include "spool_event.h"

#include <errno.h>
#include <string.h>

#include "../lib/wire.h"
#include "lane.h"
#include "spool_delivery.h"
#include "spool_key.h"
#include "spool_private.h"
#include "spool_seen.h"

#define TOGETHER_MAX      \
	(PACK_BYTES / 2 - \
	    4) /* bytes of a record with its body: two fill a pack, and longer ones leave little of a page empty */

/* Of the tables of bodies and rejected ones. */
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

int
event_delete(struct spool *spool, uint64_t number)
{
	struct spool_key key = number_key(number);

	if (store_delete(spool_table(spool, STORE_BODY, number), spool_key_bytes(&key)) != 0 && errno != ENOENT)
		return -1;
	return pack_delete_single(spool_table(spool, STORE_EVENT, number), number);
}

static int
event_put(struct spool *spool, uint64_t number, const struct event *event)
{
	struct spool_key key = number_key(number);
	size_t head = event_head_size(event), len = head;
	struct store_bytes body = {event->body, event->body_len};
	bool single = event->kind == EVENT_REJECTED; /* it can be deleted before its generation is */
	unsigned char *record;

	if (head > EVENT_HEAD_MAX) {
		errno = E2BIG;
		return -1;
	}
	if (head + body.len <= TOGETHER_MAX)
		len += body.len;
	else if (body.len > 0 && store_put(spool_table(spool, STORE_BODY, number), spool_key_bytes(&key), body) != 0)
		return -1;
	if ((single || !pack_fits(&spool->pack, number, len)) && spool_put_events(spool) != 0)
		return -1;
	record = pack_add(&spool->pack, number, len);
	event_encode_head(event, record);
	if (len > head)
		memcpy(record + head, body.bytes, body.len);
	return single ? spool_put_events(spool) : 0;
}

static int
rejected_delete(struct spool *spool, uint64_t number)
{
	struct spool_key key = number_key(number);

	if (store_delete(spool->rejected, spool_key_bytes(&key)) != 0 && errno != ENOENT)
		return -1;
	spool_count(spool, number, COUNT_REJECTED, -1);
	return event_delete(spool, number);
}

static int
rejected_add(struct spool *spool, uint64_t number)
{
	struct spool_key key = number_key(number);

	if (store_put(spool->rejected, spool_key_bytes(&key), (struct store_bytes){"", 0}) != 0)
		return -1;
	spool_count(spool, number, COUNT_REJECTED, 1);
	while (spool->counters.rejected > spool->max_rejected) {
		struct store_bytes first;
		uint64_t oldest;

		if (store_seek_key(spool->rejected, (struct store_bytes){"", 0}, &first) != 0 ||
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
		enum spool_accept known = spool_seen_add(&spool->seen, s->event, number);

		spool->counters.duplicates += known == SPOOL_DUPLICATE;
		if (known != SPOOL_STORED)
			return known;
	}
	if (event_put(spool, *number, s->event) != 0 || (!accepted && rejected_add(spool, *number) != 0) ||
	    (accepted && deliveries_add(spool, &(struct deliveries_new){*number, &lane, s->hooks, s->n, now_ms}) != 0))
		return SPOOL_FAILED;
	spool->counters.next++;
	spool->counters.last_ms = now_ms;
	generation_came(generation_newest(&spool->generations), s->event->received_ms);
	spool_count(spool, *number, COUNT_EVENTS, accepted);
	spool_count(spool, *number, COUNT_UNHANDLED, accepted && s->n == 0);
	return SPOOL_STORED;
}

/* The event's record; its body is NULL where it is apart.  EVENT borrows as in spool.h. */
static int
record_get(struct spool *spool, uint64_t number, struct event *event)
{
	struct store_bytes record;
	size_t head;

	if (spool_put_events(spool) != 0 || pack_find(spool_table(spool, STORE_EVENT, number), number, &record) != 0)
		return -1;
	head = event_head_len(record.bytes, record.len);
	if (event_decode_head(event, record.bytes, head) != 0)
		return -1;
	if (record.len - head == event->body_len)
		event->body = (const char *)record.bytes + head;
	if (event->body != NULL || record.len == head)
		return 0;
	errno = EPROTO;
	return -1;
}

int
spool_event_head(struct spool *spool, uint64_t number, struct event *event)
{
	if (record_get(spool, number, event) != 0)
		return -1;
	event->body = NULL;
	return 0;
}

int
spool_event(struct spool *spool, uint64_t number, struct event *event)
{
	struct spool_key key = number_key(number);
	struct store_bytes body;

	if (record_get(spool, number, event) != 0)
		return -1;
	if (event->body != NULL)
		return 0;
	if (store_get(spool_table(spool, STORE_BODY, number), spool_key_bytes(&key), &body) != 0)
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
	return spool_put_events(spool) != 0 ? -1 : generations_next(&spool->generations, from, number);
}

int
rejected_forget(struct spool *spool, uint64_t before, int max)
{
	for (int i = 0; i < max; i++) {
		struct store_bytes first;
		uint64_t number;

		if (store_seek_key(spool->rejected, (struct store_bytes){"", 0}, &first) != 0)
			return errno == ENOENT ? 0 : -1;
		if (number_of(&first, &number) != 0)
			return -1;
		if (number >= before)
			return 0;
		if (rejected_delete(spool, number) != 0)
			return -1;
	}
	return 1;
}
