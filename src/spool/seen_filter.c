/* Until a filter is there the tree is looked up without it: no answer waits for one. */
#include "seen_filter.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../lib/log.h"
#include "files.h"
#include "filter.h"
#include "store.h"
#include "store_thread.h"

#define BELIEVED (4u << 20) /* keys whose filter, 6 MiB, is made without a look at how many there are */

struct filtering {
	struct store_job job;
	struct files *files;
	struct seen_generation *g; /* busy: it stays, and so does what is read of it here */
	char path[PATH_MAX];
	struct filter *filter;
};

static int
add_key(void *filter, struct store_bytes key)
{
	filter_add(filter, filter_hash(key.bytes, key.len));
	return 0;
}

static int
count_key(void *n, struct store_bytes key)
{
	(void)key;
	++*(uint64_t *)n;
	return 0;
}

/* A damaged spool may count as many as it likes; a transaction that was undone may have left some in the count. */
static bool
has_so_many(const struct filtering *f)
{
	uint64_t n = 0;

	if (f->g->keys <= BELIEVED)
		return true;
	if (store_walk(f->g->table, count_key, &n) != 0)
		return false;
	errno = EPROTO;
	return n >= f->g->keys / 2;
}

static struct filter *
make_filter(const struct filtering *f)
{
	struct filter *new = has_so_many(f) ? filter_new(f->g->keys) : NULL, *saved = NULL;

	if (new != NULL && store_walk(f->g->table, add_key, new) == 0 && filter_save(new, f->path) == 0)
		saved = filter_load(f->path, f->g->keys);
	if (saved == NULL)
		log_error("spool: can't make %s, ids are looked up without it: %s", f->path, strerror(errno));
	filter_free(new);
	return saved;
}

static void
find_filter(struct store_job *job)
{
	struct filtering *f = (struct filtering *)job;

	if ((f->filter = filter_load(f->path, f->g->keys)) == NULL)
		f->filter = make_filter(f);
}

static void
found_filter(struct store_job *job)
{
	struct filtering *f = (struct filtering *)job;

	f->files->jobs--;
	f->g->busy = false;
	f->g->filter = f->filter;
	f->g->given_up = f->filter == NULL;
	free(f);
}

void
seen_filter_prepare(struct files *files, struct seen_generation *g)
{
	struct filtering *f;

	if (g->filter != NULL || g->busy || g->given_up || (f = calloc(1, sizeof *f)) == NULL)
		return;
	f->job = (struct store_job){find_filter, found_filter, NULL};
	f->files = files;
	f->g = g;
	if (files_path(files, g->id, SEEN_FILTER_SUFFIX, f->path) != 0) {
		g->given_up = true;
		free(f);
		return;
	}
	g->busy = true;
	files->jobs++;
	store_give(files->store, &f->job);
}
