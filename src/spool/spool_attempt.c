/* The records of runs that ended: the last SPOOL_ATTEMPTS_KEPT of each delivery. */
#include "spool_attempt.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../lib/wire.h"
#include "record.h"
#include "spool_key.h"
#include "spool_private.h"

static struct spool_key
attempt_key(uint64_t number, const char *hook, uint32_t attempt)
{
	struct spool_key key;

	key.len = 0;
	spool_key_u64(&key, number);
	spool_key_text(&key, hook, strlen(hook));
	spool_key_u64(&key, attempt);
	return key;
}

int
spool_attempts(struct spool *spool, uint64_t number, const char *hook, const struct spool_reader *reader)
{
	struct spool_key from = attempt_key(number, hook, 0);
	struct store_table *table = spool_table(spool, STORE_ATTEMPT, number);
	struct store_entry entry;
	struct store_bytes key;

	for (;;) {
		struct attempt attempt;
		struct wire_reader r;
		uint64_t which;
		int stop;

		if (store_seek(table, spool_key_bytes(&from), &entry) != 0)
			return errno == ENOENT ? 0 : -1;
		key = entry.key;
		if (key.len < from.len - 8 || memcmp(key.bytes, from.bytes, from.len - 8) != 0)
			return 0;
		wire_reader_init(&r, (const unsigned char *)key.bytes + from.len - 8, key.len - (from.len - 8));
		which = wire_get_u64(&r);
		if (r.bad || r.at != r.end || which > UINT32_MAX) {
			errno = EPROTO;
			return -1;
		}
		if (record_get_attempt(&attempt, entry.value.bytes, entry.value.len) != 0)
			return -1;
		if ((stop = reader->seen(reader->context, (uint32_t)which, &attempt)) != 0)
			return stop;
		from.len -= 8;
		spool_key_u64(&from, which + 1);
	}
}

int
attempt_put(struct spool *spool, const struct spool_outcome *o)
{
	uint32_t which = o->after->attempts_all;
	struct store_table *table = spool_table(spool, STORE_ATTEMPT, o->number);
	struct spool_key key = attempt_key(o->number, o->hook, which);
	size_t size = record_attempt_size(o->attempt);
	unsigned char *record = malloc(size);
	int failed;

	if (record == NULL)
		return -1;
	record_put_attempt(o->attempt, record);
	failed = store_put(table, spool_key_bytes(&key), (struct store_bytes){record, size});
	free(record);
	if (failed != 0 || which <= SPOOL_ATTEMPTS_KEPT)
		return failed;
	key = attempt_key(o->number, o->hook, which - SPOOL_ATTEMPTS_KEPT);
	return store_delete(table, spool_key_bytes(&key)) == 0 || errno == ENOENT ? 0 : -1;
}

int
attempts_delete(struct spool *spool, uint64_t number, const char *hook, uint32_t last)
{
	struct store_table *table = spool_table(spool, STORE_ATTEMPT, number);
	uint32_t kept = last > SPOOL_ATTEMPTS_KEPT ? SPOOL_ATTEMPTS_KEPT : last;

	for (uint32_t before = 0; before < kept; before++) {
		struct spool_key key = attempt_key(number, hook, last - before);

		if (store_delete(table, spool_key_bytes(&key)) != 0 && errno != ENOENT)
			return -1;
	}
	return 0;
}
