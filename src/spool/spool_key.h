/*
 * A key of a table under construction.  Texts without NUL end with one, numbers are big-endian: keys of a table are in the order of their
 * parts, and no two of them run into each other.
 */
#ifndef HOOKSPOOL_SPOOL_KEY_H
#define HOOKSPOOL_SPOOL_KEY_H

#include <stddef.h>
#include <stdint.h>

#include "store.h"

struct spool_key {
	unsigned char bytes[STORE_KEY_MAX];
	size_t len; /* 0: it has no part yet */
};

void spool_key_text(struct spool_key *, const char *text, size_t len); /* with its end */
void spool_key_u64(struct spool_key *, uint64_t);

/* For the store.  Borrows from the key. */
struct store_bytes spool_key_bytes(const struct spool_key *);

#endif
