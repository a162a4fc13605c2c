/* A file is prepared under a name that is no log's, and gets its second, the log's, by link(2), which takes nobody's place. */
#include "store_spare.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "store_flush.h"

#define SPARE "log.spare"
#define HEADER \
	512 /* bytes: a disk writes them whole or not at all, and a log's header, which comes first, is shorter */
#define PIECE \
	(512u << 10) /* bytes that are written at a time: a commit's flush waits behind one of them, not behind all */
#define LOG_NAME_SIZE 16     /* "log.0000000001" */
#define LOG_NAME "log.%010u" /* as Berkeley DB names them */

static const unsigned char zeros[PIECE];

static int
open_directory(const char *dir)
{
	return open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* The number of a log file, or 0: it is none. */
static unsigned
number_of(const char *name)
{
	char again[LOG_NAME_SIZE];
	unsigned number;

	if (strncmp(name, "log.", 4) != 0 || sscanf(name + 4, "%10u", &number) != 1)
		return 0;
	snprintf(again, sizeof again, LOG_NAME, number);
	return strcmp(name, again) == 0 ? number : 0;
}

/* Returns 1: something was written to it, 0: nothing, or -1 with errno. */
static int
is_begun(int dir, const char *name)
{
	unsigned char header[HEADER];
	struct stat st;
	int fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	ssize_t n = -1;
	int saved;

	if (fd == -1)
		return -1;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		n = pread(fd, header, sizeof header, 0);
	else
		errno = EINVAL;
	saved = errno;
	close(fd);
	errno = saved;
	return n < 0 ? -1 : memcmp(header, zeros, (size_t)n) != 0;
}

/* Calls LOOK for each log file. */
static int
each_log(DIR *dir, int (*look)(int dir, const char *name, unsigned number, unsigned *last), unsigned *last)
{
	const struct dirent *entry;

	rewinddir(dir);
	while ((errno = 0, entry = readdir(dir)) != NULL) {
		unsigned number = number_of(entry->d_name);

		if (number != 0 && look(dirfd(dir), entry->d_name, number, last) != 0)
			return -1;
	}
	return errno == 0 ? 0 : -1;
}

static int
find_last(int dir, const char *name, unsigned number, unsigned *last)
{
	int begun = is_begun(dir, name);

	if (begun == 1 && number > *last)
		*last = number;
	return begun < 0 ? -1 : 0;
}

/* One without a header among those that have one is not ours to judge: recovery says what is wrong with it. */
static int
remove_later(int dir, const char *name, unsigned number, unsigned *last)
{
	return number > *last && unlinkat(dir, name, 0) != 0 ? -1 : 0;
}

int
store_spare_clean(const char *dir)
{
	DIR *opened = opendir(dir);
	unsigned last = 0;
	int result = -1, saved;

	if (opened == NULL)
		return -1;
	if ((unlinkat(dirfd(opened), SPARE, 0) == 0 || errno == ENOENT) && each_log(opened, find_last, &last) == 0 &&
	    each_log(opened, remove_later, &last) == 0)
		result = 0;
	saved = errno;
	closedir(opened);
	errno = saved;
	return result;
}

static int
remove_earlier(int dir, const char *name, unsigned number, unsigned *first)
{
	return number < *first && unlinkat(dir, name, 0) != 0 ? -1 : 0;
}

int
store_spare_remove_strays(const char *dir, unsigned current)
{
	DIR *opened = opendir(dir);
	char name[LOG_NAME_SIZE];
	unsigned first = current;
	int result, saved;

	if (opened == NULL)
		return -1;
	do
		snprintf(name, sizeof name, LOG_NAME, first - 1);
	while (faccessat(dirfd(opened), name, F_OK, 0) == 0 && --first > 1);
	result = each_log(opened, remove_earlier, &first);
	saved = errno;
	closedir(opened);
	errno = saved;
	return result;
}

static int
enough_stays_free(const struct store_spare *spare, uint64_t min_free)
{
	struct statvfs disk;
	uint64_t free;

	if (statvfs(spare->dir, &disk) != 0)
		return -1;
	free = (uint64_t)disk.f_bavail * disk.f_frsize;
	if (free >= spare->size && free - spare->size >= min_free)
		return 0;
	errno = ENOSPC;
	return -1;
}

/* Piece by piece onto the disk: what others flush meanwhile waits for one piece at most. */
static int
write_zeros(int fd, uint64_t size)
{
	uint64_t at = 0;

	while (at < size) {
		size_t len = size - at < PIECE ? (size_t)(size - at) : PIECE;
		ssize_t n = pwrite(fd, zeros, len, (off_t)at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		sync_file_range(
		    fd, (off_t)at, n, SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER);
		at += (uint64_t)n;
	}
	return fsync(fd); /* nothing is in it yet: one that can't be flushed is removed */
}

static bool
is_elsewhere(int dir, const char *name)
{
	struct stat st;

	return fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(st.st_mode) || st.st_nlink != 1;
}

/*
 * The file under its first name: OLD, whose blocks the file system need not free and find again, or a new one.  Whatever has that name now
 * is not written to: it could have a log's, too, if an unlink has failed.  Nor is an old one that somebody has linked to elsewhere.  That an old
 * one has lost its log's name is flushed before it is written to: with zeros under that name recovery would not find what comes after it.
 */
static int
open_spare(int dir, const char *old)
{
	if (unlinkat(dir, SPARE, 0) != 0 && errno != ENOENT)
		return -1;
	if (old != NULL && !is_elsewhere(dir, old) && renameat(dir, old, dir, SPARE) == 0)
		return fsync(dir) == 0 ? openat(dir, SPARE, O_WRONLY | O_CLOEXEC | O_NOFOLLOW) : -1;
	return openat(dir, SPARE, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
}

static int
prepare(const struct store_spare *spare, int dir, const char *old)
{
	int fd = open_spare(dir, old), failed, saved;

	if (fd == -1)
		return -1;
	failed = write_zeros(fd, spare->size);
	saved = errno;
	close(fd);
	errno = saved;
	return failed;
}

/* From the link on the log may go over to it; until the directory is flushed, store_spare_settle() does so before a commit is told. */
static int
give_name(struct store_spare *spare, int dir, const char *name)
{
	int failed;

	atomic_store(&spare->unflushed, true);
	if ((failed = linkat(dir, SPARE, dir, name, 0)) == 0 && store_flush_names(dir) != 0)
		return -1;
	atomic_store(&spare->unflushed, false);
	return failed;
}

int
store_spare_make(struct store_spare *spare, const struct store_spare_wish *wish)
{
	char name[LOG_NAME_SIZE];
	int dir, result = -1, saved;

	snprintf(name, sizeof name, LOG_NAME, (unsigned)wish->number);
	if ((dir = open_directory(spare->dir)) == -1)
		return -1;
	if (faccessat(dir, name, F_OK, 0) == 0)
		errno = EEXIST;
	else if ((wish->old != NULL || enough_stays_free(spare, wish->min_free) == 0) &&
	    prepare(spare, dir, wish->old) == 0)
		result = give_name(spare, dir, name);
	saved = errno;
	unlinkat(dir, SPARE, 0);
	close(dir);
	errno = saved;
	return result;
}

int
store_spare_settle(struct store_spare *spare, bool made)
{
	int dir, failed, saved;

	if (!made && !atomic_load(&spare->unflushed))
		return 0;
	if ((dir = open_directory(spare->dir)) == -1)
		return -1;
	failed = store_flush_names(dir);
	saved = errno;
	close(dir);
	errno = saved;
	return failed;
}
