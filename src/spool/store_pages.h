/*
 * What stands between Berkeley DB and its tables' files, by the library's own functions in place of the system's: pages that it writes wait in
 * memory, and go to the disk in batches, through the page journal (store_journal.h), in whichever thread asks for it.  To write a page so costs a copy.
 * Without the journal they go straight to their files.  In either case this is the one place that flushes tables and the names of
 * their files; log files pass through.
 *
 * When a flush fails nobody knows any more what the disk holds: the store is broken, and only opening anew can mend it.
 */
#ifndef HOOKSPOOL_STORE_PAGES_H
#define HOOKSPOOL_STORE_PAGES_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "../conf/page_journal.h"

struct store_file;
struct store_pages;

/*
 * Before the environment in DIR is opened: what a crash left half written is put back.  BROKEN, borrowed, is set when a flush fails.  Returns
 * owned, or NULL with errno; the reason is logged.  What the library opens in DIR is found by this name of it.
 */
struct store_pages *store_pages_open(const char *dir, enum page_journal, atomic_bool *broken);

/* After the environment is closed.  CLEAN: what waits is written, and the next start puts nothing back.  Returns 0, or -1 with errno. */
int store_pages_close(struct store_pages *, bool clean);

/* What protects pages in DIR from being half written, as a line.  Borrowed. */
const char *store_pages_protection(const struct store_pages *);
bool store_pages_has_journal(const struct store_pages *);

/*
 * In any thread: have pages written until at most MOST wait.  Returns 0, or what failed, as errno.  MANY is what is worth a batch.
 */
#define STORE_PAGES_MANY 500
int store_pages_drain(struct store_pages *, uint32_t most);

/*
 * All pages that the library has written are on the disk when this has returned 0, in the journal or in their files.  Else what failed, as
 * errno.
 */
int store_pages_settle(struct store_pages *);

/* Have WAKE called, in the thread that writes a page, when many wait; once for each time that they are drained. */
void store_pages_on_many(struct store_pages *, void (*wake)(void *context), void *context);

/* Pages that went through the journal so far, and in how many batches. */
struct store_pages_count {
	uint64_t pages, batches;
};
struct store_pages_count store_pages_count(const struct store_pages *);

/*
 * For store_library.c, in the library's place.  Each returns 0 or a count, or -1 with errno.
 */
struct store_pages *store_pages_of(const char *path, const char **name); /* whose file it is; NULL: nobody's */
bool store_pages_know(int fd);						 /* whether it is a table's */
ssize_t store_pages_write(int fd, const void *bytes, size_t len, off_t at);
ssize_t store_pages_read(int fd, void *bytes, size_t len, off_t at);
int store_pages_seek(int fd);  /* what follows is written past the journal, or read */
int store_pages_flush(int fd); /* 1: it is no table */
int store_pages_resize(int fd, off_t size);
uint64_t store_pages_size(int fd, uint64_t size); /* bytes; SIZE: of the file, as it is now */
void store_pages_closed(int fd);
void store_pages_named(struct store_pages *, const char *was, const char *name);
void store_pages_unnamed(struct store_pages *, const char *name);
void store_pages_made(struct store_pages *); /* a file has come into the directory */

#endif
