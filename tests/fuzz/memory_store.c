/* Jobs are done when somebody asks for what is done: there is no thread. */
#include "memory_store.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/spool/store_thread.h"
#include "fuzz.h"

#define UNDO_MAX 4096

unsigned long memory_calls, memory_calls_max = -1ul;

/* How a row was; without a key there was none. */
struct undo {
	struct memory_table *table;
	struct memory_row row;
	struct store_bytes key; /* owned */
};

struct store {
	const char *dir;
	bool in_transaction;
	struct undo undo[UNDO_MAX];
	size_t nundo;
	struct store_job *jobs, **last;
	unsigned char *lent_key[STORE_KINDS], *lent_value[STORE_KINDS];
};

struct store_table {
	struct store *store;
	struct memory_table *file;
};

static const char *const names[STORE_KINDS] = {
    "event", "body", "delivery", "attempt", "seen", "lane", "due", "rejected", "late", "meta"};

static void
count_call(void)
{
	FUZZ_HOLDS(++memory_calls < memory_calls_max);
}

struct store *
store_open(const char *dir, uint64_t cache, enum page_journal journal)
{
	struct store *store = calloc(1, sizeof *store);

	(void)cache;
	(void)journal;
	FUZZ_HOLDS(store != NULL);
	store->dir = dir;
	store->last = &store->jobs;
	return store;
}

static void
forget_lent(struct store *store, enum store_kind kind)
{
	free(store->lent_key[kind]);
	free(store->lent_value[kind]);
	store->lent_key[kind] = store->lent_value[kind] = NULL;
}

void
store_close(struct store *store)
{
	FUZZ_HOLDS(!store->in_transaction);
	store_wait(store);
	for (int kind = 0; kind < STORE_KINDS; kind++)
		forget_lent(store, (enum store_kind)kind);
	free(store);
}

int
store_begin(struct store *store)
{
	FUZZ_HOLDS(!store->in_transaction);
	count_call();
	store->in_transaction = true;
	store->nundo = 0;
	return 0;
}

static void
undo_free(struct undo *undo)
{
	memory_free_row(&undo->row);
	free((void *)(uintptr_t)undo->key.bytes);
}

int
store_commit(struct store *store)
{
	FUZZ_HOLDS(store->in_transaction);
	store->in_transaction = false;
	while (store->nundo > 0)
		undo_free(&store->undo[--store->nundo]);
	return 0;
}

void
store_abort(struct store *store)
{
	if (!store->in_transaction)
		return;
	store->in_transaction = false;
	while (store->nundo > 0) {
		struct undo *undo = &store->undo[--store->nundo];
		const struct memory_row *row = &undo->row;

		if (row->key != NULL)
			memory_put(undo->table, (struct store_bytes){row->key, row->key_len},
			    (struct store_bytes){row->value, row->value_len});
		else
			memory_delete(undo->table, memory_find(undo->table, undo->key));
		undo_free(undo);
	}
}

/* Remember how KEY's row is. */
static void
remember(const struct store_table *table, struct store_bytes key)
{
	struct store *store = table->store;
	size_t at = memory_find(table->file, key);
	struct undo *undo = &store->undo[store->nundo++];

	FUZZ_HOLDS(store->in_transaction && store->nundo < UNDO_MAX && key.len <= STORE_KEY_MAX);
	*undo = (struct undo){.table = table->file, .key = {fuzz_copy(key.bytes, key.len), key.len}};
	if (memory_is_at(table->file, at, key)) {
		const struct memory_row *row = &table->file->rows[at];

		undo->row = (struct memory_row){fuzz_copy(row->key, row->key_len),
		    fuzz_copy(row->value, row->value_len), row->key_len, row->value_len};
	}
}

bool
store_broken(const struct store *store)
{
	(void)store;
	return false;
}

const char *
store_protection(const struct store *store)
{
	(void)store;
	return "nothing is written";
}

int
store_flush_directory(struct store *store)
{
	(void)store;
	return 0;
}

static struct memory_table *
file_of(enum store_kind kind, uint32_t generation)
{
	for (size_t i = 0; i < memory_disk.n; i++)
		if (memory_disk.tables[i].kind == kind && memory_disk.tables[i].generation == generation)
			return &memory_disk.tables[i];
	return NULL;
}

bool
store_table_exists(const struct store *store, enum store_kind kind, uint32_t generation)
{
	const struct memory_table *file = file_of(kind, generation);

	(void)store;
	return file != NULL && file->there;
}

static struct store_table *
handle(struct store *store, struct memory_table *file)
{
	struct store_table *table = calloc(1, sizeof *table);

	FUZZ_HOLDS(table != NULL);
	*table = (struct store_table){store, file};
	return table;
}

struct store_table *
store_table_open(struct store *store, enum store_kind kind, uint32_t generation)
{
	count_call();
	if (store_table_exists(store, kind, generation))
		return handle(store, file_of(kind, generation));
	errno = ENOENT;
	return NULL;
}

struct store_table *
store_table_make(struct store *store, enum store_kind kind, uint32_t generation)
{
	struct memory_table *file = file_of(kind, generation);

	count_call();
	if (file == NULL) {
		FUZZ_HOLDS(memory_disk.n < MEMORY_TABLES_MAX);
		file = &memory_disk.tables[memory_disk.n++];
		*file = (struct memory_table){.kind = kind, .generation = generation};
	}
	file->there = true;
	return handle(store, file);
}

void
store_table_missing(const struct store *store, enum store_kind kind, uint32_t generation)
{
	(void)store;
	(void)kind;
	(void)generation;
}

void
store_table_close(struct store_table *table)
{
	free(table);
}

int
store_table_remove(struct store *store, enum store_kind kind, uint32_t generation)
{
	struct memory_table *file = file_of(kind, generation);

	(void)store;
	count_call();
	if (file != NULL)
		memory_clear_table(file);
	return 0;
}

int
store_files(struct store *store, int (*seen)(void *, enum store_kind, uint32_t, const char *), void *context)
{
	int stop = 0;

	(void)store;
	count_call();
	for (size_t i = 0; i < memory_disk.n && stop == 0; i++)
		if (memory_disk.tables[i].there && memory_disk.tables[i].kind <= STORE_SEEN)
			stop = seen(context, memory_disk.tables[i].kind, memory_disk.tables[i].generation, "");
	return stop;
}

void
store_name(char name[STORE_NAME_MAX], enum store_kind kind, uint32_t generation)
{
	snprintf(name, STORE_NAME_MAX, "%s.%08u", names[kind], (unsigned)generation);
}

const char *
store_directory(const struct store *store)
{
	return store->dir;
}

int
store_put(struct store_table *table, struct store_bytes key, struct store_bytes value)
{
	count_call();
	remember(table, key);
	memory_put(table->file, key, value);
	return 0;
}

int
store_has(struct store_table *table, struct store_bytes key)
{
	count_call();
	return memory_is_at(table->file, memory_find(table->file, key), key);
}

int
store_add(struct store_table *table, struct store_bytes key, struct store_bytes value)
{
	if (store_has(table, key) == 0)
		return store_put(table, key, value);
	errno = EEXIST;
	return -1;
}

int
store_delete(struct store_table *table, struct store_bytes key)
{
	size_t at = memory_find(table->file, key);

	count_call();
	if (!memory_is_at(table->file, at, key)) {
		errno = ENOENT;
		return -1;
	}
	remember(table, key);
	memory_delete(table->file, at);
	return 0;
}

/* Row AT, as a copy that is the borrower's until the next call. */
static int
lend(const struct store_table *table, size_t at, struct store_entry *entry)
{
	struct store *store = table->store;
	const struct memory_table *file = table->file;
	unsigned char *key, *value;

	count_call();
	if (at >= file->n) {
		forget_lent(store, file->kind);
		errno = ENOENT;
		return -1;
	}
	key = fuzz_copy(file->rows[at].key, file->rows[at].key_len);
	value = fuzz_copy(file->rows[at].value, file->rows[at].value_len);
	forget_lent(store, file->kind);
	*entry = (struct store_entry){{key, file->rows[at].key_len}, {value, file->rows[at].value_len}};
	store->lent_key[file->kind] = key;
	store->lent_value[file->kind] = value;
	return 0;
}

int
store_seek(struct store_table *table, struct store_bytes from, struct store_entry *entry)
{
	return lend(table, memory_find(table->file, from), entry);
}

int
store_seek_key(struct store_table *table, struct store_bytes from, struct store_bytes *key)
{
	struct store_entry entry;

	if (store_seek(table, from, &entry) != 0)
		return -1;
	*key = entry.key;
	return 0;
}

int
store_get(struct store_table *table, struct store_bytes key, struct store_bytes *value)
{
	size_t at = memory_find(table->file, key);
	struct store_entry entry;

	if (lend(table, memory_is_at(table->file, at, key) ? at : table->file->n, &entry) != 0)
		return -1;
	*value = entry.value;
	return 0;
}

int
store_walk(struct store_table *table, int (*seen)(void *context, struct store_bytes key), void *context)
{
	int stop = 0;

	count_call();
	for (size_t i = 0; i < table->file->n && stop == 0; i++)
		stop = seen(context, (struct store_bytes){table->file->rows[i].key, table->file->rows[i].key_len});
	return stop;
}

void
store_spares(struct store *store, uint64_t min_free)
{
	(void)store;
	(void)min_free;
}

void
store_give(struct store *store, struct store_job *job)
{
	job->next = NULL;
	*store->last = job;
	store->last = &job->next;
}

int
store_descriptor(const struct store *store)
{
	(void)store;
	return -1;
}

/* Those that were given are done by now. */
void
store_done(struct store *store)
{
	struct store_job *job, *next;

	while ((job = store->jobs) != NULL) {
		store->jobs = NULL;
		store->last = &store->jobs;
		for (; job != NULL; job = next) {
			next = job->next;
			job->run(job);
			if (job->done != NULL)
				job->done(job);
		}
	}
}

void
store_wait(struct store *store)
{
	store_done(store);
}
