/* The thread beside the loop, without one; and the files that are no tables: filters, as lists of what was put into them. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/spool/filter.h"
#include "../../src/spool/store.h"
#include "../../src/spool/store_thread.h"
#include "../model/reference.h"
#include "disk.h"
#include "memory.h"
#include "sim.h"

#define FILTERS_MAX 64
#define PATH_BYTES 64

/* Made, or on the disk. */
struct list {
	const struct filter *of; /* NULL: it is on the disk, as PATH */
	char path[PATH_BYTES];
	uint64_t keys, *hashes;
	size_t n, room;
};

struct queue {
	struct store_job *first, **last;
};

static struct queue given, done;
static struct list lists[FILTERS_MAX];

struct filter *__real_filter_new(uint64_t);
struct filter *__wrap_filter_new(uint64_t);
void __real_filter_free(struct filter *);
void __wrap_filter_free(struct filter *);
void __real_filter_add(struct filter *, uint64_t);
void __wrap_filter_add(struct filter *, uint64_t);
int __wrap_filter_save(struct filter *, const char *);
struct filter *__wrap_filter_load(const char *, uint64_t);
int __wrap_unlink(const char *);

static void
add(struct queue *queue, struct store_job *job)
{
	job->next = NULL;
	if (queue->first == NULL)
		queue->first = job;
	else
		*queue->last = job;
	queue->last = &job->next;
}

static struct store_job *
take(struct queue *queue)
{
	struct store_job *job = queue->first;

	if (job != NULL)
		queue->first = job->next;
	return job;
}

void
disk_work(void)
{
	struct store_job *job = take(&given);

	if (job == NULL)
		return;
	job->run(job);
	add(&done, job);
}

void
store_give(struct store *store, struct store_job *job)
{
	(void)store;
	add(&given, job);
}

int
store_descriptor(const struct store *store)
{
	(void)store;
	return -1;
}

void
store_done(struct store *store)
{
	struct store_job *job;

	(void)store;
	if (sim_any(3) > 0)
		disk_work();
	while ((job = take(&done)) != NULL)
		if (job->done != NULL)
			job->done(job);
}

void
store_wait(struct store *store)
{
	disk_work();
	store_done(store);
}

void
disk_jobs_end(void)
{
	while (given.first != NULL || done.first != NULL)
		store_wait(NULL);
}

static void
list_free(struct list *list)
{
	memory_own_free(list->hashes);
	memset(list, 0, sizeof *list);
}

void
disk_jobs_crash(void)
{
	given.first = done.first = NULL;
	for (int i = 0; i < FILTERS_MAX; i++)
		if (lists[i].of != NULL)
			list_free(&lists[i]);
}

static struct list *
list_of(const struct filter *filter, const char *path)
{
	for (int i = 0; i < FILTERS_MAX; i++)
		if (path == NULL ? lists[i].of == filter && lists[i].path[0] == '\0' : strcmp(lists[i].path, path) == 0)
			return &lists[i];
	return NULL;
}

struct filter *
__wrap_filter_new(uint64_t keys)
{
	struct filter *filter = __real_filter_new(keys);
	struct list *list = list_of(NULL, NULL);

	if (list == NULL)
		fail("more filters than there is room for");
	*list = (struct list){.of = filter, .keys = keys};
	return filter;
}

void
__wrap_filter_free(struct filter *filter)
{
	struct list *list = filter != NULL ? list_of(filter, NULL) : NULL;

	if (list != NULL)
		list_free(list);
	__real_filter_free(filter);
}

void
__wrap_filter_add(struct filter *filter, uint64_t hash)
{
	struct list *list = list_of(filter, NULL);

	if (list->n == list->room)
		list->hashes = enlarge(list->hashes, (list->room = 2 * list->room + 64) * sizeof hash);
	list->hashes[list->n++] = hash;
	__real_filter_add(filter, hash);
}

int
__wrap_filter_save(struct filter *filter, const char *path)
{
	struct list *list = list_of(filter, NULL), *file = list_of(NULL, path);

	if (disk_change() != 0)
		return -1;
	if (file == NULL)
		file = list_of(NULL, NULL);
	if (file == NULL || strlen(path) >= PATH_BYTES)
		fail("more filters than there is room for");
	memory_own_free(file->hashes);
	*file = *list;
	file->of = NULL;
	strcpy(file->path, path);
	file->hashes = enlarge(NULL, (list->n + 1) * sizeof list->hashes[0]);
	file->room = list->n + 1;
	if (list->n > 0)
		memcpy(file->hashes, list->hashes, list->n * sizeof list->hashes[0]);
	return 0;
}

struct filter *
__wrap_filter_load(const char *path, uint64_t keys)
{
	const struct list *file = list_of(NULL, path);
	struct filter *filter;

	disk_call();
	if (file == NULL || file->keys != keys || sim_any(16) == 0) {
		errno = file == NULL ? ENOENT : EPROTO;
		return NULL;
	}
	filter = __real_filter_new(keys);
	for (size_t i = 0; i < file->n; i++)
		__real_filter_add(filter, file->hashes[i]);
	return filter;
}

int
disk_jobs_files(int (*seen)(void *, enum store_kind, uint32_t, const char *), void *context)
{
	unsigned kind, generation;
	char suffix[PATH_BYTES];
	int stop = 0;

	for (int i = 0; i < FILTERS_MAX && stop == 0; i++)
		if (lists[i].of == NULL && sscanf(lists[i].path, "spool/%u.%u%s", &kind, &generation, suffix) == 3)
			stop = seen(context, kind, generation, suffix);
	return stop;
}

int
__wrap_unlink(const char *path)
{
	struct list *file = list_of(NULL, path);

	disk_call();
	if (file != NULL)
		list_free(file);
	errno = ENOENT;
	return file != NULL ? 0 : -1;
}
