/*
 * The library takes what these return for an error's number (0: none), but of those that read and write, which are as the system's.  Where a write
 * fails or is short it seeks and writes again with write(2), past us; so what failed is told to that seek, too.
 */
#include "store_library.h"

#include <db.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store_file.h"
#include "store_flush.h"
#include "store_pages.h"

#define MEGABYTE (1u << 20)

static atomic_bool log_made;

/* Of this thread's last write that failed. */
static _Thread_local int refused_fd = -1, refused_errno;

static bool
is_log(const char *name)
{
	return strncmp(name, "log.", 4) == 0;
}

/* Berkeley DB's own name for the file, and whose it is; NULL: no table. */
static struct store_pages *
table_of(const char *path, const char **name)
{
	struct store_pages *pages = store_pages_of(path, name);

	return pages != NULL && store_journal_may_name(*name) ? pages : NULL;
}

static int
register_table(struct store_pages *pages, int fd, const char *name, bool made)
{
	int failed, saved;

	store_file_lock();
	failed = store_file_opened(pages, fd, name);
	saved = errno;
	store_file_unlock();
	if (made)
		store_pages_made(pages);
	errno = saved;
	return failed;
}

static int
open_file(const char *path, int flags, ...)
{
	const char *name = strrchr(path, '/'), *table = NULL;
	struct store_pages *pages = table_of(path, &table);
	bool makes = (flags & O_CREAT) != 0 && access(path, F_OK) != 0;
	va_list rest;
	int mode = 0, fd, saved;

	va_start(rest, flags);
	if ((flags & O_CREAT) != 0)
		mode = va_arg(rest, int);
	va_end(rest);
	if ((fd = open(path, flags | O_CLOEXEC, mode)) == -1)
		return -1;
	if (makes && name != NULL && is_log(name + 1))
		atomic_store(&log_made, true);
	if (pages == NULL || register_table(pages, fd, table, makes) == 0)
		return fd;
	saved = errno;
	close(fd);
	errno = saved;
	return -1;
}

static int
close_file(int fd)
{
	store_pages_closed(fd);
	return close(fd) == 0 || errno == EINTR ? 0 : errno;
}

static ssize_t
read_file(int fd, void *bytes, size_t len, off_t at)
{
	return store_pages_read(fd, bytes, len, at);
}

static ssize_t
write_file(int fd, const void *bytes, size_t len, off_t at)
{
	ssize_t n = store_pages_write(fd, bytes, len, at);

	if (n < 0 && store_pages_know(fd)) {
		refused_fd = fd;
		refused_errno = errno;
	}
	return n;
}

static int
seek_file(int fd, off_t at, int whence)
{
	if (refused_fd == fd) {
		refused_fd = -1;
		return refused_errno;
	}
	if (store_pages_seek(fd) != 0 || lseek(fd, at, whence) == -1)
		return errno;
	return 0;
}

static int
flush_file(int fd)
{
	int result = store_pages_flush(fd);

	if (result == 1)
		result = store_flush_data(fd);
	return result == 0 ? 0 : errno;
}

static int
resize_file(int fd, off_t size)
{
	return store_pages_resize(fd, size) == 0 ? 0 : errno;
}

static int
tell_size(const char *path, int fd, u_int32_t *megabytes, u_int32_t *bytes, u_int32_t *piece)
{
	struct stat st;
	uint64_t size;

	(void)path;
	if (fstat(fd, &st) != 0)
		return errno;
	size = store_pages_size(fd, (uint64_t)st.st_size);
	if (megabytes != NULL)
		*megabytes = (u_int32_t)(size / MEGABYTE);
	if (bytes != NULL)
		*bytes = (u_int32_t)(size % MEGABYTE);
	if (piece != NULL)
		*piece = (u_int32_t)st.st_blksize;
	return 0;
}

static int
rename_file(const char *was, const char *name)
{
	const char *old, *new;
	struct store_pages *pages = store_pages_of(was, &old);

	if (rename(was, name) != 0)
		return errno;
	if (pages != NULL && store_pages_of(name, &new) == pages)
		store_pages_named(pages, old, new);
	return 0;
}

static int
unlink_file(const char *path)
{
	const char *name;
	struct store_pages *pages = store_pages_of(path, &name);

	if (unlink(path) != 0)
		return errno;
	if (pages != NULL)
		store_pages_unnamed(pages, name);
	return 0;
}

int
store_library_watch(void)
{
	int code;

	if ((code = db_env_set_func_open(open_file)) != 0 || (code = db_env_set_func_close(close_file)) != 0 ||
	    (code = db_env_set_func_pread(read_file)) != 0 || (code = db_env_set_func_pwrite(write_file)) != 0 ||
	    (code = db_env_set_func_seek(seek_file)) != 0 || (code = db_env_set_func_fsync(flush_file)) != 0 ||
	    (code = db_env_set_func_ftruncate(resize_file)) != 0 || (code = db_env_set_func_ioinfo(tell_size)) != 0 ||
	    (code = db_env_set_func_rename(rename_file)) != 0)
		return code;
	return db_env_set_func_unlink(unlink_file);
}

bool
store_library_made_log(void)
{
	return atomic_exchange(&log_made, false);
}
