/* Keys of the table: source, lane, number. */
#include "lane.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "../lib/wire.h"
#include "../protocol/event.h"
#include "spool_key.h"
#include "store.h"

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
lane_first(struct store_table *lanes, const struct lane *lane, uint64_t *number)
{
	struct spool_key from = lane_key(lane, 0);
	size_t prefix = from.len - 8;
	struct store_bytes key;
	struct wire_reader r;

	if (store_seek_key(lanes, spool_key_bytes(&from), &key) != 0)
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
lane_is_first(struct store_table *lanes, const struct lane *lane, uint64_t number)
{
	uint64_t first;

	if (lane->name_len == 0)
		return 1;
	if (lane_first(lanes, lane, &first) != 0)
		return -1;
	return first == number;
}

int
lane_enter(struct store_table *lanes, const struct lane *lane, uint64_t number, uint64_t *instead)
{
	struct spool_key key;
	uint64_t first = 0;
	bool empty = false;

	*instead = 0;
	if (lane->name_len == 0)
		return 1;
	if (lane_first(lanes, lane, &first) != 0) {
		if (errno != ENOENT)
			return -1;
		empty = true;
	}
	key = lane_key(lane, number);
	if (store_put(lanes, spool_key_bytes(&key), (struct store_bytes){"", 0}) != 0)
		return -1;
	if (empty || first == number)
		return 1;
	if (first < number)
		return 0;
	*instead = first;
	return 1;
}

int
lane_leave(struct store_table *lanes, const struct lane *lane, uint64_t number, uint64_t *next)
{
	struct spool_key key;

	*next = 0;
	if (lane->name_len == 0)
		return 0;
	key = lane_key(lane, number);
	if (store_delete(lanes, spool_key_bytes(&key)) != 0 && errno != ENOENT)
		return -1;
	return lane_first(lanes, lane, next) == 0 || errno == ENOENT ? 0 : -1;
}
