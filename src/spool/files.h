/*
 * The files of generations: a generation is some tables with one number, and maybe a file beside them.  They are made before they are needed and
 * removed after they are, beside the loop; what a record in `meta` does not name is no generation's and goes at the start.
 */
#ifndef HOOKSPOOL_FILES_H
#define HOOKSPOOL_FILES_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "store.h"

#define FILES_TABLES_MAX 4
#define FILES_LATE 0 /* the generation that always is */

struct files {
	struct store *store;   /* borrowed */
	enum store_kind first; /* of the tables, */
	int n;		       /* so many kinds */
	const char *beside; /* what is put behind the first table's name for the file beside it; NULL: there is none */
	unsigned jobs;	    /* under way: before the end they must be done */
	uint32_t spare;	    /* a generation that is made already; 0: none is */
	struct store_table *spare_table[FILES_TABLES_MAX];
	bool making; /* a job makes one */
};

/* All tables of generation ID, which must be there, into TABLE; what could not be opened is NULL.  Returns 0, or -1 with errno. */
int files_open(const struct files *, uint32_t id, struct store_table **table);
void files_close(const struct files *, struct store_table **table);

/* The path of the file beside the first table, with SUFFIX.  Returns 0, or -1 with errno. */
int files_path(const struct files *, uint32_t id, const char *suffix, char path[PATH_MAX]);

/* Make generation ID the spare one: by a job, unless one is made or there; or now (0, or -1 with errno). */
void files_prepare(struct files *, uint32_t id);
int files_prepare_now(struct files *, uint32_t id);
/* The spare one's tables become the caller's. */
void files_take(struct files *, struct store_table **table);

/* Remove the files of a generation that is closed and forgotten. */
void files_remove(struct files *, uint32_t id);

/* Remove those of generations that KNOWN does not know.  Returns 0, or -1 with errno. */
int files_remove_others(struct files *, bool (*known)(const void *context, uint32_t id), const void *context);

#endif
