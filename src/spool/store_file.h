/*
 * The tables' files as the process has them open: which descriptor of Berkeley DB's is which file, what it is called now, and whether what was
 * written to it is on the disk.  A file lives here as long as it is open, or something of it is not done.
 */
#ifndef HOOKSPOOL_STORE_FILE_H
#define HOOKSPOOL_STORE_FILE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "store_journal.h"

struct store_pages;

/*
 * How far the library's wish to cut a file off has come.  Its end is where the library thinks at once, but the file is cut when that is sure:
 * behind the flush of the log, as page 0, which says so, was written since, and of the batch that tells a later start so.
 */
enum store_cut { STORE_CUT_NONE, STORE_CUT_WANTED, STORE_CUT_LOGGED, STORE_CUT_TOLD };

struct store_file {
	struct store_file *next;
	struct store_pages *pages; /* whose */
	dev_t dev;
	ino_t ino;
	char name[STORE_JOURNAL_NAME];
	unsigned char id[STORE_FILE_ID];
	int fd;	       /* of our own, once it is needed: the library may close its own; -1 */
	unsigned open; /* descriptors of the library */
	uint32_t end;  /* pages, those that wait among them */
	enum store_cut cut;
	uint32_t index; /* in the batch that is being written, plus one */
	bool gone;	/* it has no name any more */
	bool unflushed; /* written to, and not flushed since */
	bool direct;	/* the same, past the journal */
	bool busy;	/* a thread has it that does not hold the lock */
};

/* Over all files, and the pages that wait for them: never held while the disk is waited for. */
void store_file_lock(void);
void store_file_unlock(void);

/* All of these under the lock. */

/* The file of a descriptor of the library's; NULL: none of ours. */
struct store_file *store_file_of(int fd);
/* The library has opened FD as NAME.  Returns 0, or -1 with errno. */
int store_file_opened(struct store_pages *, int fd, const char *name);
void store_file_closed(int fd);
/* Give it a descriptor of our own, made of the library's.  Returns 0, or -1 with errno. */
int store_file_keep(struct store_file *, int fd);
/* Forget it, if nothing holds it. */
void store_file_release(struct store_file *, bool waits);

/* The first of all, and the next one. */
struct store_file *store_file_first(void);
/* By the name that it has now; NULL: none is open. */
struct store_file *store_file_named(const struct store_pages *, const char *name);

#endif
