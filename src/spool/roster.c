/* Generations begin and go one after another: a number that is missing between two was not forgotten, but lost. */
#include "roster.h"

#include <errno.h>
#include <string.h>

#include "../lib/log.h"
#include "../lib/wire.h"
#include "files.h"

struct spool_key
roster_key(const char *name, uint32_t id)
{
	struct spool_key key;

	key.len = 0;
	spool_key_text(&key, name, strlen(name));
	spool_key_u64(&key, id);
	return key;
}

/* What KEY says of PREFIX bytes and a number.  Returns 0, or -1: it is no such key. */
static int
read_id(const struct store_bytes *key, size_t prefix, uint32_t *id)
{
	struct wire_reader r;
	uint64_t n;

	wire_reader_init(&r, (const unsigned char *)key->bytes + prefix, key->len - prefix);
	n = wire_get_u64(&r);
	*id = (uint32_t)n;
	return !r.bad && r.at == r.end && n < UINT32_MAX ? 0 : -1;
}

static int
refuse(const struct roster *roster, uint32_t last)
{
	log_error(
	    "spool: the records of the generations (%s) are damaged behind number %u: restore the spool from a backup",
	    roster->name, (unsigned)last);
	errno = EPROTO;
	return -1;
}

int
roster_read(const struct roster *roster, struct store_table *meta)
{
	struct spool_key from;
	struct store_entry entry;
	size_t prefix;
	uint32_t last = FILES_LATE, id;

	from.len = 0;
	spool_key_text(&from, roster->name, strlen(roster->name));
	prefix = from.len;
	while (store_seek(meta, spool_key_bytes(&from), &entry) == 0) {
		if (entry.key.len < prefix || memcmp(entry.key.bytes, from.bytes, prefix) != 0)
			return 0;
		if (read_id(&entry.key, prefix, &id) != 0 || (last != FILES_LATE && id != last + 1))
			return refuse(roster, last);
		if (roster->take(roster->context, id, &entry.value) != 0)
			return -1;
		last = id;
		from = roster_key(roster->name, id + 1);
	}
	return errno == ENOENT ? 0 : -1;
}
