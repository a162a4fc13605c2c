/* Rows are few: a sorted array has them. */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "memory_store.h"

struct memory_disk memory_disk;

void
memory_free_row(struct memory_row *row)
{
	free(row->key);
	free(row->value);
}

static int
compare(struct store_bytes a, const struct memory_row *b)
{
	size_t least = a.len < b->key_len ? a.len : b->key_len;
	int order = least > 0 ? memcmp(a.bytes, b->key, least) : 0;

	return order != 0 ? order : (a.len > b->key_len) - (a.len < b->key_len);
}

size_t
memory_find(const struct memory_table *table, struct store_bytes key)
{
	size_t low = 0, high = table->n;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (compare(key, &table->rows[middle]) > 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

bool
memory_is_at(const struct memory_table *table, size_t at, struct store_bytes key)
{
	return at < table->n && compare(key, &table->rows[at]) == 0;
}

void
memory_put(struct memory_table *table, struct store_bytes key, struct store_bytes value)
{
	struct memory_row row = {fuzz_copy(key.bytes, key.len), fuzz_copy(value.bytes, value.len), key.len, value.len};
	size_t at = memory_find(table, key);

	if (memory_is_at(table, at, key)) {
		memory_free_row(&table->rows[at]);
		table->rows[at] = row;
		return;
	}
	if (table->n == table->room) {
		table->room = table->room * 2 + 16;
		table->rows = realloc(table->rows, table->room * sizeof table->rows[0]);
		FUZZ_HOLDS(table->rows != NULL);
	}
	memmove(table->rows + at + 1, table->rows + at, (table->n - at) * sizeof table->rows[0]);
	table->rows[at] = row;
	table->n++;
}

void
memory_delete(struct memory_table *table, size_t at)
{
	memory_free_row(&table->rows[at]);
	memmove(table->rows + at, table->rows + at + 1, (--table->n - at) * sizeof table->rows[0]);
}

void
memory_clear_table(struct memory_table *table)
{
	for (size_t i = 0; i < table->n; i++)
		memory_free_row(&table->rows[i]);
	free(table->rows);
	*table = (struct memory_table){.kind = table->kind, .generation = table->generation};
}

void
memory_clear(struct memory_disk *disk)
{
	for (size_t i = 0; i < disk->n; i++)
		memory_clear_table(&disk->tables[i]);
	disk->n = 0;
}

void
memory_copy(struct memory_disk *to, const struct memory_disk *from)
{
	for (to->n = 0; to->n < from->n; to->n++) {
		const struct memory_table *old = &from->tables[to->n];
		struct memory_table *new = &to->tables[to->n];

		*new = (struct memory_table){.kind = old->kind, .generation = old->generation, .there = old->there};
		if (old->n == 0)
			continue;
		new->rows = malloc(old->n * sizeof new->rows[0]);
		FUZZ_HOLDS(new->rows != NULL);
		for (new->n = 0; new->n < old->n; new->n++) {
			const struct memory_row *row = &old->rows[new->n];

			new->rows[new->n] = (struct memory_row){fuzz_copy(row->key, row->key_len),
			    fuzz_copy(row->value, row->value_len), row->key_len, row->value_len};
		}
		new->room = new->n;
	}
}
