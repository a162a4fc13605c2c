/*
 * Packs: the records of events that one transaction accepts one after another, as few values.  Each is put once and never changed, so the log
 * has hardly more than the records themselves.  Put one by one, ever growing numbers split the tree's last page with every few events, and
 * each time all of that page goes into the log, too.
 *
 * A pack's key is u64 number of its last event, u16 how many they are: numbers without a gap.  Its value is u8 version 1, then of each event,
 * ascending, u32 length and record.  What is to be deleted is in a pack of its own.
 */
#ifndef HOOKSPOOL_PACK_H
#define HOOKSPOOL_PACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store.h"

/*
 * Bytes of records in a pack, unless it has but one: to read one event the whole pack is read.  Four pages for large values, each of which
 * leaves 26 of its 4096 bytes to the library, without the version.
 */
#define PACK_BYTES (4 * (4096 - 26) - 1)

/* One that is being filled. */
struct pack {
	unsigned char *bytes;
	size_t room, len;
	uint64_t first; /* number */
	unsigned n;	/* events; 0: it is empty */
};

/* For records of at most RECORD_MAX bytes, PACK_BYTES or more.  Returns 0, or -1 with errno. */
int pack_init(struct pack *, size_t record_max);
void pack_free(struct pack *);

/* Forget what is in it. */
void pack_clear(struct pack *);

/* Whether event NUMBER with a record of LEN bytes can be added: where it is empty, any of at most RECORD_MAX. */
bool pack_fits(const struct pack *, uint64_t number, size_t len);
/* Add it, which fits.  Returns where the record is to be written. */
unsigned char *pack_add(struct pack *, uint64_t number, size_t len);

/* Where there is but one: its record, borrowed; leave no more than the first LEN bytes of it. */
struct store_bytes pack_single(const struct pack *);
void pack_cut_single(struct pack *, size_t len);

/* In a transaction: put what is in it, if anything is, and empty it.  Returns 0, or -1 with errno. */
int pack_put(struct pack *, struct store_table *);

/*
 * The record of event NUMBER.  Borrowed until the next call with a table of this kind; of the same pack it stays where it is.
 * Returns 0, or -1 with errno: ENOENT, EPROTO or ENOTSUP (no pack, or not of this version), or what failed.
 */
int pack_find(struct store_table *, uint64_t number, struct store_bytes *record);

/* The smallest number >= FROM that has a record.  Returns 0, or -1 with errno (ENOENT: there is none). */
int pack_next(struct store_table *, uint64_t from, uint64_t *number);

/* Of an event that is in a pack of its own: whether it is there (1, 0, or -1 with errno); delete it (0, or -1 with errno). */
int pack_has_single(struct store_table *, uint64_t number);
int pack_delete_single(struct store_table *, uint64_t number);

#endif
