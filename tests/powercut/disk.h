/*
 * A disk as a file system promises it, and no better.  Of a file it has what was flushed, and behind that the writes that were not, of which a power cut
 * leaves any part; of the directory the names that were flushed, and behind those the changes that were not.  A file's own flush says nothing of its
 * name.  The one directory is the spool's; whether it is there itself is a name in its parent, which has a flush of its own.
 */
#ifndef POWERCUT_DISK_H
#define POWERCUT_DISK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "recording.h"

#define DISK_PAGE 4096u
#define DISK_FDS 4096

struct disk_write {
	uint64_t offset, len;
	const unsigned char *data; /* borrowed from the recording; NULL: zeros */
	bool truncates;		   /* to OFFSET */
	size_t step;		   /* when it was made */
};

struct disk_file {
	unsigned char **pages; /* what was flushed; NULL: zeros */
	size_t npages;
	uint64_t size;
	struct disk_write *writes; /* not flushed, the oldest first */
	size_t n, room;
	uint64_t flushed; /* writes ever flushed: WRITES[i] is number FLUSHED + i */
	char name[64];	  /* the first one it had, for people */
};

struct disk_name {
	char name[64];
	struct disk_file *file;
};

struct disk_change {
	enum { NAME_SET, NAME_GONE, NAME_MOVED } what;
	char name[64], to[64];
	struct disk_file *file; /* NAME_SET, NAME_MOVED */
	size_t step;
};

struct disk_names {
	struct disk_name *all;
	size_t n, room;
};

struct disk_flush {
	uint64_t id;
	struct disk_file *file; /* NULL: of a directory */
	bool parent;
	uint64_t until; /* number of the first write or change that it does not cover */
};

struct disk_fd {
	enum { FD_CLOSED, FD_FILE, FD_DIRECTORY, FD_PARENT } what;
	struct disk_file *file;
};

#define DISK_FLUSHES 16 /* at the same time */

struct disk {
	struct disk_names flushed, now;
	struct disk_change *changes;
	size_t nchanges, changes_room;
	uint64_t changes_flushed;
	bool made, made_flushed; /* the directory itself */
	bool flushing_made;
	struct disk_file **files;
	size_t nfiles, files_room;
	struct disk_fd fds[DISK_FDS];
	struct disk_flush flushes[DISK_FLUSHES];
};

/* An empty one; or with what lies in DIR, all of it flushed. */
struct disk *disk_new(void);
void disk_load(struct disk *, const char *dir);

/* The next step of a recording.  Returns NULL, or what is wrong with it. */
const char *disk_step(struct disk *, const struct record *, size_t step);

struct disk_file *disk_find(const struct disk_names *, const char *name);
/* Change NAMES. */
void disk_change(struct disk_names *, const struct disk_change *);

#endif
