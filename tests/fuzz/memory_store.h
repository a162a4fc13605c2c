/*
 * The store (src/spool/store.h) in memory, for targets that open a spool thousands of times a second: no disk, no thread, and a transaction that
 * can be taken back.  What it lends is freed at the moment from which nobody may use it any more, so that the sanitizer sees who does.
 */
#ifndef HOOKSPOOL_FUZZ_MEMORY_STORE_H
#define HOOKSPOOL_FUZZ_MEMORY_STORE_H

#include <stdbool.h>

#include "../../src/spool/store.h"

struct memory_row {
	unsigned char *key, *value;
	size_t key_len, value_len;
};

/* One file. */
struct memory_table {
	enum store_kind kind;
	uint32_t generation;
	struct memory_row *rows; /* ascending */
	size_t n, room;
	bool there;
};

#define MEMORY_TABLES_MAX 128

/* What is there when nobody has it open. */
struct memory_disk {
	struct memory_table tables[MEMORY_TABLES_MAX];
	size_t n;
};

/* The one that store_open() opens. */
extern struct memory_disk memory_disk;

/* How often the store was called, and how often it may be: who loops for ever calls it. */
extern unsigned long memory_calls, memory_calls_max;

/* TO, which has nothing, becomes a copy of FROM; forget all of it. */
void memory_copy(struct memory_disk *to, const struct memory_disk *from);
void memory_clear(struct memory_disk *);

/* Put, whatever was there; a row's end; all rows' end, and there is no file. */
void memory_put(struct memory_table *, struct store_bytes key, struct store_bytes value);
void memory_delete(struct memory_table *, size_t row);
void memory_clear_table(struct memory_table *);
void memory_free_row(struct memory_row *);

/* The first row that is not before KEY, and whether it is KEY's. */
size_t memory_find(const struct memory_table *, struct store_bytes key);
bool memory_is_at(const struct memory_table *, size_t row, struct store_bytes key);

#endif
