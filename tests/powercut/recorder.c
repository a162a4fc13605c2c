/*
 * Between hookspoold and its disk: each call that changes something in the directory POWERCUT_DIR is made under one lock and noted in the file
 * POWERCUT_LOG, so that the notes are in the order of the calls.  A flush alone is outside of it, as it takes time on a real disk (POWERCUT_FLUSH_US):
 * what others do meanwhile is noted between its beginning and its end.  The disk is full once files have grown by POWERCUT_ROOM bytes.  Only the process that was started is recorded, no child of it.
 */
#include "recorder.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "record.h"

#define FDS 4096
#define ZEROS_FROM 4096 /* bytes: what is shorter is kept as it is */

enum means { NOTHING, FILE_OF_SPOOL, DIRECTORY, PARENT, CLIENT };

pthread_mutex_t recorder_lock = PTHREAD_MUTEX_INITIALIZER;
static unsigned char means[FDS];
static char dir[PATH_MAX], parent[PATH_MAX];
static pid_t recorded;
static int out = -1;
static useconds_t flush_us;
static uint64_t room = UINT64_MAX; /* bytes that files may still grow by */
static uint64_t flushes;

void *
recorder_next(const char *name)
{
	void *next = dlsym(RTLD_NEXT, name);

	if (next == NULL)
		_exit(120);
	return next;
}

__attribute__((constructor)) static void
start(void)
{
	const char *where = getenv("POWERCUT_DIR"), *log = getenv("POWERCUT_LOG"), *us = getenv("POWERCUT_FLUSH_US");
	int fd;

	if (where == NULL || log == NULL || (fd = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600)) == -1)
		return;
	out = fcntl(fd, F_DUPFD_CLOEXEC, FDS / 2);
	close(fd);
	snprintf(dir, sizeof dir, "%s", where);
	snprintf(parent, sizeof parent, "%.*s", (int)(strrchr(dir, '/') - dir), dir);
	if (getenv("POWERCUT_ROOM") != NULL)
		room = strtoull(getenv("POWERCUT_ROOM"), NULL, 10);
	flush_us = us != NULL ? (useconds_t)strtoul(us, NULL, 10) : 0;
	unsetenv("LD_PRELOAD"); /* no child's */
	unsetenv("POWERCUT_LOG");
	recorded = getpid();
}

bool
recorder_records(void)
{
	return recorded != 0 && getpid() == recorded;
}

static enum means
meaning(int fd)
{
	return fd >= 0 && fd < FDS && recorder_records() ? (enum means)means[fd] : NOTHING;
}

static bool
is_zero(const char *bytes, size_t len)
{
	return len >= ZEROS_FROM && bytes[0] == 0 && memcmp(bytes, bytes + 1, len - 1) == 0;
}

void
recorder_note(struct record *r, const void *data, size_t len)
{
	static ssize_t (*next)(int, const struct iovec *, int);
	static const char padding[8];
	int saved = errno;
	struct iovec iov[3] = {{r, sizeof *r}, {(void *)(uintptr_t)data, len}, {(void *)(uintptr_t)padding, -len & 7}};

	if (next == NULL)
		next = NEXT(ssize_t(*)(int, const struct iovec *, int), "writev");
	r->data = (uint32_t)len;
	r->wall_ms = recorder_wall_ms();
	r->real_ns = recorder_real_ns();
	if (next(out, iov, 3) != (ssize_t)(sizeof *r + len + iov[2].iov_len))
		_exit(121); /* half a recording is none */
	errno = saved;
}

void
recorder_note_names(enum record_kind kind, const char *one, const char *two)
{
	char names[2 * NAME_MAX + 2];
	int n = two == NULL ? snprintf(names, sizeof names, "%s", one)
			    : snprintf(names, sizeof names, "%s%c%s", one, '\0', two);

	recorder_note(&(struct record){.kind = kind}, names, (size_t)n + 1);
}

void
recorder_strange(const char *call)
{
	pthread_mutex_lock(&recorder_lock);
	recorder_note_names(RECORD_STRANGE, call, NULL);
	pthread_mutex_unlock(&recorder_lock);
}

static bool
is_the_directory(int at)
{
	struct stat one, two;

	return fstat(at, &one) == 0 && stat(dir, &two) == 0 && one.st_dev == two.st_dev && one.st_ino == two.st_ino;
}

bool
recorder_is_directory(const char *path)
{
	return strcmp(path, dir) == 0;
}

const char *
recorder_name_in(int at, const char *path)
{
	size_t len = strlen(dir);

	if (!recorder_records() || path == NULL)
		return NULL;
	if (path[0] == '/')
		return strncmp(path, dir, len) == 0 && path[len] == '/' && strchr(path + len + 1, '/') == NULL &&
			path[len + 1] != '\0'
		    ? path + len + 1
		    : NULL;
	return at != AT_FDCWD && strchr(path, '/') == NULL && strcmp(path, ".") != 0 && is_the_directory(at) ? path
													     : NULL;
}

static int
open_named(const char *name, int at, const char *path, int flags, mode_t mode)
{
	int (*next)(int, const char *, int, ...) = NEXT(int (*)(int, const char *, int, ...), "openat");
	struct stat st;
	bool there;
	int fd;

	pthread_mutex_lock(&recorder_lock);
	there = fstatat(at, path, &st, AT_SYMLINK_NOFOLLOW) == 0;
	if ((fd = next(at, path, flags, mode)) >= 0 && fd < FDS) {
		struct record r = {.kind = RECORD_OPEN, .fd = fd, .what = there ? OPEN_FOUND : OPEN_MADE};

		means[fd] = FILE_OF_SPOOL;
		recorder_note(&r, name, strlen(name) + 1);
		if (there && (flags & O_TRUNC) != 0)
			recorder_note(&(struct record){.kind = RECORD_TRUNCATE, .fd = fd}, NULL, 0);
	}
	pthread_mutex_unlock(&recorder_lock);
	return fd;
}

static int
open_any(int at, const char *path, int flags, mode_t mode)
{
	int (*next)(int, const char *, int, ...) = NEXT(int (*)(int, const char *, int, ...), "openat");
	const char *name = recorder_name_in(at, path);
	bool own;
	int fd;

	if (name != NULL)
		return open_named(name, at, path, flags, mode);
	fd = next(at, path, flags, mode);
	own = strcmp(path, dir) == 0 || (strcmp(path, ".") == 0 && at != AT_FDCWD && is_the_directory(at));
	if (recorder_records() && fd >= 0 && fd < FDS && (own || strcmp(path, parent) == 0)) {
		pthread_mutex_lock(&recorder_lock);
		means[fd] = own ? DIRECTORY : PARENT;
		recorder_note(
		    &(struct record){.kind = RECORD_OPEN, .fd = fd, .what = own ? OPEN_DIRECTORY : OPEN_PARENT}, "", 1);
		pthread_mutex_unlock(&recorder_lock);
	}
	return fd;
}

#define MODE(flags)                                           \
	__extension__({                                       \
		mode_t mode_ = 0;                             \
		if (((flags) & (O_CREAT | O_TMPFILE)) != 0) { \
			va_list rest_;                        \
			va_start(rest_, flags);               \
			mode_ = (mode_t)va_arg(rest_, int);   \
			va_end(rest_);                        \
		}                                             \
		mode_;                                        \
	})

int
open(const char *path, int flags, ...)
{
	return open_any(AT_FDCWD, path, flags, MODE(flags));
}

int
open64(const char *path, int flags, ...)
{
	return open_any(AT_FDCWD, path, flags, MODE(flags));
}

int
openat(int at, const char *path, int flags, ...)
{
	return open_any(at, path, flags, MODE(flags));
}

int
openat64(int at, const char *path, int flags, ...)
{
	return open_any(at, path, flags, MODE(flags));
}

bool
recorder_is_file(int fd)
{
	return meaning(fd) == FILE_OF_SPOOL;
}

static int
duplicate(int fd, int command, int least)
{
	int (*next)(int, int, ...) = NEXT(int (*)(int, int, ...), "fcntl"), new;

	pthread_mutex_lock(&recorder_lock);
	if ((new = next(fd, command, least)) >= 0 && new < FDS) {
		means[new] = means[fd];
		recorder_note(&(struct record){.kind = RECORD_DUPLICATE, .fd = new, .offset = (uint64_t)fd}, NULL, 0);
	}
	pthread_mutex_unlock(&recorder_lock);
	return new;
}

/* Its third argument, where it has one, is a number or an address. */
int
fcntl64(int fd, int command, ...)
{
	va_list rest;
	void *argument;

	va_start(rest, command);
	argument = va_arg(rest, void *);
	va_end(rest);
	if ((command == F_DUPFD || command == F_DUPFD_CLOEXEC) && meaning(fd) != NOTHING)
		return duplicate(fd, command, (int)(intptr_t)argument);
	return NEXT(int (*)(int, int, ...), "fcntl64")(fd, command, argument);
}

int
close(int fd)
{
	static int (*next)(int);
	int result;

	if (next == NULL)
		next = NEXT(int (*)(int), "close");
	if (meaning(fd) == NOTHING)
		return next(fd);
	pthread_mutex_lock(&recorder_lock);
	means[fd] = NOTHING;
	recorder_note(&(struct record){.kind = RECORD_CLOSE, .fd = fd}, NULL, 0);
	result = next(fd);
	pthread_mutex_unlock(&recorder_lock);
	return result;
}

int
accept4(int door, struct sockaddr *address, socklen_t *len, int flags)
{
	int fd = NEXT(int (*)(int, struct sockaddr *, socklen_t *, int), "accept4")(door, address, len, flags);

	if (recorder_records() && fd >= 0 && fd < FDS) {
		pthread_mutex_lock(&recorder_lock);
		means[fd] = CLIENT;
		recorder_note(&(struct record){.kind = RECORD_ACCEPT, .fd = fd}, NULL, 0);
		pthread_mutex_unlock(&recorder_lock);
	}
	return fd;
}

static void
note_write(int fd, off_t at, const void *bytes, ssize_t n)
{
	struct record r = {.kind = RECORD_WRITE, .fd = fd, .offset = (uint64_t)at, .len = (uint64_t)n};

	if (n > 0)
		recorder_note(&r, bytes, is_zero(bytes, (size_t)n) ? 0 : (size_t)n);
}

/* Under the lock.  Whether the disk has room for what lies behind the file's end. */
static bool
has_room(int fd, off_t at, size_t len)
{
	struct stat st;
	uint64_t more;

	if (room == UINT64_MAX || fstat(fd, &st) != 0 || at + (off_t)len <= st.st_size)
		return true;
	more = (uint64_t)(at + (off_t)len - st.st_size);
	if (more > room) {
		errno = ENOSPC;
		return false;
	}
	room -= more;
	return true;
}

static void
note_sent(int fd, const void *bytes, ssize_t n)
{
	if (n > 0)
		recorder_note(&(struct record){.kind = RECORD_SEND, .fd = fd}, bytes, (size_t)n);
}

ssize_t
pwrite(int fd, const void *bytes, size_t len, off_t at)
{
	ssize_t (*next)(int, const void *, size_t, off_t) =
	    NEXT(ssize_t(*)(int, const void *, size_t, off_t), "pwrite");
	ssize_t n;

	if (meaning(fd) == NOTHING)
		return next(fd, bytes, len, at);
	pthread_mutex_lock(&recorder_lock);
	note_write(fd, at, bytes, n = has_room(fd, at, len) ? next(fd, bytes, len, at) : -1);
	pthread_mutex_unlock(&recorder_lock);
	return n;
}

ssize_t
pwrite64(int fd, const void *bytes, size_t len, off64_t at)
{
	return pwrite(fd, bytes, len, at);
}

ssize_t
write(int fd, const void *bytes, size_t len)
{
	ssize_t (*next)(int, const void *, size_t) = NEXT(ssize_t(*)(int, const void *, size_t), "write");
	enum means of = meaning(fd);
	ssize_t n;
	off_t at;

	if (of != FILE_OF_SPOOL && of != CLIENT)
		return next(fd, bytes, len);
	pthread_mutex_lock(&recorder_lock);
	at = of == CLIENT ? 0 : lseek(fd, 0, SEEK_CUR);
	n = of == CLIENT || has_room(fd, at, len) ? next(fd, bytes, len) : -1;
	if (of == CLIENT)
		note_sent(fd, bytes, n);
	else
		note_write(fd, at, bytes, n);
	pthread_mutex_unlock(&recorder_lock);
	return n;
}

/* Piece by piece, as what was done of it is noted piece by piece, too; who called is ready for fewer bytes than all. */
ssize_t
writev(int fd, const struct iovec *iov, int n)
{
	if (meaning(fd) == NOTHING)
		return NEXT(ssize_t(*)(int, const struct iovec *, int), "writev")(fd, iov, n);
	while (n > 1 && iov->iov_len == 0) {
		iov++;
		n--;
	}
	return n == 0 ? 0 : write(fd, iov->iov_base, iov->iov_len);
}

ssize_t
pwritev(int fd, const struct iovec *iov, int n, off_t at)
{
	ssize_t done = 0;

	if (meaning(fd) == NOTHING)
		return NEXT(ssize_t(*)(int, const struct iovec *, int, off_t), "pwritev")(fd, iov, n, at);
	for (int i = 0; i < n; i++) {
		ssize_t one = pwrite(fd, iov[i].iov_base, iov[i].iov_len, at + done);

		if (one < 0)
			return done > 0 ? done : one;
		done += one;
		if ((size_t)one < iov[i].iov_len)
			break;
	}
	return done;
}

ssize_t
pwritev64(int fd, const struct iovec *iov, int n, off64_t at)
{
	return pwritev(fd, iov, n, at);
}

ssize_t
send(int fd, const void *bytes, size_t len, int flags)
{
	ssize_t (*next)(int, const void *, size_t, int) = NEXT(ssize_t(*)(int, const void *, size_t, int), "send");
	ssize_t n;

	if (meaning(fd) != CLIENT)
		return next(fd, bytes, len, flags);
	pthread_mutex_lock(&recorder_lock);
	note_sent(fd, bytes, n = next(fd, bytes, len, flags));
	pthread_mutex_unlock(&recorder_lock);
	return n;
}

static int
flush(int fd, const char *how)
{
	int (*next)(int) = NEXT(int (*)(int), how), result;
	struct record r = {.kind = RECORD_SYNC_BEGIN, .fd = fd};

	if (meaning(fd) == NOTHING)
		return next(fd);
	pthread_mutex_lock(&recorder_lock);
	r.offset = ++flushes;
	recorder_note(&r, NULL, 0);
	pthread_mutex_unlock(&recorder_lock);
	if ((result = next(fd)) != 0)
		return result;
	if (flush_us != 0)
		usleep(flush_us);
	pthread_mutex_lock(&recorder_lock);
	r.kind = RECORD_SYNC_END;
	recorder_note(&r, NULL, 0);
	pthread_mutex_unlock(&recorder_lock);
	return 0;
}

int
fsync(int fd)
{
	return flush(fd, "fsync");
}

int
fdatasync(int fd)
{
	return flush(fd, "fdatasync");
}

int
ftruncate(int fd, off_t size)
{
	int (*next)(int, off_t) = NEXT(int (*)(int, off_t), "ftruncate"), result;

	if (meaning(fd) == NOTHING)
		return next(fd, size);
	pthread_mutex_lock(&recorder_lock);
	if ((result = next(fd, size)) == 0)
		recorder_note(&(struct record){.kind = RECORD_TRUNCATE, .fd = fd, .offset = (uint64_t)size}, NULL, 0);
	pthread_mutex_unlock(&recorder_lock);
	return result;
}

int
ftruncate64(int fd, off64_t size)
{
	return ftruncate(fd, size);
}
