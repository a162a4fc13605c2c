/* A key of the table: source, and the id's or the guard's key. */
#include "spool_seen.h"

#include <errno.h>

#include "../protocol/event.h"
#include "seen.h"
#include "spool_key.h"

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

/* What a look came to, as what accepting does. */
static enum spool_accept
found(int result)
{
	if (result == 0)
		return SPOOL_DUPLICATE;
	return errno == ENOENT ? SPOOL_STORED : SPOOL_FAILED;
}

static enum spool_accept
put(struct seen *seen, const struct spool_key *key, uint64_t *number)
{
	int result = seen_put(seen, spool_key_bytes(key), number);

	if (result < 0)
		return SPOOL_FAILED;
	return result == 1 ? SPOOL_STORED : SPOOL_DUPLICATE;
}

enum spool_accept
spool_seen_add(struct seen *seen, const struct event *event, uint64_t *number)
{
	struct spool_key id = seen_key(event, EVENT_KEY), guard;
	enum spool_accept known;

	/* The guard is looked at first, so that nothing is remembered of what is no event. */
	if (event->len[EVENT_GUARD] > 0) {
		guard = seen_key(event, EVENT_GUARD);
		if ((known = found(seen_find(seen, spool_key_bytes(&guard), number))) != SPOOL_STORED)
			return known;
	}
	if ((known = found(seen_sealed_find(seen, spool_key_bytes(&id), number))) != SPOOL_STORED ||
	    (known = put(seen, &id, number)) != SPOOL_STORED)
		return known;
	return event->len[EVENT_GUARD] > 0 ? put(seen, &guard, number) : SPOOL_STORED;
}

int
spool_seen_find(struct seen *seen, const struct event *event, uint64_t *number)
{
	struct spool_key id = seen_key(event, EVENT_KEY);

	return seen_find(seen, spool_key_bytes(&id), number);
}

int
spool_seen_late(struct seen *seen, const struct event *event, uint64_t number)
{
	struct spool_key id = seen_key(event, EVENT_KEY), guard = seen_key(event, EVENT_GUARD);

	if (seen_late_put(seen, spool_key_bytes(&id), number) != 0)
		return -1;
	return event->len[EVENT_GUARD] > 0 ? seen_late_put(seen, spool_key_bytes(&guard), number) : 0;
}

int
spool_seen_late_forget(struct seen *seen, const struct event *event, uint64_t number)
{
	struct spool_key id = seen_key(event, EVENT_KEY), guard = seen_key(event, EVENT_GUARD);

	if (seen_late_delete(seen, spool_key_bytes(&id), number) != 0)
		return -1;
	return event->len[EVENT_GUARD] > 0 ? seen_late_delete(seen, spool_key_bytes(&guard), number) : 0;
}
