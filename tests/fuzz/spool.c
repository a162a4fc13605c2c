/*
 * A whole spool with damaged tables: one is made by the real code, over a store in memory; the input damages some rows; then it is opened and
 * served.  Whatever is in the rows, each call ends, says why when it fails, and reads nothing that is not there; and where only values of single
 * events, deliveries and attempts are damaged, all other events are as they were, and can be run and repaired.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "../../src/lib/log.h"
#include "fuzz.h"
#include "memory_store.h"
#include "spool_served.h"

#define DAMAGES_MAX 6
#define CALLS_MAX 200000 /* of the store, by one input; an undamaged spool takes some thousand */

const char fuzz_name[] = "spool";
const unsigned long fuzz_runs = 1200;
unsigned long fuzz_accepted;

static struct memory_disk whole;

struct input {
	const uint8_t *at, *end;
};

static unsigned
next_byte(struct input *in)
{
	return in->at < in->end ? *in->at++ : 0;
}

static uint64_t
next_u64(struct input *in)
{
	uint64_t n = 0;

	for (int i = 0; i < 8; i++)
		n = n << 8 | next_byte(in);
	return n;
}

/* Bytes of the input in the place of LEN old ones at AT. */
static void
replace(unsigned char **bytes, size_t *size, size_t at, size_t len, struct input *in)
{
	size_t n = next_byte(in) % 40;
	unsigned char *new = malloc(*size - len + n + 1);

	FUZZ_HOLDS(new != NULL);
	memcpy(new, *bytes, at);
	for (size_t i = 0; i < n; i++)
		new[at + i] = (unsigned char)next_byte(in);
	memcpy(new + at + n, *bytes + at + len, *size - at - len);
	free(*bytes);
	*bytes = new;
	*size = *size - len + n;
}

/* A number that may be large, in the place of another. */
static void
overwrite_number(unsigned char *bytes, size_t size, size_t at, struct input *in)
{
	static const uint64_t numbers[] = {0, 1, 2, UINT64_MAX, UINT64_MAX - 1, INT64_MAX, 1u << 31, UINT32_MAX,
	    (uint64_t)UINT32_MAX + 1, 1700000000000, 64, 12};
	unsigned which = next_byte(in);
	uint64_t n = which < sizeof numbers / sizeof numbers[0] ? numbers[which] : next_u64(in);
	size_t width = which % 2 == 0 ? 8 : 4;

	for (size_t i = 0; i < width && at + i < size; i++)
		bytes[at + i] = (unsigned char)(n >> (8 * (width - 1 - i)));
}

static void
damage_bytes(unsigned char **bytes, size_t *size, struct input *in)
{
	size_t at = *size > 0 ? (next_byte(in) + (*size > 256 ? next_byte(in) * 256u : 0u)) % *size : 0, len;

	switch (next_byte(in) % 5) {
	case 0:
		if (*size > 0)
			(*bytes)[at] = (unsigned char)next_byte(in);
		break;
	case 1:
		if (*size > 0)
			(*bytes)[at] ^= (unsigned char)(1u << next_byte(in) % 8);
		break;
	case 2:
		overwrite_number(*bytes, *size, at, in);
		break;
	case 3:
		*size = at;
		break;
	default:
		len = next_byte(in);
		replace(bytes, size, at, len > *size - at ? *size - at : len, in);
	}
}

/* A row with a damaged key is another row. */
static void
damage_key(struct memory_table *table, size_t at, bool keep, struct input *in)
{
	const struct memory_row *row = &table->rows[at];
	size_t key_len = row->key_len, value_len = row->value_len;
	unsigned char *key = fuzz_copy(row->key, key_len), *value = fuzz_copy(row->value, value_len);

	damage_bytes(&key, &key_len, in);
	if (!keep)
		memory_delete(table, at);
	if (key_len <= STORE_KEY_MAX)
		memory_put(table, (struct store_bytes){key, key_len}, (struct store_bytes){value, value_len});
	free(key);
	free(value);
}

/* The events that a row is about. */
static void
note_damage(struct served *served, const struct memory_table *table, const struct memory_row *row)
{
	uint64_t last = 0, n = 1;

	if (table->kind > STORE_ATTEMPT || row->key_len < 10) { /* the key was damaged before */
		served->any = true;
		return;
	}
	for (int i = 0; i < 8; i++)
		last = last << 8 | row->key[i];
	if (table->kind == STORE_EVENT)
		n = (uint64_t)row->key[8] << 8 | row->key[9];
	for (uint64_t number = last - n + 1; number <= last; number++)
		served->damaged[number % SERVED_NUMBERS] = true;
}

static void
damage(struct served *served, struct input *in)
{
	struct memory_table *table = &memory_disk.tables[next_byte(in) % memory_disk.n];
	struct memory_row *row;
	unsigned what = next_byte(in) % 8;
	size_t at;

	if (table->n == 0)
		return;
	row = &table->rows[at = next_byte(in) % table->n];
	if (what < 5) {
		note_damage(served, table, row);
		damage_bytes(&row->value, &row->value_len, in);
		return;
	}
	served->any = true;
	if (what == 7)
		memory_delete(table, at);
	else
		damage_key(table, at, what == 5, in);
}

static void
begin(void)
{
	log_open("fuzz", "/dev/null");
	served_make();
	memory_copy(&whole, &memory_disk);
	memory_clear(&memory_disk);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct input in = {bytes, bytes + len};
	struct served served = {.any = false};

	if (whole.n == 0)
		begin();
	memory_copy(&memory_disk, &whole);
	memory_calls = 0;
	memory_calls_max = CALLS_MAX;
	for (unsigned n = next_byte(&in) % (DAMAGES_MAX + 1); n > 0; n--)
		damage(&served, &in);
	served.how = next_byte(&in);
	fuzz_accepted += served_serve(&served);
	memory_clear(&memory_disk);
	return 0;
}
