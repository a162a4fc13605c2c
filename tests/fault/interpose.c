/*
 * Stands before libc in hookspool's programs (LD_PRELOAD): counts calls, makes one of them fail, or each from then on, and sets the clock.
 * What to do, and what was done, is in one file that all processes map (struct plan; fault.py has the same).  A process needs nothing but that
 * memory once it is loaded, so that no sandbox, closed descriptor or lost environment is in the way.
 */
#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <dirent.h>
#include <time.h>
#include <unistd.h>

enum function {
#define FUNCTION(name, how) FN_##name,
#include "functions.def"
#undef FUNCTION
	FUNCTIONS
};

enum role { ROLE_NONE, ROLE_SPOOLER, ROLE_RUNNER, ROLE_KEEPER, ROLE_RESPONDER, ROLE_STARTER, ROLE_COMMAND, ROLES };

#define FUNCTIONS_MAX 64
#define WHERE_MAX 2048
#define FRAMES 14

struct plan {
	uint32_t armed, role, function, forever;
	uint64_t nth;  /* call of that function in that role, of all its processes, from 1 */
	int32_t error; /* errno; 0: half of what is asked */
	uint32_t told; /* WHERE is there */
	uint64_t fired;
	int64_t clock_ms; /* by which CLOCK_REALTIME is wrong */
	int32_t pid;	  /* which process was hit first */
	uint32_t padding;
	int64_t passed_ms; /* by which the clocks that are never set are ahead: as if that had passed */
	uint64_t counts[ROLES][FUNCTIONS_MAX];
	char where[WHERE_MAX]; /* the first failing call: object+offset of each frame */
};

static struct plan *plan;
static enum role role;

static void
tell_where(void)
{
	void *frames[FRAMES];
	int n;
	size_t used = 0;

	if (__atomic_exchange_n(&plan->told, 1, __ATOMIC_RELAXED) != 0)
		return;
	plan->pid = getpid();
	n = backtrace(frames, FRAMES);
	for (int i = 2; i < n; i++) {
		Dl_info info;
		const char *name;
		int wrote;

		if (dladdr(frames[i], &info) == 0)
			continue;
		name = strrchr(info.dli_fname, '/') != NULL ? strrchr(info.dli_fname, '/') + 1 : info.dli_fname;
		wrote = snprintf(plan->where + used, WHERE_MAX - used, "%s%s+0x%lx", used > 0 ? " " : "", name,
		    (unsigned long)((uintptr_t)frames[i] - (uintptr_t)info.dli_fbase - 1));
		if (wrote < 0 || (size_t)wrote >= WHERE_MAX - used)
			return;
		used += (size_t)wrote;
	}
}

/* Whether this call fails; errno is how. */
static bool
strikes(enum function function)
{
	uint64_t n;

	if (plan == NULL || role == ROLE_NONE)
		return false;
	n = __atomic_add_fetch(&plan->counts[role][function], 1, __ATOMIC_RELAXED);
	if (__atomic_load_n(&plan->armed, __ATOMIC_ACQUIRE) == 0 || plan->role != (uint32_t)role ||
	    plan->function != (uint32_t)function || (plan->forever ? n < plan->nth : n != plan->nth))
		return false;
	__atomic_add_fetch(&plan->fired, 1, __ATOMIC_RELAXED);
	tell_where();
	errno = plan->error;
	return true;
}

#define EVENTFD_BYTES 8 /* are taken whole */

/* What a call that strikes does with LEN: half of it; *FAILS: nothing. */
static size_t
part(enum function function, size_t len, bool *fails)
{
	*fails = false;
	if (!strikes(function))
		return len;
	if (plan->error != 0)
		*fails = true;
	return len > EVENTFD_BYTES ? len / 2 : len;
}

static enum role
role_of(const char *name)
{
	static const char *const names[ROLES] = {[ROLE_SPOOLER] = "hookspoold",
	    [ROLE_RUNNER] = "hookspool-run",
	    [ROLE_KEEPER] = "hookspool-keep",
	    [ROLE_RESPONDER] = "hookspool.fcgi",
	    [ROLE_STARTER] = "hookspool-start",
	    [ROLE_COMMAND] = "hookspool"};

	for (int i = 1; i < ROLES; i++)
		if (strcmp(names[i], name) == 0)
			return (enum role)i;
	return ROLE_NONE;
}

static void __attribute__((constructor)) begin(void)
{
	const char *path = getenv("HOOKSPOOL_FAULT");
	int fd = path != NULL ? open(path, O_RDWR | O_CLOEXEC) : -1;
	void *warm[2], *memory;

	if (fd == -1)
		return;
	backtrace(warm, 2); /* it loads a library the first time */
	memory = mmap(NULL, sizeof *plan, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	role = role_of(program_invocation_short_name);
	if (memory != MAP_FAILED)
		plan = memory;
}

#define REAL(name)                     \
	static __typeof__(name) *real; \
	if (real == NULL)              \
	real = (__typeof__(name) *)dlsym(RTLD_NEXT, #name)

/* One that returns -1 with errno.  NAME is the function, COUNT what it counts as. */
#define PLAIN(type, name, count, parameters, arguments)                 \
	type name parameters                                            \
	{                                                               \
		REAL(name);                                             \
		return strikes(FN_##count) ? (type)-1 : real arguments; \
	}

#define LENGTH(name, count, parameters, arguments)   \
	ssize_t name parameters                      \
	{                                            \
		bool fails;                          \
		REAL(name);                          \
		len = part(FN_##count, len, &fails); \
		return fails ? -1 : real arguments;  \
	}

/* A message of its own is taken whole or not at all. */
static bool
is_stream(int fd)
{
	int type = 0;
	socklen_t size = sizeof type;

	return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_STREAM;
}

/* A mode comes only with what makes a file. */
#define MODE(flags, last)                             \
	mode_t mode = 0;                              \
	if (((flags) & (O_CREAT | O_TMPFILE)) != 0) { \
		va_list rest;                         \
		va_start(rest, last);                 \
		mode = va_arg(rest, mode_t);          \
		va_end(rest);                         \
	}

#define OPEN(name)                                                      \
	int name(const char *path, int flags, ...)                      \
	{                                                               \
		REAL(name);                                             \
		MODE(flags, flags)                                      \
		return strikes(FN_open) ? -1 : real(path, flags, mode); \
	}
#define OPENAT(name)                                                           \
	int name(int dir, const char *path, int flags, ...)                    \
	{                                                                      \
		REAL(name);                                                    \
		MODE(flags, flags)                                             \
		return strikes(FN_openat) ? -1 : real(dir, path, flags, mode); \
	}

OPEN(open)
OPEN(open64)
OPENAT(openat)
OPENAT(openat64)

/* To the end of a file: that is how all of them write their log, and nothing else. */
static bool
is_log(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	return flags != -1 && (flags & O_APPEND) != 0;
}

ssize_t
write(int fd, const void *bytes, size_t len)
{
	bool fails;
	REAL(write);

	if (plan != NULL && role != ROLE_NONE)
		len = part(is_log(fd) ? FN_write_log : FN_write, len, &fails);
	else
		fails = false;
	return fails ? -1 : real(fd, bytes, len);
}

LENGTH(pwrite, pwrite, (int fd, const void *bytes, size_t len, off_t at), (fd, bytes, len, at))
LENGTH(pwrite64, pwrite, (int fd, const void *bytes, size_t len, off64_t at), (fd, bytes, len, at))
LENGTH(read, read, (int fd, void *bytes, size_t len), (fd, bytes, len))
LENGTH(pread, pread, (int fd, void *bytes, size_t len, off_t at), (fd, bytes, len, at))
LENGTH(pread64, pread, (int fd, void *bytes, size_t len, off64_t at), (fd, bytes, len, at))
/* Of a socket. */
#define PIECE(name, count, parameters, arguments)    \
	ssize_t name parameters                      \
	{                                            \
		size_t all = len;                    \
		bool fails;                          \
		REAL(name);                          \
		len = part(FN_##count, len, &fails); \
		if (len < all && !is_stream(fd))     \
			len = all;                   \
		return fails ? -1 : real arguments;  \
	}

PIECE(send, send, (int fd, const void *bytes, size_t len, int flags), (fd, bytes, len, flags))
PIECE(recv, recv, (int fd, void *bytes, size_t len, int flags), (fd, bytes, len, flags))
PIECE(sendto, send, (int fd, const void *bytes, size_t len, int flags, const struct sockaddr *to, socklen_t to_len),
    (fd, bytes, len, flags, to, to_len))
PIECE(recvfrom, recv, (int fd, void *bytes, size_t len, int flags, struct sockaddr *from, socklen_t *from_len),
    (fd, bytes, len, flags, from, from_len))

/* Of several pieces only the first half of them, if there is more than one. */
ssize_t
writev(int fd, const struct iovec *pieces, int n)
{
	bool fails;
	REAL(writev);

	if (part(FN_writev, SIZE_MAX, &fails) < SIZE_MAX && n > 1)
		n /= 2;
	return fails ? -1 : real(fd, pieces, n);
}

ssize_t
sendmsg(int fd, const struct msghdr *m, int flags)
{
	struct msghdr half = *m;
	bool fails;
	REAL(sendmsg);

	if (part(FN_sendmsg, SIZE_MAX, &fails) < SIZE_MAX && m->msg_iovlen > 1 && is_stream(fd))
		half.msg_iovlen /= 2;
	return fails ? -1 : real(fd, &half, flags);
}

PLAIN(ssize_t, recvmsg, recvmsg, (int fd, struct msghdr *m, int flags), (fd, m, flags))
PLAIN(int, fsync, fsync, (int fd), (fd))
PLAIN(int, fdatasync, fdatasync, (int fd), (fd))
PLAIN(int, sync_file_range, sync_file_range, (int fd, off64_t at, off64_t len, unsigned flags), (fd, at, len, flags))
PLAIN(int, stat, stat, (const char *path, struct stat *st), (path, st))
PLAIN(int, stat64, stat, (const char *path, struct stat64 *st), (path, st))
PLAIN(int, lstat, stat, (const char *path, struct stat *st), (path, st))
PLAIN(int, fstatat, stat, (int dir, const char *path, struct stat *st, int flags), (dir, path, st, flags))
PLAIN(int, fstat, fstat, (int fd, struct stat *st), (fd, st))
PLAIN(int, fstat64, fstat, (int fd, struct stat64 *st), (fd, st))
PLAIN(int, statvfs, statvfs, (const char *path, struct statvfs *disk), (path, disk))
PLAIN(int, statvfs64, statvfs, (const char *path, struct statvfs64 *disk), (path, disk))
PLAIN(int, rename, rename, (const char *from, const char *to), (from, to))
PLAIN(int, renameat, rename, (int from_dir, const char *from, int to_dir, const char *to), (from_dir, from, to_dir, to))
PLAIN(int, linkat, link, (int from_dir, const char *from, int to_dir, const char *to, int flags),
    (from_dir, from, to_dir, to, flags))
PLAIN(int, unlink, unlink, (const char *path), (path))
PLAIN(int, unlinkat, unlink, (int dir, const char *path, int flags), (dir, path, flags))
PLAIN(int, ftruncate, ftruncate, (int fd, off_t len), (fd, len))
PLAIN(int, ftruncate64, ftruncate, (int fd, off64_t len), (fd, len))
PLAIN(void *, mmap, mmap, (void *at, size_t len, int may, int flags, int fd, off_t offset),
    (at, len, may, flags, fd, offset))
PLAIN(void *, mmap64, mmap, (void *at, size_t len, int may, int flags, int fd, off64_t offset),
    (at, len, may, flags, fd, offset))
PLAIN(int, socket, socket, (int family, int type, int protocol), (family, type, protocol))
PLAIN(int, socketpair, socketpair, (int family, int type, int protocol, int pair[2]), (family, type, protocol, pair))
PLAIN(int, bind, bind, (int fd, const struct sockaddr *at, socklen_t len), (fd, at, len))
PLAIN(int, listen, listen, (int fd, int backlog), (fd, backlog))
PLAIN(int, connect, connect, (int fd, const struct sockaddr *to, socklen_t len), (fd, to, len))
PLAIN(int, accept, accept, (int fd, struct sockaddr *from, socklen_t *len), (fd, from, len))
PLAIN(int, accept4, accept, (int fd, struct sockaddr *from, socklen_t *len, int flags), (fd, from, len, flags))
PLAIN(int, poll, poll, (struct pollfd * fds, nfds_t n, int ms), (fds, n, ms))
PLAIN(int, ppoll, poll, (struct pollfd * fds, nfds_t n, const struct timespec *ms, const sigset_t *mask),
    (fds, n, ms, mask))
PLAIN(int, pipe, pipe, (int pair[2]), (pair))
PLAIN(int, pipe2, pipe, (int pair[2], int flags), (pair, flags))
PLAIN(int, epoll_create, epoll_create, (int size), (size))
PLAIN(int, epoll_create1, epoll_create, (int flags), (flags))
PLAIN(int, epoll_ctl, epoll_ctl, (int set, int what, int fd, struct epoll_event *event), (set, what, fd, event))
PLAIN(int, epoll_wait, epoll_wait, (int set, struct epoll_event *events, int n, int ms), (set, events, n, ms))
PLAIN(int, eventfd, eventfd, (unsigned count, int flags), (count, flags))
PLAIN(int, timerfd_create, timerfd_create, (int clock, int flags), (clock, flags))
PLAIN(int, memfd_create, memfd_create, (const char *name, unsigned flags), (name, flags))
PLAIN(int, dup, dup, (int fd), (fd))
PLAIN(int, dup2, dup, (int fd, int as), (fd, as))
PLAIN(int, dup3, dup, (int fd, int as, int flags), (fd, as, flags))
PLAIN(pid_t, waitpid, waitpid, (pid_t pid, int *status, int flags), (pid, status, flags))
PLAIN(int, execve, execve, (const char *path, char *const arguments[], char *const environment[]),
    (path, arguments, environment))

/* Those that return NULL. */
#define POINTER(type, name, count, parameters, arguments)           \
	type name parameters                                        \
	{                                                           \
		REAL(name);                                         \
		return strikes(FN_##count) ? NULL : real arguments; \
	}
POINTER(FILE *, fopen, fopen, (const char *path, const char *mode), (path, mode))
POINTER(FILE *, fopen64, fopen, (const char *path, const char *mode), (path, mode))
POINTER(DIR *, opendir, opendir, (const char *path), (path))

#ifndef NO_MALLOC
/* dlsym() may want memory itself. */
extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);

void *
malloc(size_t size)
{
	return strikes(FN_malloc) ? NULL : __libc_malloc(size);
}

void *
calloc(size_t n, size_t size)
{
	return strikes(FN_calloc) ? NULL : __libc_calloc(n, size);
}

void *
realloc(void *old, size_t size)
{
	return strikes(FN_realloc) ? NULL : __libc_realloc(old, size);
}
#endif

int
fcntl(int fd, int what, ...)
{
	va_list rest;
	void *argument;
	REAL(fcntl);

	va_start(rest, what);
	argument = va_arg(rest, void *);
	va_end(rest);
	if (what != F_GETFL && strikes(what == F_DUPFD || what == F_DUPFD_CLOEXEC ? FN_dup : FN_fcntl))
		return -1;
	return real(fd, what, argument);
}

int
fcntl64(int fd, int what, ...)
{
	va_list rest;
	void *argument;

	va_start(rest, what);
	argument = va_arg(rest, void *);
	va_end(rest);
	return fcntl(fd, what, argument);
}

/* Who is forked is somebody else until it says who: nobody calls these before it knows. */
pid_t
fork(void)
{
	pid_t pid;
	REAL(fork);

	if (strikes(FN_fork))
		return -1;
	if ((pid = real()) == 0)
		role = role == ROLE_SPOOLER  ? ROLE_RUNNER
		    : role == ROLE_RUNNER    ? ROLE_KEEPER
		    : role == ROLE_RESPONDER ? ROLE_STARTER
					     : role;
	return pid;
}

int
clone(int (*run)(void *), void *stack, int flags, void *argument, ...)
{
	va_list rest;
	void *parent_tid, *tls, *child_tid;
	REAL(clone);

	va_start(rest, argument);
	parent_tid = va_arg(rest, void *);
	tls = va_arg(rest, void *);
	child_tid = va_arg(rest, void *);
	va_end(rest);
	return strikes(FN_clone) ? -1 : real(run, stack, flags, argument, parent_tid, tls, child_tid);
}

int
pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *), void *argument)
{
	REAL(pthread_create);

	return strikes(FN_pthread_create) ? errno : real(thread, attributes, run, argument);
}

static void
add_ms(struct timespec *t, int64_t ms)
{
	t->tv_sec += ms / 1000;
}

int
clock_gettime(clockid_t clock, struct timespec *t)
{
	int result;
	REAL(clock_gettime);

	result = real(clock, t);
	if (result != 0 || plan == NULL)
		return result;
	if (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)
		add_ms(t, plan->clock_ms);
	else if (clock == CLOCK_MONOTONIC || clock == CLOCK_MONOTONIC_COARSE || clock == CLOCK_BOOTTIME)
		add_ms(t, plan->passed_ms);
	return result;
}

/* Until a time that was made of the above: the only one here waits for CLOCK_MONOTONIC. */
int
pthread_cond_timedwait(
    pthread_cond_t *restrict changed, pthread_mutex_t *restrict mutex, const struct timespec *restrict until)
{
	struct timespec real_until = *until;
	REAL(pthread_cond_timedwait);

	if (plan != NULL)
		add_ms(&real_until, -plan->passed_ms);
	return real(changed, mutex, &real_until);
}

int
gettimeofday(struct timeval *restrict t, void *restrict zone)
{
	int result;
	REAL(gettimeofday);

	result = real(t, zone);
	if (result == 0 && plan != NULL)
		t->tv_sec += plan->clock_ms / 1000;
	return result;
}

time_t
time(time_t *at)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	if (at != NULL)
		*at = now.tv_sec;
	return now.tv_sec;
}
