/*
 * Pages on their way: batches through the journal to their places, and flushes.  A batch's places are flushed when the journal needs its slot, or
 * all stops: until then the journal has them.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "../lib/log.h"
#include "store_flush.h"
#include "store_pages_private.h"

#define PIECE 64 /* pages written at once */

bool
store_pages_wait(const struct store_file *file)
{
	return file->pages->waiting != NULL && store_waiting_has(file->pages->waiting, file);
}

/* What the disk holds of what was to be flushed nobody can say. */
static int
broken(struct store_pages *pages, const char *what)
{
	int saved = errno;

	atomic_store(pages->broken, true);
	log_error("spool: can't flush %s: %s", what, strerror(saved));
	errno = saved;
	return -1;
}

static int
flush_directory(struct store_pages *pages)
{
	bool unflushed;
	int fd, failed;

	store_file_lock();
	unflushed = pages->unflushed;
	pages->unflushed = false;
	store_file_unlock();
	if (!unflushed)
		return 0;
	if ((fd = open(pages->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) == -1) {
		store_file_lock();
		pages->unflushed = true; /* nothing was tried: the next one does */
		store_file_unlock();
		return -1;
	}
	if ((failed = store_flush_names(fd)) != 0)
		broken(pages, pages->dir);
	close(fd);
	return failed;
}

/* The next file that has something to flush, busy. */
static struct store_file *
next_unflushed(const struct store_pages *pages, enum store_flush which)
{
	struct store_file *file;

	store_file_lock();
	for (file = store_file_first(); file != NULL; file = file->next)
		if (file->pages == pages && !file->gone && file->fd != -1 &&
		    (file->direct || file->cut == STORE_CUT_TOLD || (which == STORE_FLUSH_ALL && file->unflushed)))
			break;
	if (file != NULL) {
		file->busy = true;
		file->direct = file->unflushed = false;
	}
	store_file_unlock();
	return file;
}

/* Under the lock, as the library may go on where it ends; nobody writes to it but who holds the drain's lock.  Returns 0, or -1 with errno. */
static int
cut_off(struct store_file *file)
{
	struct stat st;
	off_t end;
	int failed = 0;

	store_file_lock();
	end = (off_t)file->end * STORE_PAGE;
	if (file->cut == STORE_CUT_TOLD && (failed = fstat(file->fd, &st)) == 0 && st.st_size > end)
		failed = ftruncate(file->fd, end);
	if (file->cut == STORE_CUT_TOLD && failed == 0)
		file->cut = STORE_CUT_NONE;
	store_file_unlock();
	return failed;
}

static void
rest(struct store_file *file)
{
	store_file_lock();
	file->busy = file->index != 0;
	store_file_release(file, store_pages_wait(file));
	store_file_unlock();
}

/* Holding the drain's lock: flush the names and the files. */
static int
flush_files(struct store_pages *pages, enum store_flush which)
{
	struct store_file *file;

	if (flush_directory(pages) != 0)
		return -1;
	while ((file = next_unflushed(pages, which)) != NULL) {
		int failed = cut_off(file) != 0 || store_flush_data(file->fd) != 0;

		if (failed != 0)
			broken(pages, file->name);
		rest(file);
		if (failed != 0)
			return -1;
	}
	return 0;
}

static bool
fits(void *context, const void *owner)
{
	struct store_pages *pages = context;
	struct store_file *file = (struct store_file *)(uintptr_t)owner;

	if (file->index != 0)
		return true;
	if (pages->nfiles == STORE_JOURNAL_FILES)
		return false;
	pages->files[pages->nfiles] = file;
	memcpy(pages->file[pages->nfiles].name, file->name, sizeof file->name);
	pages->file[pages->nfiles].end = file->cut >= STORE_CUT_LOGGED ? file->end : STORE_JOURNAL_NO_END;
	file->index = ++pages->nfiles;
	file->busy = true;
	return true;
}

static int
by_place(const void *a, const void *b)
{
	const struct store_journal_page *x = a, *y = b;

	if (x->file != y->file)
		return x->file < y->file ? -1 : 1;
	return x->number < y->number ? -1 : x->number > y->number;
}

/* Returns how many pages there are to write. */
static uint32_t
take(struct store_pages *pages)
{
	uint32_t n;

	store_file_lock();
	pages->nfiles = 0;
	n = store_waiting_take(pages->waiting, pages->taken, STORE_JOURNAL_PAGES, fits, pages);
	for (uint32_t i = 0; i < n; i++)
		pages->page[i] =
		    (struct store_journal_page){((const struct store_file *)pages->taken[i].owner)->index - 1,
			pages->taken[i].number, pages->taken[i].bytes};
	pages->woken = false;
	store_file_unlock();
	qsort(pages->page, n, sizeof pages->page[0], by_place);
	return n;
}

/* The id may be on a page that is among these, or in the file. */
static void
identify(struct store_pages *pages, uint32_t n)
{
	for (uint32_t i = 0; i < pages->nfiles; i++)
		if (pread(pages->files[i]->fd, pages->file[i].id, STORE_FILE_ID, STORE_FILE_ID_AT) != STORE_FILE_ID)
			memset(pages->file[i].id, 0, STORE_FILE_ID);
	for (uint32_t i = 0; i < n; i++)
		if (pages->page[i].number == 0)
			memcpy(pages->file[pages->page[i].file].id, pages->page[i].bytes + STORE_FILE_ID_AT,
			    STORE_FILE_ID);
}

static int
write_run(int fd, const struct store_journal_page *page, int n)
{
	struct iovec v[PIECE];
	size_t done = 0, len = (size_t)n * STORE_PAGE;

	while (done < len) {
		int from = (int)(done / STORE_PAGE);
		ssize_t written;

		for (int i = from; i < n; i++)
			v[i] = (struct iovec){(void *)(uintptr_t)page[i].bytes, STORE_PAGE};
		v[from].iov_base = (char *)v[from].iov_base + done % STORE_PAGE;
		v[from].iov_len -= done % STORE_PAGE;
		written = pwritev(fd, v + from, n - from, (off_t)page->number * STORE_PAGE + (off_t)done);
		if (written < 0 && errno != EINTR)
			return -1;
		done += written > 0 ? (size_t)written : 0;
	}
	return 0;
}

/* Each page to its place, and on its way to the disk, so that to flush it later is short: a commit's flush waits behind that. */
static int
write_places(struct store_pages *pages, uint32_t n)
{
	uint32_t len;

	for (uint32_t i = 0; i < n; i += len) {
		const struct store_journal_page *page = &pages->page[i];

		for (len = 1; i + len < n && len < PIECE && page[len].file == page->file &&
		     page[len].number == page->number + len;
		     len++)
			continue;
		if (write_run(pages->files[page->file]->fd, page, (int)len) != 0)
			return -1;
	}
	for (uint32_t i = 0; i < pages->nfiles; i++)
		sync_file_range(pages->files[i]->fd, 0, 0, SYNC_FILE_RANGE_WRITE);
	return 0;
}

static int
write_journal(struct store_pages *pages, uint32_t n)
{
	const struct store_journal_batch batch = {pages->file, pages->page, pages->nfiles, n};

	if (flush_directory(pages) != 0)
		return -1;
	if (store_journal_full(pages->journal)) {
		if (flush_files(pages, STORE_FLUSH_ALL) != 0)
			return -1;
		store_journal_void(pages->journal);
	}
	if (store_journal_write(pages->journal, &batch) == 0)
		return 0;
	return store_journal_is_lost(pages->journal) ? broken(pages, STORE_JOURNAL) : -1;
}

static void
settle(struct store_pages *pages, uint32_t n, bool written)
{
	int saved = errno;

	store_file_lock();
	store_waiting_settle(pages->waiting, written);
	pages->count.batches += written;
	pages->count.pages += written ? n : 0;
	for (uint32_t i = 0; i < pages->nfiles; i++) {
		struct store_file *file = pages->files[i];

		if (written && file->cut == STORE_CUT_LOGGED && pages->file[i].end != STORE_JOURNAL_NO_END)
			file->cut = STORE_CUT_TOLD;
		file->index = 0;
		file->busy = false;
		file->unflushed = true;
		store_file_release(file, store_pages_wait(file));
	}
	store_file_unlock();
	errno = saved;
}

/* Holding the drain's lock.  Returns 0, or -1 with errno: the pages wait again. */
static int
write_batch(struct store_pages *pages)
{
	uint32_t n = take(pages);
	bool written;

	if (n == 0)
		return 0;
	identify(pages, n);
	written = write_journal(pages, n) == 0 && write_places(pages, n) == 0;
	settle(pages, n, written);
	return written ? 0 : -1;
}

static bool
has_more(struct store_pages *pages, uint32_t most, uint64_t before)
{
	bool more;

	store_file_lock();
	more = store_waiting_count(pages->waiting) > most && store_waiting_first(pages->waiting) < before;
	store_file_unlock();
	return more;
}

static int
write_batches(struct store_pages *pages, uint32_t most)
{
	uint64_t before;
	int failed = 0;

	store_file_lock();
	before = store_waiting_next(pages->waiting);
	store_file_unlock();
	while (failed == 0 && has_more(pages, most, before))
		failed = write_batch(pages);
	return failed;
}

int
store_pages_write_out(struct store_pages *pages, uint32_t most, enum store_flush which)
{
	int failed = 0;

	pthread_mutex_lock(&pages->drain);
	if (atomic_load(pages->broken)) {
		errno = EIO;
		failed = -1;
	}
	if (failed == 0 && pages->waiting != NULL)
		failed = write_batches(pages, most);
	if (failed == 0 && which != STORE_FLUSH_NONE)
		failed = flush_files(pages, which);
	pthread_mutex_unlock(&pages->drain);
	return failed;
}
