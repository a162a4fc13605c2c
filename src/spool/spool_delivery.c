/*
 * Deliveries: one event for one hook each, their attempts, and the table of what is due.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../lib/wire.h"
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

static struct spool_key
attempt_key(uint64_t number, const char *hook, uint32_t attempt)
{
	struct spool_key key = delivery_key(number, hook);

	spool_key_u64(&key, attempt);
	return key;
}

static struct spool_key
due_key(const char *hook, uint64_t due_ms, uint64_t number)
{
	struct spool_key key;

	key.len = 0;
	spool_key_text(&key, hook, strlen(hook));
	spool_key_u64(&key, due_ms);
	spool_key_u64(&key, number);
	return key;
}

int
delivery_put(struct spool *spool, uint64_t number, const char *hook, const struct delivery *delivery)
{
	struct spool_key key = delivery_key(number, hook);
	unsigned char record[RECORD_DELIVERY_SIZE];

	record_put_delivery(delivery, record);
	return store_put(
	    spool->store, STORE_DELIVERY, spool_key_bytes(&key), (struct store_bytes){record, sizeof record});
}

int
due_put(struct spool *spool, const char *hook, uint64_t due_ms, uint64_t number, const struct spool_wake *wake)
{
	struct spool_key key = due_key(hook, due_ms, number);

	if (store_put(spool->store, STORE_DUE, spool_key_bytes(&key), (struct store_bytes){"", 0}) != 0)
		return -1;
	if (wake != NULL)
		wake->woken(wake->context, hook, due_ms);
	return 0;
}

int
due_delete(struct spool *spool, const char *hook, uint64_t due_ms, uint64_t number)
{
	struct spool_key key = due_key(hook, due_ms, number);

	return store_delete(spool->store, STORE_DUE, spool_key_bytes(&key)) == 0 || errno == ENOENT ? 0 : -1;
}

int
spool_due(struct spool *spool, const char *hook, uint64_t *after_ms, uint64_t *after_number)
{
	struct spool_key from = due_key(hook, *after_ms, *after_number + 1);
	size_t prefix = from.len - 16;
	struct store_bytes key;
	struct wire_reader r;

	if (store_seek_key(spool->store, STORE_DUE, spool_key_bytes(&from), &key) != 0)
		return -1;
	if (key.len != from.len || memcmp(key.bytes, from.bytes, prefix) != 0) {
		errno = ENOENT;
		return -1;
	}
	wire_reader_init(&r, (const unsigned char *)key.bytes + prefix, 16);
	*after_ms = wire_get_u64(&r);
	*after_number = wire_get_u64(&r);
	return 0;
}

int
spool_due_hook(struct spool *spool, char *hook)
{
	struct spool_key from;
	struct store_bytes key;
	size_t len;

	from.len = 0;
	spool_key_text(&from, hook, strlen(hook));
	from.bytes[from.len - 1] = 1; /* behind all keys of this hook: they have a NUL there */
	if (store_seek_key(spool->store, STORE_DUE, spool_key_bytes(&from), &key) != 0)
		return -1;
	len = strnlen(key.bytes, key.len);
	if (len > SPOOL_HOOK_MAX) {
		errno = EPROTO;
		return -1;
	}
	memcpy(hook, key.bytes, len);
	hook[len] = '\0';
	return 0;
}

int
spool_delivery(struct spool *spool, uint64_t number, const char *hook, struct delivery *delivery)
{
	struct spool_key key = delivery_key(number, hook);
	struct store_bytes value;

	if (store_get(spool->store, STORE_DELIVERY, spool_key_bytes(&key), &value) != 0)
		return -1;
	return record_get_delivery(delivery, value.bytes, value.len);
}

int
spool_deliveries(struct spool *spool, uint64_t number, struct spool_delivery *out, int max)
{
	struct spool_key from;
	struct store_entry entry;
	struct store_bytes key;
	int n = 0;

	from.len = 0;
	spool_key_u64(&from, number);
	while (n < max) {
		size_t hook_len;

		if (store_seek(spool->store, STORE_DELIVERY, spool_key_bytes(&from), &entry) != 0)
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

int
spool_attempts(struct spool *spool, uint64_t number, const char *hook,
    int (*seen)(void *, uint32_t, const struct attempt *), void *context)
{
	struct spool_key from = attempt_key(number, hook, 0);
	struct store_entry entry;
	struct store_bytes key;

	for (;;) {
		struct attempt attempt;
		struct wire_reader r;
		uint64_t which;
		int stop;

		if (store_seek(spool->store, STORE_ATTEMPT, spool_key_bytes(&from), &entry) != 0)
			return errno == ENOENT ? 0 : -1;
		key = entry.key;
		if (key.len != from.len || memcmp(key.bytes, from.bytes, from.len - 8) != 0)
			return 0;
		wire_reader_init(&r, (const unsigned char *)key.bytes + key.len - 8, 8);
		which = wire_get_u64(&r);
		if (record_get_attempt(&attempt, entry.value.bytes, entry.value.len) != 0)
			return -1;
		if ((stop = seen(context, (uint32_t)which, &attempt)) != 0)
			return stop;
		from.len -= 8;
		spool_key_u64(&from, which + 1);
	}
}

static int
attempt_put(struct spool *spool, uint64_t number, const char *hook, uint32_t which, const struct attempt *attempt)
{
	struct spool_key key = attempt_key(number, hook, which);
	size_t size = record_attempt_size(attempt);
	unsigned char *record = malloc(size);
	int failed;

	if (record == NULL)
		return -1;
	record_put_attempt(attempt, record);
	failed = store_put(spool->store, STORE_ATTEMPT, spool_key_bytes(&key), (struct store_bytes){record, size});
	free(record);
	if (failed != 0 || which <= SPOOL_ATTEMPTS_KEPT)
		return failed;
	key = attempt_key(number, hook, which - SPOOL_ATTEMPTS_KEPT);
	return store_delete(spool->store, STORE_ATTEMPT, spool_key_bytes(&key)) == 0 || errno == ENOENT ? 0 : -1;
}

static uint64_t *
counter_of(struct spool *spool, enum delivery_state state)
{
	switch (state) {
	case DELIVERY_QUEUED:
		return &spool->counters.queued;
	case DELIVERY_DONE:
		return &spool->counters.done;
	case DELIVERY_DEAD:
		return &spool->counters.dead;
	default:
		return &spool->counters.dropped;
	}
}

int
delivery_change(
    struct spool *spool, const struct spool_change *c, const struct delivery *old, const struct delivery *new)
{
	if (delivery_put(spool, c->number, c->hook, new) != 0 ||
	    due_delete(spool, c->hook, old->next_ms, c->number) != 0)
		return -1;
	--*counter_of(spool, old->state);
	++*counter_of(spool, new->state);
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

int
leave_if_finished(struct spool *spool, const struct lane *lane, uint64_t number, const struct spool_wake *wake)
{
	bool queued;

	if (lane->name_len == 0)
		return 0;
	if (deliveries_look(spool, number, &queued) < 0)
		return -1;
	return queued ? 0 : lane_leave(spool, lane, number, wake);
}

int
spool_outcome(struct spool *spool, uint64_t number, const char *hook, const struct delivery *delivery,
    const struct attempt *attempt, const struct spool_wake *wake)
{
	struct event event;
	struct delivery old;
	struct lane lane;
	int first;

	if (spool_event_head(spool, number, &event) != 0 || spool_delivery(spool, number, hook, &old) != 0)
		return -1;
	lane = lane_of(&event);
	if (attempt_put(spool, number, hook, delivery->attempts_all, attempt) != 0 ||
	    delivery_change(spool, &(struct spool_change){number, hook, 0, wake}, &old, delivery) != 0)
		return -1;
	if (delivery->state == DELIVERY_QUEUED) {
		first = lane_is_first(spool, &lane, number);
		return first <= 0 ? first : due_put(spool, hook, delivery->next_ms, number, wake);
	}
	return leave_if_finished(spool, &lane, number, wake);
}

int
deliveries_add(struct spool *spool, uint64_t number, const struct lane *lane, const char *const *hooks, size_t n,
    uint64_t now_ms, const struct spool_wake *wake)
{
	struct delivery new = {.state = DELIVERY_QUEUED, .next_ms = now_ms};
	int first;

	if (n == 0)
		return 0;
	if ((first = lane_enter(spool, lane, number)) < 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		if (delivery_put(spool, number, hooks[i], &new) != 0 ||
		    (first == 1 && due_put(spool, hooks[i], now_ms, number, wake) != 0))
			return -1;
	spool->counters.queued += n;
	return 0;
}

static int
attempts_delete(struct spool *spool, uint64_t number, const char *hook, uint32_t last)
{
	uint32_t first = last > SPOOL_ATTEMPTS_KEPT ? last - SPOOL_ATTEMPTS_KEPT + 1 : 1;

	for (uint32_t which = first; which <= last; which++) {
		struct spool_key key = attempt_key(number, hook, which);

		if (store_delete(spool->store, STORE_ATTEMPT, spool_key_bytes(&key)) != 0 && errno != ENOENT)
			return -1;
	}
	return 0;
}

int
delivery_delete(struct spool *spool, uint64_t number, const char *hook)
{
	struct spool_key key = delivery_key(number, hook);
	struct delivery old;

	if (spool_delivery(spool, number, hook, &old) != 0 ||
	    attempts_delete(spool, number, hook, old.attempts_all) != 0 ||
	    due_delete(spool, hook, old.next_ms, number) != 0 ||
	    store_delete(spool->store, STORE_DELIVERY, spool_key_bytes(&key)) != 0)
		return -1;
	--*counter_of(spool, old.state);
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
	return n < 0 ? -1 : 0;
}
