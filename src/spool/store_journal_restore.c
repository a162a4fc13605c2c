/*
 * Reading the journal: which batch is the last one that counts, and what it and those that it calls live say of each page.  The latest is
 * compared with what is in the page's place, so that after a crash without a power cut nearly nothing is written.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../lib/log.h"
#include "store_batch.h"
#include "store_flush.h"
#include "store_journal.h"
#include "store_journal_private.h"

/* A page that is to be put back. */
struct wanted {
	const struct store_batch *batch;
	uint32_t which; /* of the batch's pages */
};

struct restore {
	int dir, fd;
	unsigned char id[STORE_JOURNAL_ID];
	struct store_batch *slots[STORE_JOURNAL_SLOTS]; /* NULL: there is none that is whole */
	struct wanted *wanted;
	uint32_t nwanted;
	int64_t restored;
};

/* Returns 0, or -1 with errno; less than LEN bytes are EPROTO. */
static int
read_all(int fd, void *bytes, size_t len, uint64_t at)
{
	unsigned char *p = bytes;

	while (len > 0) {
		ssize_t n = pread(fd, p, len, (off_t)at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n == 0)
			errno = EPROTO;
		if (n <= 0)
			return -1;
		p += n;
		at += (uint64_t)n;
		len -= (size_t)n;
	}
	return 0;
}

static int
write_page(int fd, const unsigned char *bytes, uint64_t at)
{
	size_t done = 0;

	while (done < STORE_PAGE) {
		ssize_t n = pwrite(fd, bytes + done, STORE_PAGE - done, (off_t)(at + done));

		if (n < 0 && errno != EINTR)
			return -1;
		done += n > 0 ? (size_t)n : 0;
	}
	return 0;
}

int
store_journal_open_file(int dir, unsigned char *id)
{
	unsigned char page[STORE_PAGE];
	struct stat st;
	int fd = openat(dir, STORE_JOURNAL, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK), saved;

	if (fd == -1)
		return -1;
	errno = EPROTO;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && read_all(fd, page, sizeof page, 0) == 0 &&
	    store_batch_begun(page, id) == 0)
		return fd;
	saved = errno;
	close(fd);
	errno = saved;
	return -1;
}

/* Returns 1: the slot's head is whole, 0: it is not, or -1 with errno. */
static int
read_head(int fd, const unsigned char *id, uint64_t slot, struct store_batch *batch)
{
	unsigned char *head = malloc(STORE_BATCH_HEAD);
	int result = head != NULL ? read_all(fd, head, STORE_BATCH_HEAD, store_batch_at(slot)) : -1;

	if (result == 0)
		result = store_batch_decode(id, head, batch) && batch->number % STORE_JOURNAL_SLOTS == slot &&
		    batch->number > 0;
	free(head);
	return result;
}

static int
read_page(const struct restore *r, const struct wanted *w, unsigned char bytes[STORE_PAGE])
{
	uint64_t at = store_batch_at(w->batch->number) + STORE_BATCH_HEAD + (uint64_t)w->which * STORE_PAGE;

	return read_all(r->fd, bytes, STORE_PAGE, at);
}

/* Returns 1: each page is as the head says, 0: not, or -1 with errno. */
static int
is_whole(const struct restore *r, const struct store_batch *batch)
{
	unsigned char bytes[STORE_PAGE];

	for (uint32_t i = 0; i < batch->npages; i++) {
		if (read_page(r, &(struct wanted){batch, i}, bytes) != 0)
			return -1;
		if (!store_batch_page_holds(&batch->pages[i], bytes))
			return 0;
	}
	return 1;
}

/* Returns 0, or -1 with errno. */
static int
read_slots(struct restore *r)
{
	for (uint64_t slot = 0; slot < STORE_JOURNAL_SLOTS; slot++) {
		struct store_batch *batch = malloc(sizeof *batch);
		int whole = batch != NULL ? read_head(r->fd, r->id, slot, batch) : -1;

		if (whole == 1)
			whole = is_whole(r, batch);
		if (whole == 1)
			r->slots[slot] = batch;
		else
			free(batch);
		if (whole < 0)
			return -1;
	}
	return 0;
}

static const struct store_batch *
last_of(const struct restore *r)
{
	const struct store_batch *last = NULL;

	for (int i = 0; i < STORE_JOURNAL_SLOTS; i++)
		if (r->slots[i] != NULL && (last == NULL || r->slots[i]->number > last->number))
			last = r->slots[i];
	return last;
}

static void
free_slots(struct restore *r)
{
	for (int i = 0; i < STORE_JOURNAL_SLOTS; i++)
		free(r->slots[i]);
}

int
store_journal_last(int fd, const unsigned char *id, uint64_t *last)
{
	struct restore r = {.dir = -1, .fd = fd};
	int failed;

	memcpy(r.id, id, sizeof r.id);
	failed = read_slots(&r);
	*last = last_of(&r) != NULL ? last_of(&r)->number : 0;
	free_slots(&r);
	return failed;
}

static const struct store_journal_file *
file_of(const struct wanted *w)
{
	return &w->batch->files[w->batch->pages[w->which].file];
}

/* By file, whatever its name was then, page, and the latest first. */
static int
compare(const void *a, const void *b)
{
	const struct wanted *x = a, *y = b;
	const struct store_batch_page *p = &x->batch->pages[x->which], *q = &y->batch->pages[y->which];
	int by_id = memcmp(file_of(x)->id, file_of(y)->id, STORE_FILE_ID);

	if (by_id != 0)
		return by_id;
	if (p->number != q->number)
		return p->number < q->number ? -1 : 1;
	return x->batch->number > y->batch->number ? -1 : x->batch->number < y->batch->number;
}

/* The pages of all that is live.  Returns 0, or -1 with errno: EPROTO, one of them is missing. */
static int
collect(struct restore *r, const struct store_batch *last)
{
	if ((r->wanted = calloc((size_t)STORE_JOURNAL_SLOTS * STORE_JOURNAL_PAGES, sizeof r->wanted[0])) == NULL)
		return -1;
	for (uint64_t number = last->oldest; number <= last->number; number++) {
		const struct store_batch *batch = r->slots[number % STORE_JOURNAL_SLOTS];

		if (batch == NULL || batch->number != number) {
			errno = EPROTO;
			return -1;
		}
		for (uint32_t i = 0; i < batch->npages; i++)
			r->wanted[r->nwanted++] = (struct wanted){batch, i};
	}
	qsort(r->wanted, r->nwanted, sizeof r->wanted[0], compare);
	return 0;
}

static bool
same_file(const struct wanted *a, const struct wanted *b)
{
	return memcmp(file_of(a)->id, file_of(b)->id, STORE_FILE_ID) == 0;
}

/* The descriptor of NAME if it is the table of this id; -1: it is not, or is not there (errno 0), or what failed. */
static int
open_if(int dir, const char *name, const unsigned char id[STORE_FILE_ID])
{
	unsigned char its[STORE_FILE_ID];
	struct stat st;
	int fd = openat(dir, name, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK), saved;

	if (fd == -1) {
		errno = errno == ENOENT || errno == ELOOP || errno == EISDIR ? 0 : errno;
		return -1;
	}
	errno = 0;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && read_all(fd, its, sizeof its, STORE_FILE_ID_AT) == 0 &&
	    memcmp(its, id, STORE_FILE_ID) == 0)
		return fd;
	saved = errno == EPROTO ? 0 : errno;
	close(fd);
	errno = saved;
	return -1;
}

/* It may have another name now: a table is made under one, and removed under one. */
static int
open_table(const struct restore *r, const struct store_journal_file *file)
{
	int fd = open_if(r->dir, file->name, file->id), saved;
	const struct dirent *entry;
	DIR *dir;

	if (fd != -1 || errno != 0)
		return fd;
	if ((fd = openat(r->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)) == -1)
		return -1;
	if ((dir = fdopendir(fd)) == NULL) {
		close(fd);
		return -1;
	}
	fd = -1;
	while (fd == -1 && (errno = 0, entry = readdir(dir)) != NULL)
		if (store_journal_may_name(entry->d_name) && (fd = open_if(r->dir, entry->d_name, file->id)) == -1 &&
		    errno != 0)
			break;
	saved = errno;
	closedir(dir);
	errno = saved;
	return fd;
}

/* Whether a later batch tells that the file has been cut off before this page. */
static bool
is_cut_off(const struct restore *r, const struct wanted *w, uint64_t last)
{
	uint32_t page = w->batch->pages[w->which].number;

	for (uint64_t number = w->batch->number + 1; number <= last; number++) {
		const struct store_batch *batch = r->slots[number % STORE_JOURNAL_SLOTS];

		for (uint32_t i = 0; i < batch->nfiles; i++)
			if (memcmp(batch->files[i].id, file_of(w)->id, STORE_FILE_ID) == 0 &&
			    page >= batch->files[i].end)
				return true;
	}
	return false;
}

static int
put_back(struct restore *r, const struct wanted *w, int fd)
{
	unsigned char wanted[STORE_PAGE], there[STORE_PAGE];
	uint64_t at = (uint64_t)w->batch->pages[w->which].number * STORE_PAGE;

	if (read_page(r, w, wanted) != 0)
		return -1;
	if (read_all(fd, there, STORE_PAGE, at) == 0 && memcmp(there, wanted, STORE_PAGE) == 0)
		return 0;
	r->restored++;
	return write_page(fd, wanted, at);
}

/* The N pages of one file, the latest of each.  Flushed whether or not one was written: they may be in the system's cache only. */
static int
put_back_file(struct restore *r, const struct wanted *w, uint32_t n)
{
	static const unsigned char no_id[STORE_FILE_ID];
	int fd, failed = 0, saved;

	if (memcmp(file_of(w)->id, no_id, STORE_FILE_ID) == 0)
		return 0; /* it had no first page, and so is nothing yet */
	if ((fd = open_table(r, file_of(w))) == -1)
		return errno == 0 ? 0 : -1;
	for (uint32_t i = 0; failed == 0 && i < n; i++)
		if ((i == 0 || w[i].batch->pages[w[i].which].number != w[i - 1].batch->pages[w[i - 1].which].number) &&
		    !is_cut_off(r, &w[i], last_of(r)->number))
			failed = put_back(r, &w[i], fd);
	if (failed == 0)
		failed = store_flush_data(fd);
	saved = errno;
	close(fd);
	errno = saved;
	return failed;
}

static int
put_all_back(struct restore *r)
{
	const struct store_batch *last = last_of(r);
	uint32_t n;

	if (last == NULL)
		return 0;
	if (collect(r, last) != 0)
		return -1;
	for (uint32_t i = 0; i < r->nwanted; i += n) {
		for (n = 1; i + n < r->nwanted && same_file(&r->wanted[i], &r->wanted[i + n]); n++)
			continue;
		if (put_back_file(r, &r->wanted[i], n) != 0)
			return -1;
	}
	return 0;
}

static void
tell(const char *path, int64_t restored, int why)
{
	if (restored > 0)
		log_info("spool: %" PRId64
			 " pages that a crash left half written, or not, are in place again from %s/%s",
		    restored, path, STORE_JOURNAL);
	else if (restored < 0 && why == EPROTO)
		log_error(
		    "spool: %s/%s is damaged, and pages of the tables may be half written: restore the spool from a backup",
		    path, STORE_JOURNAL);
	else if (restored < 0)
		log_error("spool: can't put pages back from %s/%s: %s", path, STORE_JOURNAL, strerror(why));
}

int64_t
store_journal_restore(const char *path)
{
	struct restore r = {.dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), .fd = -1};
	int failed = -1, saved;

	if (r.dir != -1 && (r.fd = store_journal_open_file(r.dir, r.id)) != -1 && read_slots(&r) == 0)
		failed = put_all_back(&r);
	else if (r.dir != -1 && r.fd == -1 && errno == ENOENT)
		failed = 0;
	saved = errno;
	tell(path, failed == 0 ? r.restored : -1, saved);
	free_slots(&r);
	free(r.wanted);
	if (r.fd != -1)
		close(r.fd);
	if (r.dir != -1)
		close(r.dir);
	errno = saved;
	return failed == 0 ? r.restored : -1;
}
