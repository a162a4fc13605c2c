/*
 * What an operator changes: deliveries that are brought back, given up or moved, and hooks that are suspended.
 */
#include <errno.h>
#include <string.h>

#include "../lib/wire.h"
#include "spool_private.h"

#define SUSPENDED_VERSION 1
#define SUSPENDED_SIZE 9

int
spool_requeue(struct spool *spool, const struct spool_change *c)
{
	struct delivery old, new = {.state = DELIVERY_QUEUED, .next_ms = c->now_ms};
	struct event event;
	struct lane lane;
	int first;

	if (spool_event_head(spool, c->number, &event) != 0 || spool_delivery(spool, c->number, c->hook, &old) != 0)
		return -1;
	lane = lane_of(&event);
	new.attempts_all = old.attempts_all;
	if (delivery_change(spool, c, &old, &new) != 0 || (first = lane_enter(spool, &lane, c->number)) < 0)
		return -1;
	return first == 0 ? 0 : due_put(spool, c->hook, c->now_ms, c->number, c->wake);
}

int
spool_drop(struct spool *spool, const struct spool_change *c)
{
	struct delivery old, new = {.state = DELIVERY_DROPPED, .ended_ms = c->now_ms};
	struct spool_delivery any;
	struct event event;
	struct lane lane;
	int had;

	if (spool_event_head(spool, c->number, &event) != 0 || (had = spool_deliveries(spool, c->number, &any, 1)) < 0)
		return -1;
	if (had == 0) {
		if (delivery_put(spool, c->number, c->hook, &new) != 0)
			return -1;
		spool->counters.unhandled--;
		spool->counters.dropped++;
		return 0;
	}
	if (spool_delivery(spool, c->number, c->hook, &old) != 0)
		return -1;
	lane = lane_of(&event);
	new.attempts = old.attempts;
	new.attempts_all = old.attempts_all;
	return delivery_change(spool, c, &old, &new) != 0 ? -1 : leave_if_finished(spool, &lane, c->number, c->wake);
}

int
spool_unbind(struct spool *spool, const struct spool_change *c)
{
	struct spool_delivery any;
	struct event event;
	struct lane lane;
	int left;

	if (spool_event_head(spool, c->number, &event) != 0 || delivery_delete(spool, c->number, c->hook) != 0 ||
	    (left = spool_deliveries(spool, c->number, &any, 1)) < 0)
		return -1;
	lane = lane_of(&event);
	spool->counters.unhandled += left == 0;
	return leave_if_finished(spool, &lane, c->number, c->wake);
}

int
spool_bind(struct spool *spool, const struct spool_change *c, const char *const *hooks, size_t n)
{
	struct spool_delivery one;
	struct event event;
	struct lane lane;
	int had;

	if (spool_event_head(spool, c->number, &event) != 0 || (had = spool_deliveries(spool, c->number, &one, 1)) < 0)
		return -1;
	if (event.kind != EVENT_ACCEPTED) {
		errno = EINVAL;
		return -1;
	}
	lane = lane_of(&event);
	if (had == 0 && n > 0)
		spool->counters.unhandled--;
	return deliveries_add(spool, c->number, &lane, hooks, n, c->now_ms, c->wake);
}

static struct spool_key
suspended_key(const char *hook)
{
	struct spool_key key;

	key.len = 0;
	spool_key_text(&key, "suspended", strlen("suspended"));
	spool_key_text(&key, hook, strlen(hook));
	return key;
}

int
spool_suspend(struct spool *spool, const char *hook, uint64_t since_ms)
{
	struct spool_key key = suspended_key(hook);
	unsigned char value[SUSPENDED_SIZE];

	if (since_ms == 0)
		return store_delete(spool->store, STORE_META, spool_key_bytes(&key)) == 0 || errno == ENOENT ? 0 : -1;
	wire_put_u64(wire_put_u8(value, SUSPENDED_VERSION), since_ms);
	return store_put(spool->store, STORE_META, spool_key_bytes(&key), (struct store_bytes){value, sizeof value});
}

int
spool_suspended(struct spool *spool, const char *hook, uint64_t *since_ms)
{
	struct spool_key key = suspended_key(hook);
	struct store_bytes value;
	struct wire_reader r;
	uint8_t version;

	if (store_get(spool->store, STORE_META, spool_key_bytes(&key), &value) != 0)
		return -1;
	wire_reader_init(&r, value.bytes, value.len);
	version = wire_get_u8(&r);
	*since_ms = wire_get_u64(&r);
	if (!r.bad && r.at == r.end && version == SUSPENDED_VERSION)
		return 0;
	errno = version > SUSPENDED_VERSION ? ENOTSUP : EPROTO;
	return -1;
}
