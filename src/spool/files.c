/* Removing is no step of a promise: what a crash leaves of it, the next start removes. */
#include "files.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../lib/log.h"
#include "store_thread.h"

int
files_open(const struct files *files, uint32_t id, struct store_table **table)
{
	for (int i = 0; i < files->n; i++)
		if ((table[i] = store_table_open(files->store, files->first + (unsigned)i, id)) == NULL)
			return -1;
	return 0;
}

/* The same, made if need be. */
static int
make_files(const struct files *files, uint32_t id, struct store_table **table)
{
	for (int i = 0; i < files->n; i++)
		if ((table[i] = store_table_make(files->store, files->first + (unsigned)i, id)) == NULL)
			return -1;
	return 0;
}

void
files_close(const struct files *files, struct store_table **table)
{
	for (int i = 0; i < files->n; i++) {
		store_table_close(table[i]);
		table[i] = NULL;
	}
}

int
files_path(const struct files *files, uint32_t id, const char *suffix, char path[PATH_MAX])
{
	char name[STORE_NAME_MAX];

	store_name(name, files->first, id);
	if ((size_t)snprintf(path, PATH_MAX, "%s/%s%s", store_directory(files->store), name, suffix) < PATH_MAX)
		return 0;
	errno = ENAMETOOLONG;
	return -1;
}

struct making {
	struct store_job job;
	struct files *files;
	uint32_t id;
	struct store_table *table[FILES_TABLES_MAX];
	bool made;
};

static void
make(struct store_job *job)
{
	struct making *m = (struct making *)job;

	m->made = make_files(m->files, m->id, m->table) == 0 && store_flush_directory(m->files->store) == 0;
}

static void
made(struct store_job *job)
{
	struct making *m = (struct making *)job;
	struct files *files = m->files;

	files->jobs--;
	files->making = false;
	if (m->made) {
		files->spare = m->id;
		memcpy(files->spare_table, m->table, sizeof m->table);
	} else
		files_close(files, m->table); /* it is tried again, and what is there of it is opened then */
	free(m);
}

void
files_prepare(struct files *files, uint32_t id)
{
	struct making *m;

	if (files->spare != 0 || files->making || (m = calloc(1, sizeof *m)) == NULL)
		return;
	m->job = (struct store_job){make, made, NULL};
	m->files = files;
	m->id = id;
	files->making = true;
	files->jobs++;
	store_give(files->store, &m->job);
}

int
files_prepare_now(struct files *files, uint32_t id)
{
	if (make_files(files, id, files->spare_table) != 0 || store_flush_directory(files->store) != 0) {
		files_close(files, files->spare_table);
		return -1;
	}
	files->spare = id;
	return 0;
}

void
files_take(struct files *files, struct store_table **table)
{
	memcpy(table, files->spare_table, (size_t)files->n * sizeof table[0]);
	memset(files->spare_table, 0, sizeof files->spare_table);
	files->spare = 0;
}

struct removing {
	struct store_job job;
	struct files *files;
	uint32_t id;
};

static int
remove_beside(const struct files *files, uint32_t id)
{
	char path[PATH_MAX];

	if (files->beside == NULL)
		return 0;
	return files_path(files, id, files->beside, path) == 0 && (unlink(path) == 0 || errno == ENOENT) ? 0 : -1;
}

static void
remove_all(struct store_job *job)
{
	const struct removing *r = (struct removing *)job;
	int failed = remove_beside(r->files, r->id);

	for (int i = 0; i < r->files->n; i++)
		failed |= store_table_remove(r->files->store, r->files->first + (unsigned)i, r->id);
	if (failed != 0)
		log_error("spool: can't remove the files of generation %u before the next start: %s", (unsigned)r->id,
		    strerror(errno));
}

static void
removed(struct store_job *job)
{
	struct removing *r = (struct removing *)job;

	r->files->jobs--;
	free(r);
}

void
files_remove(struct files *files, uint32_t id)
{
	struct removing *r = calloc(1, sizeof *r);

	if (r == NULL)
		return; /* the next start finds them */
	*r = (struct removing){{remove_all, removed, NULL}, files, id};
	files->jobs++;
	store_give(files->store, &r->job);
}

/* A file of no generation, or one that was not finished. */
struct other {
	const struct files *files;
	bool (*known)(const void *, uint32_t);
	const void *context;
	enum store_kind kind;
	uint32_t id;
	char suffix[STORE_NAME_MAX];
};

static int
find_other(void *context, enum store_kind kind, uint32_t id, const char *suffix)
{
	struct other *other = context;
	const struct files *files = other->files;
	bool ours = *suffix == '\0' || (files->beside != NULL && strcmp(suffix, files->beside) == 0);

	if (kind < files->first || kind >= files->first + (unsigned)files->n || strlen(suffix) >= sizeof other->suffix)
		return 0;
	if (ours && (id == FILES_LATE || other->known(other->context, id)))
		return 0;
	other->kind = kind;
	other->id = id;
	strcpy(other->suffix, suffix);
	return 1;
}

/* The library leaves something in a table's place when it is killed while it removes one: that is no table, and goes as any file does. */
static int
remove_other(const struct other *other)
{
	struct store *store = other->files->store;
	char name[STORE_NAME_MAX], path[PATH_MAX];
	int saved;

	if (other->suffix[0] == '\0' && store_table_remove(store, other->kind, other->id) != 0)
		log_warn("spool: what is left of a removed table is no table: %s", strerror(errno));
	store_name(name, other->kind, other->id);
	if ((size_t)snprintf(path, sizeof path, "%s/%s%s", store_directory(store), name, other->suffix) >=
	    sizeof path) {
		errno = ENAMETOOLONG;
		return -1;
	}
	if (unlink(path) == 0 || errno == ENOENT)
		return 0;
	saved = errno;
	log_error("spool: can't remove %s, which belongs to nothing: %s", path, strerror(saved));
	errno = saved;
	return -1;
}

int
files_remove_others(struct files *files, bool (*known)(const void *, uint32_t), const void *context)
{
	struct other other = {.files = files, .known = known, .context = context};
	int found;

	while ((found = store_files(files->store, find_other, &other)) == 1)
		if (remove_other(&other) != 0)
			return -1;
	return found;
}
