/* Writing the journal: one piece, one flush. */
#include "store_journal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "../lib/log.h"
#include "store_batch.h"
#include "store_flush.h"
#include "store_journal_private.h"

#define NEW STORE_JOURNAL ".new"
#define PIECE 128u /* pages written at a time: a commit's flush waits behind one piece at most, not behind all */

struct store_journal {
	int fd;
	unsigned char id[STORE_JOURNAL_ID];
	uint64_t next, oldest; /* batch to come; the oldest one that is live, or NEXT */
	bool lost;
	unsigned char head[STORE_BATCH_HEAD];
};

/* All of it, or -1 with errno.  CHANGES the vector. */
static int
write_vector(int fd, struct iovec *v, int n, uint64_t at)
{
	while (n > 0) {
		ssize_t done = pwritev(fd, v, n, (off_t)at);

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return -1;
		at += (uint64_t)done;
		for (; n > 0 && (size_t)done >= v->iov_len; v++, n--)
			done -= (ssize_t)v->iov_len;
		if (n > 0) {
			v->iov_base = (char *)v->iov_base + done;
			v->iov_len -= (size_t)done;
		}
	}
	return 0;
}

static int
write_piece(int fd, const struct store_journal_page *pages, uint32_t n, uint64_t at)
{
	struct iovec v[PIECE];

	for (uint32_t i = 0; i < n; i++)
		v[i] = (struct iovec){(void *)(uintptr_t)pages[i].bytes, STORE_PAGE};
	if (write_vector(fd, v, (int)n, at) != 0)
		return -1;
	sync_file_range(fd, (off_t)at, (off_t)n * STORE_PAGE,
	    SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER);
	return 0;
}

int
store_journal_write(struct store_journal *j, const struct store_journal_batch *batch)
{
	uint64_t at = store_batch_at(j->next);
	struct iovec head = {j->head, STORE_BATCH_HEAD};

	store_batch_encode(j->id, j->next, j->oldest, batch, j->head);
	if (write_vector(j->fd, &head, 1, at) != 0)
		return -1;
	at += STORE_BATCH_HEAD;
	for (uint32_t i = 0; i < batch->npages; i += PIECE) {
		uint32_t n = batch->npages - i < PIECE ? batch->npages - i : PIECE;

		if (write_piece(j->fd, batch->pages + i, n, at + (uint64_t)i * STORE_PAGE) != 0)
			return -1;
	}
	if (store_flush_data(j->fd) != 0) {
		j->lost = true;
		return -1;
	}
	j->next++;
	return 0;
}

bool
store_journal_is_lost(const struct store_journal *j)
{
	return j->lost;
}

/* The next one's slot must not be among those that it names as live. */
bool
store_journal_full(const struct store_journal *j)
{
	return j->next - j->oldest >= STORE_JOURNAL_SLOTS - 1;
}

void
store_journal_void(struct store_journal *j)
{
	j->oldest = j->next;
}

int
store_journal_close(struct store_journal *j, bool is_void)
{
	static const struct store_journal_batch nothing = {NULL, NULL, 0, 0};
	int failed = 0, saved;

	if (j == NULL)
		return 0;
	if (is_void) {
		store_journal_void(j);
		failed = store_journal_write(j, &nothing);
	}
	saved = errno;
	close(j->fd);
	free(j);
	errno = saved;
	return failed;
}

static int
write_zeros(int fd)
{
	static const unsigned char zeros[STORE_PAGE];
	struct store_journal_page pages[PIECE];
	uint64_t at = 0;

	for (uint32_t i = 0; i < PIECE; i++)
		pages[i] = (struct store_journal_page){0, 0, zeros};
	while (at < STORE_JOURNAL_SIZE) {
		uint64_t left = (STORE_JOURNAL_SIZE - at) / STORE_PAGE;
		uint32_t n = left < PIECE ? (uint32_t)left : PIECE;

		if (write_piece(fd, pages, n, at) != 0)
			return -1;
		at += (uint64_t)n * STORE_PAGE;
	}
	return 0;
}

/* In its whole length, so that no batch lacks room when others take what is left, and the file system need find no blocks for it. */
static int
write_new(int fd, const unsigned char id[STORE_JOURNAL_ID])
{
	unsigned char begin[STORE_PAGE];
	struct iovec v = {begin, sizeof begin};

	if (fallocate(fd, 0, 0, (off_t)STORE_JOURNAL_SIZE) != 0 && (errno != EOPNOTSUPP || write_zeros(fd) != 0))
		return -1;
	store_batch_begin(id, begin);
	return write_vector(fd, &v, 1, 0) == 0 ? store_flush_names(fd) : -1;
}

static int
make(int dir)
{
	unsigned char id[STORE_JOURNAL_ID];
	int fd, failed, saved;

	if (getrandom(id, sizeof id, 0) != sizeof id || (unlinkat(dir, NEW, 0) != 0 && errno != ENOENT) ||
	    (fd = openat(dir, NEW, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600)) == -1)
		return -1;
	failed = write_new(fd, id) != 0 || renameat(dir, NEW, dir, STORE_JOURNAL) != 0 || store_flush_names(dir) != 0;
	saved = errno;
	close(fd);
	if (failed)
		unlinkat(dir, NEW, 0);
	errno = saved;
	return failed ? -1 : 0;
}

/* Returns 0, or -1 with errno: ENOENT, …. */
static int
open_there(struct store_journal *j, int dir)
{
	uint64_t last;

	if ((j->fd = store_journal_open_file(dir, j->id)) == -1 || store_journal_last(j->fd, j->id, &last) != 0)
		return -1;
	j->next = j->oldest = last + 1;
	return 0;
}

struct store_journal *
store_journal_open(const char *path)
{
	struct store_journal *j = calloc(1, sizeof *j);
	int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), failed = -1, saved;

	if (j != NULL && dir != -1) {
		j->fd = -1;
		if ((failed = open_there(j, dir)) != 0 && errno == ENOENT && (failed = make(dir)) == 0)
			failed = open_there(j, dir);
	}
	saved = errno;
	if (dir != -1)
		close(dir);
	if (failed == 0)
		return j;
	log_error("spool: can't open or make %s/%s, which takes %llu MiB: %s", path, STORE_JOURNAL,
	    (unsigned long long)(STORE_JOURNAL_SIZE >> 20), strerror(saved));
	if (j != NULL && j->fd != -1)
		close(j->fd);
	free(j);
	errno = saved;
	return NULL;
}

int
store_journal_remove(const char *path)
{
	int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), failed = 0, saved;

	if (dir == -1)
		return -1;
	if (unlinkat(dir, STORE_JOURNAL, 0) == 0)
		failed = store_flush_names(dir);
	else if (errno != ENOENT)
		failed = -1;
	saved = errno;
	close(dir);
	errno = saved;
	return failed;
}
