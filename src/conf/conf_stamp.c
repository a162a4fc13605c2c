/* A file is looked at before it is read: one that changes in between looks changed the next time. */
#include "conf_reader.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "../lib/clock.h"

struct conf_stamp {
	char *path;
	bool there;
	struct stat st; /* if it is */
};

static void
add(struct conf_stamps *stamps, const char *path)
{
	struct conf_stamp *all = realloc(stamps->all, (stamps->n + 1) * sizeof *all), *stamp;

	if (all == NULL)
		return;
	stamps->all = all;
	stamp = &all[stamps->n];
	if ((stamp->path = strdup(path)) == NULL)
		return;
	stamp->there = stat(path, &stamp->st) == 0;
	stamps->n++;
}

void
conf_stamp(struct conf_reader *r, const char *file)
{
	if (r->stamps != NULL)
		add(r->stamps, file);
}

static bool
differs(const struct stat *a, const struct stat *b)
{
	return a->st_dev != b->st_dev || a->st_ino != b->st_ino || a->st_size != b->st_size ||
	    a->st_mode != b->st_mode || a->st_mtim.tv_sec != b->st_mtim.tv_sec ||
	    a->st_mtim.tv_nsec != b->st_mtim.tv_nsec || a->st_ctim.tv_sec != b->st_ctim.tv_sec ||
	    a->st_ctim.tv_nsec != b->st_ctim.tv_nsec;
}

bool
conf_stamps_changed(const struct conf_stamps *stamps)
{
	for (size_t i = 0; i < stamps->n; i++) {
		const struct conf_stamp *stamp = &stamps->all[i];
		struct stat now;
		bool there = stat(stamp->path, &now) == 0;

		if (there != stamp->there || (there && differs(&now, &stamp->st)))
			return true;
	}
	return false;
}

bool
conf_stamps_settled(const struct conf_stamps *stamps, uint64_t ms)
{
	uint64_t now = clock_wall_ms();

	for (size_t i = 0; i < stamps->n; i++) {
		struct stat st;
		uint64_t written;

		if (stat(stamps->all[i].path, &st) != 0)
			continue;
		written = (uint64_t)st.st_mtim.tv_sec * 1000 + (uint64_t)st.st_mtim.tv_nsec / 1000000;
		if (written <= now && now - written < ms)
			return false;
	}
	return true;
}

const char *
conf_stamps_file(const struct conf_stamps *stamps)
{
	return stamps->n > 0 ? stamps->all[0].path : NULL;
}

void
conf_stamps_clear(struct conf_stamps *stamps)
{
	for (size_t i = 0; i < stamps->n; i++)
		free(stamps->all[i].path);
	free(stamps->all);
	*stamps = (struct conf_stamps){NULL, 0};
}
