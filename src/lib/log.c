/*
 * The log.  A line is put together in a buffer of fixed size and written with one write(2), so that lines of several threads and
 * processes do not mix; a log that can't be written to, or that nobody reads, is not a reason to stop.
 */
#include "config.h"

#include "log.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

#include "clock.h"
#include "log_patience.h"
#include "log_syslog.h"
#include "place.h"
#include "text.h"

#define TELL_AFTER_MS 1000 /* who renames the file needs a moment to make the next one */

static const char *program_name = PACKAGE_NAME;
static int descriptor = STDERR_FILENO;
static char file[PATH_MAX]; /* empty: none */
static uid_t opener;	    /* who called log_open() */
static bool made;	    /* by log_open() */
static atomic_uint files;
static bool to_syslog, debug;

/* A device is what /dev/null is.  Of a file that has another name, too, that could be any of root's. */
static bool
may_write(int fd, enum place place)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return false;
	if (place == PLACE_ROOTS ? S_ISREG(st.st_mode) || S_ISCHR(st.st_mode) : S_ISREG(st.st_mode) && st.st_nlink == 1)
		return fcntl(fd, F_SETFL, O_APPEND) == 0; /* it may block from now on */
	errno = EPERM;
	return false;
}

static int
open_as_root(int flags)
{
	enum place place;
	int dir = place_open(file, &place), fd = -1, saved;

	if (dir == -1)
		return -1;
	if (place == PLACE_LINKED)
		errno = EPERM;
	else
		fd = openat(dir, place_name(file), flags | O_NOFOLLOW | O_NONBLOCK, 0640);
	saved = errno;
	close(dir);
	if (fd != -1 && !may_write(fd, place)) {
		saved = errno;
		close(fd);
		fd = -1;
	}
	errno = saved;
	return fd;
}

/* The only place where a log's file is opened. */
static int
open_file(int more)
{
	int flags = O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | more;

	return geteuid() == 0 ? open_as_root(flags) : open(file, flags, 0640);
}

static size_t
stamp(char *out, size_t size)
{
	size_t n = clock_text(out, clock_wall_ms());

	return n + (size_t)snprintf(out + n, size - n, " %s[%d]: ", program_name, (int)getpid());
}

int
log_open(const char *program, const char *where)
{
	int fd = STDERR_FILENO;

	if (descriptor != STDERR_FILENO)
		close(descriptor);
	descriptor = STDERR_FILENO;
	file[0] = '\0';
	program_name = program;
	opener = geteuid();
	if (debug)
		where = "stderr";
	to_syslog = strcmp(where, "syslog") == 0;
	if (to_syslog) {
		log_syslog_open(program);
		return 0;
	}
	if (strcmp(where, "stderr") != 0) {
		if (strlen(where) >= sizeof file) {
			errno = ENAMETOOLONG;
			return -1;
		}
		strcpy(file, where);
		made = (fd = open_file(O_EXCL)) != -1;
		if (!made && (fd = open_file(0)) == -1) {
			int why = errno;

			descriptor = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
			if (descriptor == -1) /* a web server may have closed it */
				descriptor = open("/dev/null", O_WRONLY | O_CLOEXEC);
			errno = why;
			return -1;
		}
	}
	descriptor = fd;
	return 0;
}

int
log_give(uid_t uid, gid_t gid)
{
	if (!made || (uid == (uid_t)-1 && gid == (gid_t)-1))
		return 0;
	return fchmod(descriptor, 0660) != 0 || fchown(descriptor, uid, gid) != 0 ? -1 : 0;
}

void
log_stay(void)
{
	file[0] = '\0';
}

void
log_take(int fd)
{
	if (dup3(fd, descriptor, O_CLOEXEC) != -1)
		atomic_fetch_add(&files, 1);
}

unsigned
log_files(void)
{
	return atomic_load(&files);
}

int
log_descriptor(void)
{
	return descriptor;
}

/* In the old file, once, and only of what lasts. */
static void
tell_failure(_Atomic uint64_t *since_ms, int why)
{
	static atomic_bool told;
	uint64_t now = clock_monotonic_ms(), since = 0;
	char line[LOG_LINE_MAX];
	int n;

	if (atomic_compare_exchange_strong(since_ms, &since, now)) {
		atomic_store(&told, false);
		return;
	}
	if (now - since < TELL_AFTER_MS || atomic_exchange(&told, true))
		return;
	n = (int)stamp(line, 128);
	n += snprintf(line + n, sizeof line - (size_t)n, "warning: can't open %s anew: %s\n", file, strerror(why));
	(void)!write(descriptor, line, (size_t)n < sizeof line ? (size_t)n : sizeof line - 1);
}

/*
 * Whoever rotates the log renames its file: what has its name from then on is written to.  Under the same descriptor, so that other
 * threads need not know.
 */
void
log_follow(void)
{
	static _Atomic uint64_t failing_ms; /* since when; 0: it isn't */
	struct stat now, ours;
	int fd;

	if (file[0] == '\0')
		return;
	if (geteuid() == 0 && opener != 0)
		return; /* until it is the user again */
	if (stat(file, &now) == 0 && fstat(descriptor, &ours) == 0 && now.st_ino == ours.st_ino &&
	    now.st_dev == ours.st_dev)
		return;
	if ((fd = open_file(0)) == -1) {
		tell_failure(&failing_ms, errno);
		return;
	}
	log_take(fd);
	close(fd);
	atomic_store(&failing_ms, 0);
}

/* A file takes what it is given; a pipe, a terminal, a socket may be full, and nobody may be reading. */
static bool
write_line(const char *line, size_t len)
{
	struct stat st;

	if ((fstat(descriptor, &st) != 0 || !S_ISREG(st.st_mode)) && !log_patience(descriptor))
		return false;
	(void)!write(descriptor, line, len); /* whatever fails now, nobody can be told */
	return true;
}

/* TEXT has room for one byte more behind its end. */
static bool
put_line(int priority, char *text, size_t len)
{
	if (to_syslog)
		return log_syslog(priority, text);
	text[len] = '\n';
	return write_line(text, len + 1);
}

/* What could not be told is counted, and that is told before the next line. */
static void
deliver(int priority, char *text)
{
	static atomic_uint lost;
	unsigned before = atomic_exchange(&lost, 0);
	char line[256];

	if (before > 0) {
		size_t at = to_syslog ? 0 : stamp(line, 128);

		at += (size_t)snprintf(
		    line + at, sizeof line - at, "warning: nobody read this log: %u lines were lost", before);
		if (!put_line(LOG_WARNING, line, at)) {
			atomic_fetch_add(&lost, before + 1);
			return;
		}
	}
	if (!put_line(priority, text, strlen(text)))
		atomic_fetch_add(&lost, 1);
}

static void __attribute__((format(printf, 3, 0)))
log_line(int priority, const char *word, const char *format, va_list arguments)
{
	char raw[LOG_LINE_MAX], line[LOG_LINE_MAX];
	int saved = errno;
	size_t at = 0;

	vsnprintf(raw, sizeof raw, format, arguments);
	if (!to_syslog)
		at = stamp(line, 128);
	at += (size_t)snprintf(line + at, sizeof line - at, "%s", word);
	text_visible(line + at, sizeof line - at - 1, raw, strlen(raw));
	if (!to_syslog)
		log_follow();
	deliver(priority, line);
	errno = saved;
}

void
log_error(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	log_line(LOG_ERR, "error: ", format, arguments);
	va_end(arguments);
}

void
log_warn(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	log_line(LOG_WARNING, "warning: ", format, arguments);
	va_end(arguments);
}

void
log_info(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	log_line(LOG_INFO, "", format, arguments);
	va_end(arguments);
}

void
log_debug_begin(void)
{
	debug = true;
}

void
log_debug(const char *format, ...)
{
	va_list arguments;

	if (!debug)
		return;
	va_start(arguments, format);
	log_line(LOG_DEBUG, "debug: ", format, arguments);
	va_end(arguments);
}

void
fatal(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	log_line(LOG_ERR, "fatal: ", format, arguments);
	va_end(arguments);
	exit(EXIT_FAILURE);
}
