/*
 * One hash table for a whole scan: key is the object's number and the name as its characters.  The hash is SipHash-2-4
 * (Aumasson, Bernstein, "SipHash: a fast short-input PRF", 2012) under a random key, so that whoever writes a text can't make names collide.
 */
#include "json_names.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "json_escape.h"

#define SLOTS_SMALL 256 /* kept between scans */
#define SHORT_NAME 64	/* longer names with escapes are unescaped in memory of their own */

struct slot {
	uint64_t hash;
	const char *name;
	uint32_t len, object; /* object 0: free */
};

struct json_names {
	uint64_t key[2];
	struct slot *slots;
	size_t size, used; /* SIZE is a power of two */
};

#define ROTATE(x, b) ((x) << (b) | (x) >> (64 - (b)))

static void
sip_round(uint64_t *v)
{
	v[0] += v[1];
	v[1] = ROTATE(v[1], 13) ^ v[0];
	v[0] = ROTATE(v[0], 32);
	v[2] += v[3];
	v[3] = ROTATE(v[3], 16) ^ v[2];
	v[0] += v[3];
	v[3] = ROTATE(v[3], 21) ^ v[0];
	v[2] += v[1];
	v[1] = ROTATE(v[1], 17) ^ v[2];
	v[2] = ROTATE(v[2], 32);
}

static void
sip_word(uint64_t *v, uint64_t word)
{
	v[3] ^= word;
	sip_round(v);
	sip_round(v);
	v[0] ^= word;
}

/* The object's number goes in first; the length closes the text. */
static uint64_t
hash_of(const struct json_names *names, uint32_t object, const char *text, size_t len)
{
	uint64_t v[4] = {names->key[0] ^ 0x736f6d6570736575u, names->key[1] ^ 0x646f72616e646f6du,
	    names->key[0] ^ 0x6c7967656e657261u, names->key[1] ^ 0x7465646279746573u};
	uint64_t word;
	size_t i = 0;

	sip_word(v, object);
	for (; i + 8 <= len; i += 8) {
		memcpy(&word, text + i, 8);
		sip_word(v, word);
	}
	word = (uint64_t)len << 56;
	for (size_t shift = 0; i < len; i++, shift += 8)
		word |= (uint64_t)(unsigned char)text[i] << shift;
	sip_word(v, word);
	v[2] ^= 0xff;
	for (int round = 0; round < 4; round++)
		sip_round(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

struct json_names *
json_names_new(void)
{
	struct json_names *names = calloc(1, sizeof *names);

	if (names == NULL)
		return NULL;
	names->size = SLOTS_SMALL;
	names->slots = calloc(names->size, sizeof names->slots[0]);
	if (names->slots == NULL || getrandom(names->key, sizeof names->key, 0) != (ssize_t)sizeof names->key) {
		json_names_free(names);
		return NULL;
	}
	return names;
}

void
json_names_free(struct json_names *names)
{
	if (names == NULL)
		return;
	free(names->slots);
	free(names);
}

void
json_names_reset(struct json_names *names)
{
	if (names->used == 0)
		return;
	if (names->size > SLOTS_SMALL) {
		struct slot *small = realloc(names->slots, SLOTS_SMALL * sizeof *small);

		if (small != NULL) {
			names->slots = small;
			names->size = SLOTS_SMALL;
		}
	}
	memset(names->slots, 0, names->size * sizeof names->slots[0]);
	names->used = 0;
}

static struct slot *
free_slot(struct slot *slots, size_t size, uint64_t hash)
{
	size_t at = hash & (size - 1);

	while (slots[at].object != 0)
		at = (at + 1) & (size - 1);
	return &slots[at];
}

static int
grow(struct json_names *names)
{
	size_t size = names->size * 2;
	struct slot *slots = calloc(size, sizeof *slots);

	if (slots == NULL)
		return -1;
	for (size_t i = 0; i < names->size; i++)
		if (names->slots[i].object != 0)
			*free_slot(slots, size, names->slots[i].hash) = names->slots[i];
	free(names->slots);
	names->slots = slots;
	names->size = size;
	return 0;
}

/* Two 64-bit hashes under a secret key are equal: compare the characters. */
static bool
same_name(const struct slot *slot, const char *text, size_t len)
{
	char *other;
	bool same;

	if (memchr(slot->name, '\\', slot->len) == NULL)
		return slot->len == len && memcmp(slot->name, text, len) == 0;
	if ((other = malloc(slot->len)) == NULL)
		return true; /* refuse rather than let a duplicate through */
	same = json_unescape(other, slot->name, slot->len) == len && memcmp(other, text, len) == 0;
	free(other);
	return same;
}

static enum json_names_result
add(struct json_names *names, struct slot new, const char *text, size_t len)
{
	size_t at;

	new.hash = hash_of(names, new.object, text, len);
	for (at = new.hash &(names->size - 1); names->slots[at].object != 0; at = (at + 1) & (names->size - 1)) {
		const struct slot *slot = &names->slots[at];

		if (slot->hash == new.hash && slot->object == new.object &&same_name(slot, text, len))
			return JSON_NAMES_KNOWN;
	}
	names->slots[at] = new;
	names->used++;
	if (names->used * 2 > names->size && grow(names) != 0)
		return JSON_NAMES_NO_MEMORY;
	return JSON_NAMES_NEW;
}

enum json_names_result
json_names_add(struct json_names *names, uint32_t object, const char *name, size_t len)
{
	struct slot new = {.name = name, .len = (uint32_t)len, .object = object};
	char small[SHORT_NAME], *text = small;
	enum json_names_result result;

	if (memchr(name, '\\', len) == NULL)
		return add(names, new, name, len);
	if (len > sizeof small && (text = malloc(len)) == NULL)
		return JSON_NAMES_NO_MEMORY;
	result = add(names, new, text, json_unescape(text, name, len));
	if (text != small)
		free(text);
	return result;
}
