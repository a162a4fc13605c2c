/* All rows of a table, in order. */
#ifndef POWERCUT_WALK_H
#define POWERCUT_WALK_H

#include "../../src/spool/store.h"

struct walk_row {
	struct store_bytes key, value; /* borrowed until the table is read again */
};

/* Returns how many there are. */
size_t walk_table(struct store_table *, void (*row)(void *context, const struct walk_row *), void *context);

/* A number in a key or a value. */
uint64_t walk_u64(const void *bytes);

#endif
