/* What the store and its tables share; the only header that knows Berkeley DB, and nobody else includes it. */
#ifndef HOOKSPOOL_STORE_PRIVATE_H
#define HOOKSPOOL_STORE_PRIVATE_H

#include <db.h>

#include "store.h"

/* What was last read of a kind of tables: a free-threaded handle has no memory for it. */
struct store_memory {
	unsigned char key[STORE_KEY_MAX];
	void *value;
	uint32_t room; /* bytes of it */
};

DB_ENV *store_env(const struct store *);
DB_TXN *store_txn(const struct store *); /* NULL: none is open */
struct store_memory *store_memory(struct store *, enum store_kind);

/* Returns what follows the name of a generation's table in NAME, or NULL: it is of none. */
const char *store_name_read(const char *name, enum store_kind *, uint32_t *generation);

/* Translate a result of the library; 0 stays 0. */
int store_result(struct store *, int code);

#endif
