/*
 * The tables: a Btree in a file of its own each.  Those of a generation are made and removed while webhooks come, by a thread beside the
 * loop: in transactions of their own, and through the environment, so that recovery knows of them.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../lib/log.h"
#include "../lib/log_flood.h"
#include "store_private.h"

/*
 * 4 KiB, a file system's block: a page is never half written by a power cut.  Larger values lie on pages of their own.  Without
 * DB_CHKSUM: the library's byte-wise hash of every page read or written took a quarter of the spooler's time in make bench;
 * records of the log always have one.
 */
#define PAGE_SIZE_BYTES 4096
#define WALK_BYTES (256u << 10) /* keys that are read at once */
#define MEMORY_FIRST 4096
#define MEMORY_KEPT (1u << 20) /* what a larger body took is given back at the next read */

static const char *const kind_name[STORE_KINDS] = {
    [STORE_EVENT] = "event",
    [STORE_BODY] = "body",
    [STORE_DELIVERY] = "delivery",
    [STORE_ATTEMPT] = "attempt",
    [STORE_SEEN] = "seen",
    [STORE_LANE] = "lane.db",
    [STORE_DUE] = "due.db",
    [STORE_REJECTED] = "rejected.db",
    [STORE_LATE] = "late.db",
    [STORE_META] = "meta.db",
};

struct store_table {
	struct store *store;
	enum store_kind kind;
	DB *db;
};

void
store_name(char name[STORE_NAME_MAX], enum store_kind kind, uint32_t generation)
{
	const char *of = kind_name[kind];

	if (kind <= STORE_SEEN)
		snprintf(name, STORE_NAME_MAX, "%s.%08" PRIu32, of, generation);
	else
		snprintf(name, STORE_NAME_MAX, "%s", of);
}

bool
store_table_exists(const struct store *store, enum store_kind kind, uint32_t generation)
{
	char name[STORE_NAME_MAX], path[PATH_MAX];

	store_name(name, kind, generation);
	return (size_t)snprintf(path, sizeof path, "%s/%s", store_directory(store), name) >= sizeof path ||
	    faccessat(AT_FDCWD, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0 || errno != ENOENT;
}

void
store_table_missing(const struct store *store, enum store_kind kind, uint32_t generation)
{
	char name[STORE_NAME_MAX];

	store_name(name, kind, generation);
	log_error("spool: %s/%s is missing: restore the spool from a backup, or move it away and begin a new one",
	    store_directory(store), name);
}

/* FLAGS: DB_CREATE or 0. */
static struct store_table *
open_table(struct store *store, enum store_kind kind, uint32_t generation, uint32_t flags)
{
	struct store_table *table = calloc(1, sizeof *table);
	char name[STORE_NAME_MAX];
	int code, saved;

	if (table == NULL)
		return NULL;
	table->store = store;
	table->kind = kind;
	store_name(name, kind, generation);
	if ((code = db_create(&table->db, store_env(store), 0)) != 0)
		table->db = NULL;
	else if ((code = table->db->set_pagesize(table->db, PAGE_SIZE_BYTES)) == 0)
		code = table->db->open(table->db, NULL, name, NULL, DB_BTREE, flags | DB_AUTO_COMMIT | DB_THREAD, 0600);
	if (store_result(store, code) == 0)
		return table;
	saved = errno;
	if (saved == ENOENT)
		store_table_missing(store, kind, generation);
	else
		log_flood(
		    LOG_FLOOD_ERROR, "spool", "table", "spool: can't open the table %s: %s", name, strerror(saved));
	store_table_close(table);
	errno = saved;
	return NULL;
}

struct store_table *
store_table_open(struct store *store, enum store_kind kind, uint32_t generation)
{
	return open_table(store, kind, generation, 0);
}

struct store_table *
store_table_make(struct store *store, enum store_kind kind, uint32_t generation)
{
	return open_table(store, kind, generation, DB_CREATE);
}

void
store_table_close(struct store_table *table)
{
	if (table == NULL)
		return;
	if (table->db != NULL)
		store_result(table->store, table->db->close(table->db, DB_NOSYNC));
	free(table);
}

int
store_table_remove(struct store *store, enum store_kind kind, uint32_t generation)
{
	DB_ENV *env = store_env(store);
	char name[STORE_NAME_MAX];

	store_name(name, kind, generation);
	return store_result(store, env->dbremove(env, NULL, name, NULL, DB_AUTO_COMMIT)) == 0 || errno == ENOENT ? 0
														 : -1;
}

const char *
store_name_read(const char *name, enum store_kind *kind, uint32_t *generation)
{
	for (int k = STORE_EVENT; k <= STORE_SEEN; k++) {
		size_t len = strlen(kind_name[k]);
		char again[STORE_NAME_MAX];

		if (strncmp(name, kind_name[k], len) != 0 || name[len] != '.')
			continue;
		*kind = (enum store_kind)k;
		*generation = (uint32_t)strtoul(name + len + 1, NULL, 10);
		store_name(again, *kind, *generation);
		return strncmp(name, again, strlen(again)) == 0 ? name + strlen(again) : NULL;
	}
	return NULL;
}

int
store_files(struct store *store, int (*seen)(void *, enum store_kind, uint32_t, const char *), void *context)
{
	DIR *dir = opendir(store_directory(store));
	struct dirent *entry;
	enum store_kind kind;
	uint32_t generation;
	const char *suffix;
	int stop = 0;

	if (dir == NULL)
		return -1;
	while (stop == 0 && (entry = readdir(dir)) != NULL)
		if ((suffix = store_name_read(entry->d_name, &kind, &generation)) != NULL)
			stop = seen(context, kind, generation, suffix);
	closedir(dir);
	return stop;
}

static DBT
thing(struct store_bytes bytes)
{
	DBT dbt;

	memset(&dbt, 0, sizeof dbt);
	dbt.data = (void *)(uintptr_t)bytes.bytes;
	dbt.size = (uint32_t)bytes.len;
	return dbt;
}

static int
put(struct store_table *t, struct store_bytes key, struct store_bytes value, uint32_t flags)
{
	DBT k = thing(key), v = thing(value);

	return store_result(t->store, t->db->put(t->db, store_txn(t->store), &k, &v, flags));
}

int
store_put(struct store_table *t, struct store_bytes key, struct store_bytes value)
{
	return put(t, key, value, 0);
}

int
store_add(struct store_table *t, struct store_bytes key, struct store_bytes value)
{
	return put(t, key, value, DB_NOOVERWRITE);
}

int
store_delete(struct store_table *t, struct store_bytes key)
{
	DBT k = thing(key);

	return store_result(t->store, t->db->del(t->db, store_txn(t->store), &k, 0));
}

/*
 * Values are read into memory that stays where it is as long as it is large enough: who reads the same value again changes nothing for whom had
 * it before.
 */
static void
borrow(struct store_memory *memory, DBT *v)
{
	if (memory->room > MEMORY_KEPT) {
		free(memory->value);
		memory->value = NULL;
		memory->room = 0;
	}
	v->data = memory->value;
	v->ulen = memory->room;
	v->flags |= DB_DBT_USERMEM;
}

/* It was too small for V.  Returns 0, or what the library would say. */
static int
grow(struct store_memory *memory, DBT *v)
{
	uint32_t room = v->size < MEMORY_FIRST ? MEMORY_FIRST : v->size;
	void *value = malloc(room);

	if (value == NULL)
		return ENOMEM;
	free(memory->value);
	v->data = memory->value = value;
	v->ulen = memory->room = room;
	return 0;
}

int
store_get(struct store_table *t, struct store_bytes key, struct store_bytes *value)
{
	struct store_memory *memory = store_memory(t->store, t->kind);
	DBT k = thing(key), v = thing((struct store_bytes){NULL, 0});
	int code;

	borrow(memory, &v);
	code = t->db->get(t->db, store_txn(t->store), &k, &v, 0);
	if (code == DB_BUFFER_SMALL && (code = grow(memory, &v)) == 0)
		code = t->db->get(t->db, store_txn(t->store), &k, &v, 0);
	if (store_result(t->store, code) != 0)
		return -1;
	*value = (struct store_bytes){v.data, v.size};
	return 0;
}

int
store_has(struct store_table *t, struct store_bytes key)
{
	DBT k = thing(key);

	if (store_result(t->store, t->db->exists(t->db, store_txn(t->store), &k, 0)) == 0)
		return 1;
	return errno == ENOENT ? 0 : -1;
}

/* V says what is wanted of the value.  Key and value are in the store's own memory, so that they outlive the cursor. */
static int
seek(struct store_table *t, DBT *k, DBT *v)
{
	struct store_memory *memory = store_memory(t->store, t->kind);
	DBC *cursor;
	int code = t->db->cursor(t->db, store_txn(t->store), &cursor, 0), closed;

	if (code != 0)
		return store_result(t->store, code);
	memmove(memory->key, k->data, k->size);
	k->data = memory->key;
	k->flags = DB_DBT_USERMEM;
	k->ulen = STORE_KEY_MAX;
	borrow(memory, v);
	code = cursor->get(cursor, k, v, DB_SET_RANGE);
	if (code == DB_BUFFER_SMALL && (code = grow(memory, v)) == 0)
		code = cursor->get(cursor, k, v, DB_SET_RANGE);
	closed = cursor->close(cursor);
	return store_result(t->store, code) != 0 || store_result(t->store, closed) != 0 ? -1 : 0;
}

static int
too_long(void)
{
	errno = EINVAL;
	return -1;
}

int
store_seek(struct store_table *t, struct store_bytes from, struct store_entry *entry)
{
	DBT k = thing(from), v = thing((struct store_bytes){NULL, 0});

	if (from.len > STORE_KEY_MAX)
		return too_long();
	if (seek(t, &k, &v) != 0)
		return -1;
	*entry = (struct store_entry){{k.data, k.size}, {v.data, v.size}};
	return 0;
}

int
store_seek_key(struct store_table *t, struct store_bytes from, struct store_bytes *key)
{
	DBT k = thing(from), v = thing((struct store_bytes){NULL, 0});

	v.flags = DB_DBT_PARTIAL; /* none of its bytes */
	if (from.len > STORE_KEY_MAX)
		return too_long();
	if (seek(t, &k, &v) != 0)
		return -1;
	*key = (struct store_bytes){k.data, k.size};
	return 0;
}

/* What one read brought, piece by piece. */
static int
walk_piece(DBT *piece, int (*seen)(void *, struct store_bytes), void *context)
{
	void *at, *key, *value;
	size_t key_len, value_len;
	int stop = 0;

	(void)value;
	DB_MULTIPLE_INIT(at, piece);
	while (stop == 0) {
		DB_MULTIPLE_KEY_NEXT(at, piece, key, key_len, value, value_len);
		if (at == NULL)
			break;
		(void)value_len;
		stop = seen(context, (struct store_bytes){key, key_len});
	}
	return stop;
}

int
store_walk(struct store_table *t, int (*seen)(void *, struct store_bytes), void *context)
{
	DBT k = thing((struct store_bytes){NULL, 0}), v = k;
	DBC *cursor = NULL;
	int code, stop = 0, closed;

	if ((v.data = malloc(WALK_BYTES)) == NULL)
		return -1;
	v.ulen = WALK_BYTES;
	v.flags = DB_DBT_USERMEM;
	code = t->db->cursor(t->db, NULL, &cursor, 0);
	while (code == 0 && stop == 0 && (code = cursor->get(cursor, &k, &v, DB_NEXT | DB_MULTIPLE_KEY)) == 0)
		stop = walk_piece(&v, seen, context);
	closed = cursor != NULL ? cursor->close(cursor) : 0;
	free(v.data);
	if (code == DB_NOTFOUND)
		code = 0;
	return store_result(t->store, code) != 0 || store_result(t->store, closed) != 0 ? -1 : stop;
}
