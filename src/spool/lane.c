/*
 * Lanes: events that must run one after another.  A lane's entries are its events that still have something to run, in order of
 * acceptance; only the first has its deliveries in `due`.  An event that the operator brings back may come before the first:
 * then it takes the other's place, and that one waits again.
 */
#include <errno.h>
#include <string.h>

#include "../lib/wire.h"
#include "spool_private.h"

struct lane
lane_of(const struct event *event)
{
	return (struct lane){
	    .source = event->text[EVENT_SOURCE],
	    .source_len = event->len[EVENT_SOURCE],
	    .name = event->text[EVENT_LANE],
	    .name_len = event->len[EVENT_LANE],
	};
}

static struct spool_key
lane_key(const struct lane *lane, uint64_t number)
{
	struct spool_key key;

	key.len = 0;
	spool_key_text(&key, lane->source, lane->source_len);
	spool_key_text(&key, lane->name, lane->name_len);
	spool_key_u64(&key, number);
	return key;
}

/* Returns 0, or -1 with errno ENOENT: the lane is empty. */
static int
lane_first(struct spool *spool, const struct lane *lane, uint64_t *number)
{
	struct spool_key from = lane_key(lane, 0);
	size_t prefix = from.len - 8;
	struct store_bytes key;
	struct wire_reader r;

	if (store_seek_key(spool->store, STORE_LANE, spool_key_bytes(&from), &key) != 0)
		return -1;
	if (key.len != from.len || memcmp(key.bytes, from.bytes, prefix) != 0) {
		errno = ENOENT;
		return -1;
	}
	wire_reader_init(&r, (const unsigned char *)key.bytes + prefix, 8);
	*number = wire_get_u64(&r);
	return 0;
}

int
lane_is_first(struct spool *spool, const struct lane *lane, uint64_t number)
{
	uint64_t first;

	if (lane->name_len == 0)
		return 1;
	if (lane_first(spool, lane, &first) != 0)
		return -1;
	return first == number;
}

enum due_change { DUE_PUT, DUE_DELETE };

/* Put the event's queued deliveries into `due`, or take them out. */
static int
change_due(struct spool *spool, uint64_t number, enum due_change change, const struct spool_wake *wake)
{
	struct spool_delivery all[SPOOL_DELIVERIES_MAX];
	int n = spool_deliveries(spool, number, all, SPOOL_DELIVERIES_MAX);

	for (int i = 0; i < n; i++) {
		const struct delivery *d = &all[i].delivery;

		if (d->state != DELIVERY_QUEUED)
			continue;
		if (change == DUE_PUT ? due_put(spool, all[i].hook, d->next_ms, number, wake) != 0
				      : due_delete(spool, all[i].hook, d->next_ms, number) != 0)
			return -1;
	}
	return n < 0 ? -1 : 0;
}

int
lane_enter(struct spool *spool, const struct lane *lane, uint64_t number)
{
	struct spool_key key;
	uint64_t first = 0;
	bool empty = false;

	if (lane->name_len == 0)
		return 1;
	if (lane_first(spool, lane, &first) != 0) {
		if (errno != ENOENT)
			return -1;
		empty = true;
	}
	key = lane_key(lane, number);
	if (store_put(spool->store, STORE_LANE, spool_key_bytes(&key), (struct store_bytes){"", 0}) != 0)
		return -1;
	if (empty || first == number)
		return 1;
	if (first < number)
		return 0;
	return change_due(spool, first, DUE_DELETE, NULL) != 0 ? -1 : 1;
}

int
lane_leave(struct spool *spool, const struct lane *lane, uint64_t number, const struct spool_wake *wake)
{
	struct spool_key key;
	uint64_t first;

	if (lane->name_len == 0)
		return 0;
	key = lane_key(lane, number);
	if (store_delete(spool->store, STORE_LANE, spool_key_bytes(&key)) != 0 && errno != ENOENT)
		return -1;
	if (lane_first(spool, lane, &first) != 0)
		return errno == ENOENT ? 0 : -1;
	return change_due(spool, first, DUE_PUT, wake);
}
