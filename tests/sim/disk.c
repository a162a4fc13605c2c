/* A table is a sorted array of rows; a transaction is a list of what it replaced. */
#include "disk.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../model/reference.h"
#include "memory.h"
#include "sim.h"

#define TABLES_MAX 256

struct undo {
	struct disk_table *table;
	struct disk_row *old, *new; /* NULL: there was none, or is none */
};

static struct disk_table *tables[TABLES_MAX];
static size_t ntables;
static struct undo *undos;
static size_t nundos, undo_room;
static bool in_transaction, broken, failed, moved;
static struct disk_trouble trouble;
static struct disk_told told;

/* What was last read of a kind of tables: the store's own promise of how long that stays. */
struct read {
	unsigned char key[STORE_KEY_MAX];
	unsigned char *value;
	size_t room;
};

struct store {
	char *dir;
	struct read read[STORE_KINDS];
};

struct store_table {
	struct store *store;
	struct disk_table *disk;
};

static int
compare(struct store_bytes a, struct store_bytes b)
{
	int order = memcmp(a.bytes, b.bytes, a.len < b.len ? a.len : b.len);

	return order != 0 ? order : a.len < b.len ? -1 : a.len > b.len;
}

struct store_bytes
disk_key(const struct disk_row *row)
{
	return (struct store_bytes){row->bytes, row->key_len};
}

struct store_bytes
disk_value(const struct disk_row *row)
{
	return (struct store_bytes){row->bytes + row->key_len, row->value_len};
}

struct disk_table *
disk_table(enum store_kind kind, uint32_t generation)
{
	for (size_t i = 0; i < ntables; i++)
		if (tables[i]->kind == kind && tables[i]->generation == generation)
			return tables[i];
	return NULL;
}

const struct disk_table *
disk_table_at(size_t i)
{
	return i < ntables ? tables[i] : NULL;
}

size_t
disk_place(const struct disk_table *table, struct store_bytes key)
{
	size_t low = 0, high = table->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (compare(disk_key(table->rows[middle]), key) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

const struct disk_row *
disk_row(const struct disk_table *table, struct store_bytes key)
{
	size_t at = disk_place(table, key);

	return at < table->n && compare(disk_key(table->rows[at]), key) == 0 ? table->rows[at] : NULL;
}

static struct disk_row *
row_new(struct store_bytes key, struct store_bytes value)
{
	struct disk_row *row = enlarge(NULL, sizeof *row + key.len + value.len);

	row->key_len = (uint32_t)key.len;
	row->value_len = (uint32_t)value.len;
	memcpy(row->bytes, key.bytes, key.len);
	if (value.len > 0)
		memcpy(row->bytes + key.len, value.bytes, value.len);
	return row;
}

/* Put ROW, or NULL for none, where KEY is.  Returns what was there. */
static struct disk_row *
replace(struct disk_table *table, struct store_bytes key, struct disk_row *row)
{
	size_t at = disk_place(table, key);
	bool found = at < table->n && compare(disk_key(table->rows[at]), key) == 0;
	struct disk_row *old = found ? table->rows[at] : NULL;

	if (found && row == NULL) {
		memmove(table->rows + at, table->rows + at + 1, (--table->n - at) * sizeof table->rows[0]);
	} else if (!found && row != NULL) {
		if (table->n == table->room)
			table->rows =
			    enlarge(table->rows, (table->room = 2 * table->room + 16) * sizeof table->rows[0]);
		memmove(table->rows + at + 1, table->rows + at, (table->n++ - at) * sizeof table->rows[0]);
	}
	if (row != NULL)
		table->rows[at] = row;
	return old;
}

static void
undo_all(void)
{
	while (nundos > 0) {
		const struct undo *u = &undos[--nundos];

		replace(u->table, disk_key(u->old != NULL ? u->old : u->new), u->old);
		memory_own_free(u->new);
	}
	in_transaction = false;
}

static void
keep_all(void)
{
	for (size_t i = 0; i < nundos; i++)
		memory_own_free(undos[i].old);
	nundos = 0;
	in_transaction = false;
}

static void
table_free(size_t i)
{
	struct disk_table *table = tables[i];

	for (size_t row = 0; row < table->n; row++)
		memory_own_free(table->rows[row]);
	memory_own_free(table->rows);
	memory_own_free(table);
	tables[i] = tables[--ntables];
}

void
disk_clear(void)
{
	undo_all();
	while (ntables > 0)
		table_free(0);
}

void
disk_crash(void)
{
	undo_all();
	trouble = (struct disk_trouble){.fail_in = 0};
	broken = failed = false;
}

void
disk_tell(const struct disk_told *whom)
{
	told = *whom;
}

void
disk_trouble(const struct disk_trouble *new)
{
	trouble = *new;
}

bool
disk_is_broken(void)
{
	return broken;
}

bool
disk_is_troubled(void)
{
	return failed || trouble.fail_in > 0 || trouble.count > 0;
}

void
disk_forgive(void)
{
	failed = broken;
}

bool
disk_moved(void)
{
	bool was = moved;

	moved = false;
	return was;
}

void
disk_call(void)
{
	if (trouble.crash_in > 0 && --trouble.crash_in == 0)
		sim_die("the machine stops");
}

int
disk_change(void)
{
	disk_call();
	if (broken) {
		errno = EIO;
		return -1;
	}
	if (trouble.fail_in > 1) {
		trouble.fail_in--;
		return 0;
	}
	if (trouble.fail_in == 0 || trouble.count == 0)
		return 0;
	if (--trouble.count == 0)
		trouble.fail_in = 0;
	broken = trouble.breaks;
	failed = true;
	errno = trouble.why;
	return -1;
}

struct store *
store_open(const char *dir, uint64_t cache, enum page_journal journal)
{
	struct store *store;

	(void)cache;
	(void)journal;
	if (disk_change() != 0)
		return NULL;
	store = calloc(1, sizeof *store);
	store->dir = strdup(dir);
	return store;
}

const char *
store_protection(const struct store *store)
{
	(void)store;
	return "nothing: a virtual disk";
}

void
store_close(struct store *store)
{
	if (store == NULL)
		return;
	store_abort(store);
	disk_jobs_end();
	for (int i = 0; i < STORE_KINDS; i++)
		free(store->read[i].value);
	free(store->dir);
	free(store);
}

const char *
store_directory(const struct store *store)
{
	return store->dir;
}

bool
store_broken(const struct store *store)
{
	(void)store;
	return broken;
}

int
store_begin(struct store *store)
{
	(void)store;
	if (in_transaction)
		fail("a transaction begins in another one");
	if (sim_any(8) == 0)
		disk_work();
	told.begun();
	if (disk_change() != 0)
		return -1;
	in_transaction = true;
	return 0;
}

/* A flush that failed: what is on the disk then, the next start sees. */
static int
commit_fails(void)
{
	bool kept = broken && sim_any(2) == 0;

	if (kept) {
		keep_all();
		told.durable();
	} else {
		undo_all();
		told.undone();
	}
	return -1;
}

int
store_commit(struct store *store)
{
	(void)store;
	if (!in_transaction)
		fail("nothing is there to be committed");
	if (disk_change() != 0)
		return commit_fails();
	sim_trace(nundos);
	keep_all();
	told.durable();
	disk_call();
	return 0;
}

void
store_abort(struct store *store)
{
	(void)store;
	if (!in_transaction)
		return;
	undo_all();
	told.undone();
}

int
store_flush_directory(struct store *store)
{
	(void)store;
	return disk_change();
}

static struct store_table *
handle(struct store *store, struct disk_table *disk)
{
	struct store_table *table = calloc(1, sizeof *table);

	*table = (struct store_table){store, disk};
	return table;
}

struct store_table *
store_table_open(struct store *store, enum store_kind kind, uint32_t generation)
{
	struct disk_table *disk = disk_table(kind, generation);

	if (disk_change() != 0)
		return NULL;
	if (disk == NULL)
		fail("table %d of generation %u is missing", (int)kind, (unsigned)generation);
	return handle(store, disk);
}

struct store_table *
store_table_make(struct store *store, enum store_kind kind, uint32_t generation)
{
	struct disk_table *disk = disk_table(kind, generation);

	if (disk_change() != 0)
		return NULL;
	if (disk == NULL) {
		if (ntables == TABLES_MAX)
			fail("more tables than there is room for");
		disk = tables[ntables++] = enlarge(NULL, sizeof *disk);
		*disk = (struct disk_table){.kind = kind, .generation = generation};
	}
	disk_call();
	return handle(store, disk);
}

bool
store_table_exists(const struct store *store, enum store_kind kind, uint32_t generation)
{
	(void)store;
	return disk_table(kind, generation) != NULL;
}

void
store_table_missing(const struct store *store, enum store_kind kind, uint32_t generation)
{
	(void)store;
	fail("table %d of generation %u is missed", (int)kind, (unsigned)generation);
}

void
store_table_close(struct store_table *table)
{
	free(table);
}

int
store_table_remove(struct store *store, enum store_kind kind, uint32_t generation)
{
	(void)store;
	if (disk_change() != 0)
		return -1;
	for (size_t i = 0; i < ntables; i++)
		if (tables[i]->kind == kind && tables[i]->generation == generation) {
			table_free(i);
			break;
		}
	disk_call();
	return 0;
}

void
store_name(char name[STORE_NAME_MAX], enum store_kind kind, uint32_t generation)
{
	snprintf(name, STORE_NAME_MAX, "%d.%08u", (int)kind, (unsigned)generation);
}

int
store_files(struct store *store, int (*seen)(void *, enum store_kind, uint32_t, const char *), void *context)
{
	int stop = 0;

	(void)store;
	for (size_t i = 0; i < ntables && stop == 0; i++)
		if (tables[i]->kind <= STORE_SEEN)
			stop = seen(context, tables[i]->kind, tables[i]->generation, "");
	return stop != 0 ? stop : disk_jobs_files(seen, context);
}

/* What is to be found in its place from now on. */
static void
change(struct disk_table *table, struct store_bytes key, struct disk_row *row)
{
	if (nundos == undo_room)
		undos = enlarge(undos, (undo_room = 2 * undo_room + 64) * sizeof undos[0]);
	undos[nundos++] = (struct undo){table, replace(table, key, row), row};
	sim_trace_bytes(key.bytes, key.len);
	moved |= table->kind == STORE_EVENT && (row == NULL || table->generation == STORE_ONE);
	moved |= table->kind == STORE_META && row == NULL;
}

static int
writable(const struct store_table *t, struct store_bytes key)
{
	if (!in_transaction)
		fail("table %d is changed outside of a transaction", (int)t->disk->kind);
	if (key.len > STORE_KEY_MAX)
		fail("a key of %zu bytes", key.len);
	return disk_change();
}

int
store_put(struct store_table *t, struct store_bytes key, struct store_bytes value)
{
	if (writable(t, key) != 0)
		return -1;
	change(t->disk, key, row_new(key, value));
	sim_trace_bytes(value.bytes, value.len);
	return 0;
}

int
store_add(struct store_table *t, struct store_bytes key, struct store_bytes value)
{
	if (disk_row(t->disk, key) == NULL)
		return store_put(t, key, value);
	errno = EEXIST;
	return -1;
}

int
store_delete(struct store_table *t, struct store_bytes key)
{
	if (writable(t, key) != 0)
		return -1;
	if (disk_row(t->disk, key) == NULL) {
		errno = ENOENT;
		return -1;
	}
	change(t->disk, key, NULL);
	return 0;
}

/* A value is read into memory that stays where it is as long as it is large enough. */
static struct store_bytes
read_value(const struct store_table *t, const struct disk_row *row)
{
	struct read *read = &t->store->read[t->disk->kind];
	struct store_bytes value = disk_value(row);

	if (value.len > read->room) {
		free(read->value);
		read->value = malloc(value.len);
		read->room = value.len;
	}
	if (value.len > 0)
		memcpy(read->value, value.bytes, value.len);
	return (struct store_bytes){read->value, value.len};
}

static struct store_bytes
read_key(const struct store_table *t, const struct disk_row *row)
{
	struct read *read = &t->store->read[t->disk->kind];
	struct store_bytes key = disk_key(row);

	memcpy(read->key, key.bytes, key.len);
	return (struct store_bytes){read->key, key.len};
}

/* Whether there is anything to be read; nothing can be where all is broken. */
static int
found(const struct disk_row *row)
{
	disk_call();
	if (broken || row == NULL)
		errno = broken ? EIO : ENOENT;
	return broken || row == NULL ? -1 : 0;
}

int
store_get(struct store_table *t, struct store_bytes key, struct store_bytes *value)
{
	const struct disk_row *row = disk_row(t->disk, key);

	if (found(row) != 0)
		return -1;
	*value = read_value(t, row);
	return 0;
}

int
store_has(struct store_table *t, struct store_bytes key)
{
	if (found(disk_row(t->disk, key)) == 0)
		return 1;
	return errno == ENOENT ? 0 : -1;
}

static const struct disk_row *
row_from(const struct store_table *t, struct store_bytes from)
{
	size_t at = disk_place(t->disk, from);

	return at < t->disk->n ? t->disk->rows[at] : NULL;
}

int
store_seek(struct store_table *t, struct store_bytes from, struct store_entry *entry)
{
	const struct disk_row *row = row_from(t, from);

	if (found(row) != 0)
		return -1;
	*entry = (struct store_entry){read_key(t, row), read_value(t, row)};
	return 0;
}

int
store_seek_key(struct store_table *t, struct store_bytes from, struct store_bytes *key)
{
	const struct disk_row *row = row_from(t, from);

	if (found(row) != 0)
		return -1;
	*key = read_key(t, row);
	return 0;
}

int
store_walk(struct store_table *t, int (*seen)(void *, struct store_bytes), void *context)
{
	int stop = 0;

	if (disk_change() != 0)
		return -1;
	for (size_t i = 0; i < t->disk->n && stop == 0; i++)
		stop = seen(context, disk_key(t->disk->rows[i]));
	return stop;
}

void
store_spares(struct store *store, uint64_t min_free)
{
	(void)store;
	(void)min_free;
}
