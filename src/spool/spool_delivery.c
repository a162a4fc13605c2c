/*
 * A delivery is in `due` while it is queued and its event is the first of its lane, or in none.
 */
#include "spool_delivery.h"

#include <errno.h>
#include <string.h>

#include "due.h"
#include "lane.h"
#include "record.h"
#include "spool_attempt.h"
#include "spool_key.h"
#include "spool_private.h"

static struct spool_key
delivery_key(uint64_t number, const char *hook)
{
	struct spool_key key;

	key.len = 0;
	spool_key_u64(&key, number);
	spool_key_text(&key, hook, strlen(hook));
	return key;
}

int
delivery_put(struct spool *spool, uint64_t number, const char *hook, const struct delivery *delivery)
{
	struct spool_key key = delivery_key(number, hook);
	unsigned char record[RECORD_DELIVERY_SIZE];

	record_put_delivery(delivery, record);
	return store_put(spool_table(spool, STORE_DELIVERY, number), spool_key_bytes(&key),
	    (struct store_bytes){record, sizeof record});
}

int
spool_delivery(struct spool *spool, uint64_t number, const char *hook, struct delivery *delivery)
{
	struct spool_key key = delivery_key(number, hook);
	struct store_bytes value;

	if (store_get(spool_table(spool, STORE_DELIVERY, number), spool_key_bytes(&key), &value) != 0)
		return -1;
	return record_get_delivery(delivery, value.bytes, value.len);
}

int
spool_deliveries(struct spool *spool, uint64_t number, struct spool_delivery *out, int max)
{
	struct store_table *table = spool_table(spool, STORE_DELIVERY, number);
	struct spool_key from;
	struct store_entry entry;
	struct store_bytes key;
	int n = 0;

	from.len = 0;
	spool_key_u64(&from, number);
	while (n < max) {
		size_t hook_len;

		if (store_seek(table, spool_key_bytes(&from), &entry) != 0)
			return errno == ENOENT ? n : -1;
		key = entry.key;
		if (key.len < 9 || memcmp(key.bytes, from.bytes, 8) != 0)
			return n;
		hook_len = key.len - 9;
		if (hook_len > SPOOL_HOOK_MAX) {
			errno = EPROTO;
			return -1;
		}
		memcpy(out[n].hook, (const char *)key.bytes + 8, hook_len);
		out[n].hook[hook_len] = '\0';
		if (record_get_delivery(&out[n].delivery, entry.value.bytes, entry.value.len) != 0)
			return -1;
		memcpy(from.bytes, key.bytes, key.len);
		from.bytes[key.len] = 1; /* the smallest key after this one that can exist */
		from.len = key.len + 1;
		n++;
	}
	return n;
}

enum generation_counter
delivery_counter(enum delivery_state state)
{
	switch (state) {
	case DELIVERY_QUEUED:
		return COUNT_QUEUED;
	case DELIVERY_DONE:
		return COUNT_DONE;
	case DELIVERY_DEAD:
		return COUNT_DEAD;
	default:
		return COUNT_DROPPED;
	}
}

static void
count(struct spool *spool, uint64_t number, enum delivery_state state, int64_t by)
{
	spool_count(spool, number, delivery_counter(state), by);
}

int
delivery_change(struct spool *spool, const struct delivery_change *c)
{
	if (delivery_put(spool, c->number, c->hook, c->new) != 0 ||
	    due_delete(&spool->due, c->hook, c->old->next_ms, c->number) != 0)
		return -1;
	count(spool, c->number, c->old->state, -1);
	count(spool, c->number, c->new->state, 1);
	return 0;
}

int
deliveries_look(struct spool *spool, uint64_t number, bool *queued)
{
	struct spool_delivery all[SPOOL_DELIVERIES_MAX];
	int n = spool_deliveries(spool, number, all, SPOOL_DELIVERIES_MAX);

	*queued = false;
	for (int i = 0; i < n; i++)
		*queued |= all[i].delivery.state == DELIVERY_QUEUED;
	return n;
}

/* Put the event's queued deliveries into `due`, or take them out. */
static int
change_due(struct spool *spool, uint64_t number,
    int (*change)(struct due *, const char *hook, uint64_t due_ms, uint64_t number))
{
	struct spool_delivery all[SPOOL_DELIVERIES_MAX];
	int n = spool_deliveries(spool, number, all, SPOOL_DELIVERIES_MAX);

	for (int i = 0; i < n; i++) {
		const struct delivery *d = &all[i].delivery;

		if (d->state == DELIVERY_QUEUED && change(&spool->due, all[i].hook, d->next_ms, number) != 0)
			return -1;
	}
	return n < 0 ? -1 : 0;
}

int
deliveries_enter(struct spool *spool, const struct lane *lane, uint64_t number)
{
	uint64_t instead;
	int first = lane_enter(spool->lane, lane, number, &instead);

	return first == 1 && instead != 0 && change_due(spool, instead, due_delete) != 0 ? -1 : first;
}

int
deliveries_leave(struct spool *spool, const struct lane *lane, uint64_t number)
{
	bool queued;
	uint64_t next;

	if (lane->name_len == 0)
		return 0;
	if (deliveries_look(spool, number, &queued) < 0)
		return -1;
	if (queued)
		return 0;
	if (lane_leave(spool->lane, lane, number, &next) != 0)
		return -1;
	return next == 0 ? 0 : change_due(spool, next, due_put);
}

int
deliveries_add(struct spool *spool, const struct deliveries_new *all)
{
	struct delivery new = {.state = DELIVERY_QUEUED, .next_ms = all->now_ms};
	int first;

	if (all->n == 0)
		return 0;
	if ((first = deliveries_enter(spool, all->lane, all->number)) < 0)
		return -1;
	for (size_t i = 0; i < all->n; i++)
		if (delivery_put(spool, all->number, all->hooks[i], &new) != 0 ||
		    (first == 1 && due_put(&spool->due, all->hooks[i], all->now_ms, all->number) != 0))
			return -1;
	spool_count(spool, all->number, COUNT_QUEUED, (int64_t)all->n);
	return 0;
}

int
delivery_delete(struct spool *spool, uint64_t number, const char *hook)
{
	struct spool_key key = delivery_key(number, hook);
	struct delivery old;

	if (spool_delivery(spool, number, hook, &old) != 0 ||
	    attempts_delete(spool, number, hook, old.attempts_all) != 0 ||
	    due_delete(&spool->due, hook, old.next_ms, number) != 0 ||
	    store_delete(spool_table(spool, STORE_DELIVERY, number), spool_key_bytes(&key)) != 0)
		return -1;
	count(spool, number, old.state, -1);
	return 0;
}

int
deliveries_delete(struct spool *spool, uint64_t number)
{
	struct spool_delivery all[SPOOL_DELIVERIES_MAX];
	int n = spool_deliveries(spool, number, all, SPOOL_DELIVERIES_MAX);

	for (int i = 0; i < n; i++)
		if (delivery_delete(spool, number, all[i].hook) != 0)
			return -1;
	return n;
}
