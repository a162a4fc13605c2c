/*
 * Which generations there are: their records in `meta`, by name and number.  What has no record is no generation's, and is removed; so a record
 * that is not where it must be is no end of the list, but damage: nothing is opened then.
 */
#ifndef HOOKSPOOL_ROSTER_H
#define HOOKSPOOL_ROSTER_H

#include <stdint.h>

#include "spool_key.h"
#include "store.h"

/* The key of the record of generation ID. */
struct spool_key roster_key(const char *name, uint32_t id);

struct roster {
	const char *name;
	/* Takes one; 0: "late".  VALUE is borrowed.  Returns 0, or -1 with errno. */
	int (*take)(void *context, uint32_t id, const struct store_bytes *value);
	void *context;
};

/*
 * All of them, from the oldest on: numbers without a gap, but for late.  Returns 0, or -1 with errno: EPROTO (a key that can't be, or a gap; it is
 * logged), or what failed.
 */
int roster_read(const struct roster *, struct store_table *meta);

#endif
