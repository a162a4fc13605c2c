/*
 * The log.  A line is put together in a buffer of fixed size and written with one write(2), so that lines of several threads and
 * processes do not mix; a log that can't be written to is not a reason to stop.
 */
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
#include "text.h"

static const char *program_name = "hookspool";
static int descriptor = STDERR_FILENO;
static char file[PATH_MAX]; /* empty: none */
static bool to_syslog;

static int
open_file(void)
{
	return open(file, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0640);
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

	program_name = program;
	to_syslog = strcmp(where, "syslog") == 0;
	if (to_syslog) {
		openlog(program, LOG_PID | LOG_NDELAY, LOG_DAEMON);
		return 0;
	}
	if (strcmp(where, "stderr") != 0) {
		if (strlen(where) >= sizeof file) {
			errno = ENAMETOOLONG;
			return -1;
		}
		strcpy(file, where);
		if ((fd = open_file()) == -1) {
			file[0] = '\0';
			return -1;
		}
	}
	descriptor = fd;
	return 0;
}

/*
 * Whoever rotates the log renames its file: what has its name from then on is written to.  Under the same descriptor, so that other
 * threads need not know.  A new file that can't be opened is told in the old one, once.
 */
static void
follow_file(void)
{
	static atomic_bool told;
	struct stat now, ours;
	char line[LOG_LINE_MAX];
	int fd, n;

	if (stat(file, &now) == 0 && fstat(descriptor, &ours) == 0 && now.st_ino == ours.st_ino &&
	    now.st_dev == ours.st_dev)
		return;
	if ((fd = open_file()) != -1) {
		dup3(fd, descriptor, O_CLOEXEC);
		close(fd);
		atomic_store(&told, false);
	} else if (!atomic_exchange(&told, true)) {
		n = (int)stamp(line, 128);
		n += snprintf(
		    line + n, sizeof line - (size_t)n, "warning: can't open %s anew: %s\n", file, strerror(errno));
		(void)!write(descriptor, line, strnlen(line, sizeof line));
	}
}

/* C0 and C1 controls, DEL: what a terminal might act on. */
static bool
is_control(const unsigned char *s, size_t n)
{
	return (n == 1 && (s[0] < 0x20 || s[0] == 0x7f)) || (n == 2 && s[0] == 0xc2 && s[1] < 0xa0);
}

char *
log_visible(char *out, size_t size, const char *bytes, size_t len)
{
	static const char hex[] = "0123456789abcdef";
	const unsigned char *s = (const unsigned char *)bytes;
	size_t at = 0;

	if (size == 0)
		return out;
	for (size_t i = 0; i < len;) {
		size_t n = text_utf8(s + i, len - i);

		if (n > 0 && !is_control(s + i, n)) {
			if (at + n >= size)
				break;
			memcpy(out + at, s + i, n);
			at += n;
			i += n;
			continue;
		}
		if (n == 0)
			n = 1;
		if (at + 4 * n >= size)
			break;
		for (; n > 0; n--, i++) {
			out[at++] = '\\';
			out[at++] = 'x';
			out[at++] = hex[s[i] >> 4];
			out[at++] = hex[s[i] & 15];
		}
	}
	out[at] = '\0';
	return out;
}

static void __attribute__((format(printf, 3, 0)))
log_line(int priority, const char *word, const char *format, va_list arguments)
{
	char raw[LOG_LINE_MAX], line[LOG_LINE_MAX];
	int saved = errno;
	size_t at = 0;
	ssize_t written;

	vsnprintf(raw, sizeof raw, format, arguments);
	if (!to_syslog)
		at = stamp(line, 128);
	at += (size_t)snprintf(line + at, sizeof line - at, "%s", word);
	log_visible(line + at, sizeof line - at - 1, raw, strlen(raw));
	if (to_syslog) {
		syslog(priority, "%s", line);
	} else {
		if (file[0] != '\0')
			follow_file();
		at = strlen(line);
		line[at++] = '\n';
		written = write(descriptor, line, at);
		(void)written;
	}
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
fatal(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	log_line(LOG_ERR, "fatal: ", format, arguments);
	va_end(arguments);
	exit(EXIT_FAILURE);
}
