/*
 * Two locks.  The files' lock is for the lists, and never held while the disk is waited for; the drain's is held by the one thread that writes
 * a batch, or flushes, from its beginning to its end.
 *
 * A page is found in memory until it is in its file, so a reader who does not find it reads the file.  The library writes no page that it
 * is reading.
 */
#include "store_pages.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store_pages_private.h"

#define ROOM (2 * STORE_JOURNAL_PAGES) /* while one batch is written, another one has room */

static struct store_pages *all;

static void
pages_free(struct store_pages *pages)
{
	store_waiting_free(pages->waiting);
	pthread_mutex_destroy(&pages->drain);
	free(pages->dir);
	free(pages);
}

/* The directory's name without slashes at its end. */
static char *
name_of(const char *dir)
{
	size_t len = strlen(dir);

	while (len > 1 && dir[len - 1] == '/')
		len--;
	return strndup(dir, len);
}

/* What the journal of an earlier start holds is put back also where there is to be none any more. */
static int
prepare(struct store_pages *pages, enum page_journal wish)
{
	if (store_journal_restore(pages->dir) < 0)
		return -1;
	if (!page_journal_decide(wish, pages->dir, pages->protection))
		return store_journal_remove(pages->dir);
	pages->waiting = store_waiting_new(ROOM);
	return pages->waiting != NULL && (pages->journal = store_journal_open(pages->dir)) != NULL ? 0 : -1;
}

struct store_pages *
store_pages_open(const char *dir, enum page_journal wish, atomic_bool *broken)
{
	struct store_pages *pages = calloc(1, sizeof *pages);
	int saved;

	if (pages == NULL)
		return NULL;
	pthread_mutex_init(&pages->drain, NULL);
	pages->broken = broken;
	if ((pages->dir = name_of(dir)) == NULL || prepare(pages, wish) != 0) {
		saved = errno;
		pages_free(pages);
		errno = saved;
		return NULL;
	}
	store_file_lock();
	pages->next = all;
	all = pages;
	store_file_unlock();
	return pages;
}

/* The library has closed all that it had open. */
static void
forget_all(struct store_pages *pages)
{
	struct store_pages **at = &all;
	struct store_file *file, *next;

	store_file_lock();
	while (*at != pages)
		at = &(*at)->next;
	*at = pages->next;
	for (file = store_file_first(); file != NULL; file = next) {
		next = file->next;
		file->gone = file->gone || file->pages == pages;
		if (file->pages == pages)
			store_file_release(file, false);
	}
	store_file_unlock();
}

int
store_pages_close(struct store_pages *pages, bool clean)
{
	int failed = 0, saved;

	if (pages == NULL)
		return 0;
	if (clean)
		failed = store_pages_write_out(pages, 0, STORE_FLUSH_ALL);
	if (store_journal_close(pages->journal, clean && failed == 0) != 0)
		failed = -1;
	saved = errno;
	forget_all(pages);
	pages_free(pages);
	errno = saved;
	return failed;
}

int
store_pages_drain(struct store_pages *pages, uint32_t most)
{
	return store_pages_write_out(pages, most, STORE_FLUSH_NONE) == 0 ? 0 : errno;
}

int
store_pages_settle(struct store_pages *pages)
{
	return store_pages_write_out(pages, 0, STORE_FLUSH_DIRECT) == 0 ? 0 : errno;
}

bool
store_pages_know(int fd)
{
	bool known;

	store_file_lock();
	known = store_file_of(fd) != NULL;
	store_file_unlock();
	return known;
}

struct store_pages *
store_pages_of(const char *path, const char **name)
{
	struct store_pages *pages;

	store_file_lock();
	for (pages = all; pages != NULL; pages = pages->next) {
		size_t len = strlen(pages->dir);

		if (strncmp(path, pages->dir, len) != 0 || path[len] != '/' || strchr(path + len + 1, '/') != NULL)
			continue;
		*name = path + len + 1;
		break;
	}
	store_file_unlock();
	return pages;
}

/* What became of a page. */
enum fate { PAGE_WAITS, PAGE_PASSES, PAGE_HAS_NO_ROOM, PAGE_FAILED };

struct putting {
	struct store_pages *pages;
	void (*wake)(void *); /* NULL: no need */
	void *context;
};

/* Under the lock.  FD is the library's, of FILE. */
static enum fate
put_into(struct store_file *file, int fd, uint32_t number, const void *bytes, struct putting *p)
{
	struct store_pages *pages = p->pages = file->pages;

	if (store_file_keep(file, fd) != 0)
		return PAGE_FAILED;
	if (store_waiting_put(pages->waiting, file, number, bytes) != 0)
		return PAGE_HAS_NO_ROOM;
	if (number >= file->end)
		file->end = number + 1;
	if (number == 0 && file->cut == STORE_CUT_WANTED)
		file->cut = STORE_CUT_LOGGED;
	if (!pages->woken && store_waiting_count(pages->waiting) >= STORE_PAGES_MANY) {
		pages->woken = true;
		p->wake = pages->wake;
		p->context = pages->context;
	}
	return PAGE_WAITS;
}

/* Without the journal.  Which files are flushed at a checkpoint is not left to the library: settle() in store.c. */
static enum fate
pass(struct store_file *file, int fd)
{
	if (store_file_keep(file, fd) != 0)
		return PAGE_FAILED;
	file->direct = true;
	return PAGE_PASSES;
}

static enum fate
put(int fd, uint32_t number, const void *bytes, struct putting *p)
{
	enum fate fate = PAGE_PASSES;
	struct store_file *file;

	store_file_lock();
	if ((file = store_file_of(fd)) != NULL && !file->gone)
		fate = file->pages->waiting != NULL ? put_into(file, fd, number, bytes, p) : pass(file, fd);
	store_file_unlock();
	return fate;
}

/* Some other shape than a page, which the library does not write today: past the journal, behind all that waits. */
static ssize_t
write_direct(int fd, const void *bytes, size_t len, off_t at)
{
	if (store_pages_flush(fd) < 0 || store_pages_seek(fd) != 0)
		return -1;
	return pwrite(fd, bytes, len, at);
}

ssize_t
store_pages_write(int fd, const void *bytes, size_t len, off_t at)
{
	struct putting p = {NULL, NULL, NULL};
	enum fate fate;

	if (!store_pages_know(fd))
		return pwrite(fd, bytes, len, at);
	if (len != STORE_PAGE || at % STORE_PAGE != 0 || at / STORE_PAGE >= UINT32_MAX)
		return write_direct(fd, bytes, len, at);
	while ((fate = put(fd, (uint32_t)(at / STORE_PAGE), bytes, &p)) == PAGE_HAS_NO_ROOM)
		if (store_pages_write_out(p.pages, ROOM - STORE_JOURNAL_PAGES, STORE_FLUSH_NONE) != 0)
			return -1;
	if (p.wake != NULL)
		p.wake(p.context);
	if (fate == PAGE_FAILED)
		return -1;
	return fate == PAGE_WAITS ? (ssize_t)len : pwrite(fd, bytes, len, at);
}

ssize_t
store_pages_read(int fd, void *bytes, size_t len, off_t at)
{
	size_t within = (size_t)(at % STORE_PAGE);
	const unsigned char *page = NULL;
	const struct store_file *file;

	store_file_lock();
	if ((file = store_file_of(fd)) != NULL && file->pages->waiting != NULL && within + len <= STORE_PAGE)
		page = store_waiting_find(file->pages->waiting, file, (uint32_t)(at / STORE_PAGE));
	if (page != NULL)
		memcpy(bytes, page + within, len);
	store_file_unlock();
	return page != NULL ? (ssize_t)len : pread(fd, bytes, len, at);
}

int
store_pages_seek(int fd)
{
	struct store_file *file;
	int failed = 0;

	store_file_lock();
	if ((file = store_file_of(fd)) != NULL && !file->gone && (failed = store_file_keep(file, fd)) == 0)
		file->direct = true;
	store_file_unlock();
	return failed;
}

/* Without the journal the file itself is flushed here, and else only what was written past it. */
static int
flush_as_told(struct store_pages *pages, int fd)
{
	int failed = 0;

	if (store_pages_has_journal(pages))
		return store_pages_write_out(pages, 0, STORE_FLUSH_DIRECT);
	store_file_lock();
	if ((failed = store_file_keep(store_file_of(fd), fd)) == 0)
		store_file_of(fd)->direct = true;
	store_file_unlock();
	return failed == 0 ? store_pages_write_out(pages, 0, STORE_FLUSH_DIRECT) : -1;
}

int
store_pages_flush(int fd)
{
	struct store_pages *pages;

	store_file_lock();
	pages = store_file_of(fd) != NULL ? store_file_of(fd)->pages : NULL;
	store_file_unlock();
	return pages == NULL ? 1 : flush_as_told(pages, fd);
}

/*
 * The library cuts a file off while the log that tells why is not flushed; and what the journal has of the pages behind is still live.  So
 * with the journal the file is cut later: flush_files() in store_pages_drain.c.
 */
int
store_pages_resize(int fd, off_t size)
{
	struct store_file *file;
	bool later = false;
	int failed = 0;

	store_file_lock();
	if ((file = store_file_of(fd)) != NULL && (failed = store_file_keep(file, fd)) == 0) {
		file->end = (uint32_t)(size / STORE_PAGE);
		if ((later = file->pages->waiting != NULL && !file->gone)) {
			file->cut = STORE_CUT_WANTED;
			store_waiting_drop(file->pages->waiting, file, file->end);
		} else
			file->direct = true;
	}
	store_file_unlock();
	return failed == 0 && !later ? ftruncate(fd, size) : failed;
}

uint64_t
store_pages_size(int fd, uint64_t size)
{
	const struct store_file *file;

	store_file_lock();
	if ((file = store_file_of(fd)) != NULL) {
		uint64_t end = (uint64_t)file->end * STORE_PAGE;

		if (end > size || file->cut != STORE_CUT_NONE)
			size = end;
	}
	store_file_unlock();
	return size;
}

void
store_pages_closed(int fd)
{
	struct store_file *file;

	store_file_lock();
	if ((file = store_file_of(fd)) != NULL) {
		store_file_closed(fd);
		store_file_release(file, store_pages_wait(file));
	}
	store_file_unlock();
}

/* Nothing of it need be written any more.  A new file may get its number once nobody has it open. */
static void
forget(struct store_pages *pages, const char *name)
{
	struct store_file *file = store_file_named(pages, name);

	if (file == NULL)
		return;
	file->gone = true;
	if (pages->waiting != NULL)
		store_waiting_drop(pages->waiting, file, 0);
	store_file_release(file, store_pages_wait(file));
}

void
store_pages_named(struct store_pages *pages, const char *was, const char *name)
{
	struct store_file *file;

	store_file_lock();
	forget(pages, name);
	if ((file = store_file_named(pages, was)) != NULL && strlen(name) < sizeof file->name)
		strcpy(file->name, name);
	pages->unflushed = true;
	store_file_unlock();
}

void
store_pages_unnamed(struct store_pages *pages, const char *name)
{
	store_file_lock();
	forget(pages, name);
	store_file_unlock();
}

void
store_pages_made(struct store_pages *pages)
{
	store_file_lock();
	pages->unflushed = true;
	store_file_unlock();
}

const char *
store_pages_protection(const struct store_pages *pages)
{
	return pages->protection;
}

bool
store_pages_has_journal(const struct store_pages *pages)
{
	return pages->waiting != NULL;
}

struct store_pages_count
store_pages_count(const struct store_pages *pages)
{
	struct store_pages_count count;

	store_file_lock();
	count = pages->count;
	store_file_unlock();
	return count;
}

void
store_pages_on_many(struct store_pages *pages, void (*wake)(void *), void *context)
{
	store_file_lock();
	pages->context = context;
	pages->wake = wake;
	store_file_unlock();
}
