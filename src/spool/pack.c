/*
 * A heap of Berkeley DB's takes records without splitting pages, too, but it looks for room: behind a start, a deletion, or each 16,000 pages it
 * reads every page that is not quite full before it goes on, which took 300 ms.
 */
#include "pack.h"

#include <errno.h>
#include <stdlib.h>

#include "../lib/wire.h"

#define VERSION 1
#define KEY_SIZE (8 + 2)
#define LENGTH_SIZE 4
#define EVENTS_MAX UINT16_MAX

int
pack_init(struct pack *pack, size_t record_max)
{
	*pack = (struct pack){.room = 1 + LENGTH_SIZE + record_max};
	return (pack->bytes = malloc(pack->room)) != NULL ? 0 : -1;
}

void
pack_free(struct pack *pack)
{
	free(pack->bytes);
	pack->bytes = NULL;
}

void
pack_clear(struct pack *pack)
{
	pack->n = 0;
}

bool
pack_fits(const struct pack *pack, uint64_t number, size_t len)
{
	if (pack->n == 0)
		return len <= pack->room - 1 - LENGTH_SIZE;
	return number == pack->first + pack->n && pack->n < EVENTS_MAX && len <= PACK_BYTES &&
	    pack->len + LENGTH_SIZE + len <= 1 + PACK_BYTES;
}

unsigned char *
pack_add(struct pack *pack, uint64_t number, size_t len)
{
	unsigned char *at;

	if (pack->n == 0) {
		pack->first = number;
		pack->len = (size_t)(wire_put_u8(pack->bytes, VERSION) - pack->bytes);
	}
	at = wire_put_u32(pack->bytes + pack->len, (uint32_t)len);
	pack->len += LENGTH_SIZE + len;
	pack->n++;
	return at;
}

struct store_bytes
pack_single(const struct pack *pack)
{
	return (struct store_bytes){pack->bytes + 1 + LENGTH_SIZE, pack->len - 1 - LENGTH_SIZE};
}

void
pack_cut_single(struct pack *pack, size_t len)
{
	wire_put_u32(pack->bytes + 1, (uint32_t)len);
	pack->len = 1 + LENGTH_SIZE + len;
}

static struct store_bytes
key_of(unsigned char key[KEY_SIZE], uint64_t last, unsigned n)
{
	wire_put_u16(wire_put_u64(key, last), (uint16_t)n);
	return (struct store_bytes){key, KEY_SIZE};
}

int
pack_put(struct pack *pack, struct store_table *table)
{
	unsigned char key[KEY_SIZE];
	unsigned n = pack->n;

	if (n == 0)
		return 0;
	pack->n = 0;
	return store_put(table, key_of(key, pack->first + n - 1, n), (struct store_bytes){pack->bytes, pack->len});
}

/* What a key says.  Returns 0, or -1 with errno. */
static int
read_key(const struct store_bytes *key, uint64_t *first, uint64_t *last)
{
	struct wire_reader r;
	unsigned n;

	wire_reader_init(&r, key->bytes, key->len);
	*last = wire_get_u64(&r);
	n = wire_get_u16(&r);
	*first = *last - n + 1;
	if (!r.bad && r.at == r.end && n > 0 && n <= *last)
		return 0;
	errno = EPROTO;
	return -1;
}

/* The record of the one with BEFORE others before it. */
static int
read_record(const struct store_bytes *pack, uint64_t before, struct store_bytes *record)
{
	struct wire_reader r;
	uint8_t version;
	uint32_t len = 0;

	wire_reader_init(&r, pack->bytes, pack->len);
	version = wire_get_u8(&r);
	if (!r.bad && version != VERSION) {
		errno = ENOTSUP;
		return -1;
	}
	for (uint64_t i = 0; i < before && !r.bad; i++)
		(void)wire_get_text(&r, pack->len, &len);
	record->bytes = wire_get_text(&r, pack->len, &len);
	record->len = len;
	if (!r.bad)
		return 0;
	errno = EPROTO;
	return -1;
}

/* What is behind all keys of packs that end before NUMBER, and before those of others. */
static struct store_bytes
seek_key(unsigned char key[KEY_SIZE], uint64_t number)
{
	return (struct store_bytes){key, (size_t)(wire_put_u64(key, number) - key)};
}

int
pack_find(struct store_table *table, uint64_t number, struct store_bytes *record)
{
	unsigned char key[KEY_SIZE];
	struct store_entry entry;
	uint64_t first, last;

	if (store_seek(table, seek_key(key, number), &entry) != 0 || read_key(&entry.key, &first, &last) != 0)
		return -1;
	if (number >= first)
		return read_record(&entry.value, number - first, record);
	errno = ENOENT;
	return -1;
}

int
pack_next(struct store_table *table, uint64_t from, uint64_t *number)
{
	unsigned char key[KEY_SIZE];
	struct store_bytes found;
	uint64_t first, last;

	if (store_seek_key(table, seek_key(key, from), &found) != 0 || read_key(&found, &first, &last) != 0)
		return -1;
	*number = first > from ? first : from;
	return 0;
}

int
pack_has_single(struct store_table *table, uint64_t number)
{
	unsigned char key[KEY_SIZE];

	return store_has(table, key_of(key, number, 1));
}

int
pack_delete_single(struct store_table *table, uint64_t number)
{
	unsigned char key[KEY_SIZE];

	return store_delete(table, key_of(key, number, 1));
}
