/* A key of the table: source, and the id's or the guard's key. */
#include "spool_seen.h"

#include <errno.h>

#include "../lib/wire.h"
#include "../protocol/event.h"
#include "spool_key.h"
#include "store.h"

#define SEEN_VERSION 1
#define SEEN_SIZE 17 /* version, number, received */

/* TEXT is EVENT_KEY or EVENT_GUARD: two different keys of an event never begin alike. */
static struct spool_key
seen_key(const struct event *event, enum event_text text)
{
	struct spool_key key;

	key.len = 0;
	spool_key_text(&key, event->text[EVENT_SOURCE], event->len[EVENT_SOURCE]);
	spool_key_text(&key, event->text[text], event->len[text]);
	return key;
}

static int
seen_get(struct store *store, const struct spool_key *key, uint64_t *number)
{
	struct store_bytes value;
	struct wire_reader r;
	uint8_t version;

	if (store_get(store, STORE_SEEN, spool_key_bytes(key), &value) != 0)
		return -1;
	wire_reader_init(&r, value.bytes, value.len);
	version = wire_get_u8(&r);
	*number = wire_get_u64(&r);
	wire_get_u64(&r);
	if (r.bad || r.at != r.end || version != SEEN_VERSION) {
		errno = version > SEEN_VERSION ? ENOTSUP : EPROTO;
		return -1;
	}
	return 0;
}

static enum spool_accept
seen_put(struct store *store, const struct event *event, enum event_text text, uint64_t *number)
{
	struct spool_key key = seen_key(event, text);
	unsigned char value[SEEN_SIZE], *p = wire_put_u8(value, SEEN_VERSION);

	p = wire_put_u64(p, *number);
	wire_put_u64(p, event->received_ms);
	if (store_add(store, STORE_SEEN, spool_key_bytes(&key), (struct store_bytes){value, sizeof value}) == 0)
		return SPOOL_STORED;
	if (errno != EEXIST || seen_get(store, &key, number) != 0)
		return SPOOL_FAILED;
	return SPOOL_DUPLICATE;
}

enum spool_accept
seen_add(struct store *store, const struct event *event, uint64_t *number)
{
	enum spool_accept result;

	/* The guard is looked at first, so that nothing is remembered of what is no event. */
	if (event->len[EVENT_GUARD] > 0) {
		struct spool_key guard = seen_key(event, EVENT_GUARD);

		if (seen_get(store, &guard, number) == 0)
			return SPOOL_DUPLICATE;
		if (errno != ENOENT)
			return SPOOL_FAILED;
	}
	result = seen_put(store, event, EVENT_KEY, number);
	return result == SPOOL_STORED && event->len[EVENT_GUARD] > 0 ? seen_put(store, event, EVENT_GUARD, number)
								     : result;
}

/* Forget a key, unless a later event has taken it. */
static int
seen_delete(struct store *store, const struct event *event, enum event_text text, uint64_t number)
{
	struct spool_key key = seen_key(event, text);
	uint64_t owner;

	if (event->len[text] == 0)
		return 0;
	if (seen_get(store, &key, &owner) != 0)
		return errno == ENOENT ? 0 : -1;
	return owner == number ? store_delete(store, STORE_SEEN, spool_key_bytes(&key)) : 0;
}

int
seen_forget(struct store *store, const struct event *event, uint64_t number)
{
	return seen_delete(store, event, EVENT_KEY, number) != 0 || seen_delete(store, event, EVENT_GUARD, number) != 0
	    ? -1
	    : 0;
}
