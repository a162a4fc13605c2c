/*
 * The log: one line per decision, for an operator.
 *
 * A line is "2026-01-31T12:00:00.123Z hookspoold[42]: text" on standard error or in a file, or the text alone
 * through syslog(3).  Control characters and bytes that are not UTF-8 are shown as \xHH, so that nothing from the
 * network can forge a line; a line is cut at LOG_LINE_MAX bytes.  A file that was renamed or removed is left with the next line,
 * which goes to a new one of the same name.
 */
#ifndef HOOKSPOOL_LOG_H
#define HOOKSPOOL_LOG_H

#include <stddef.h>

#define LOG_LINE_MAX 2048

/*
 * Send the log of PROGRAM to WHERE: "stderr", "syslog", or the absolute path of a file that is appended to.
 * Before the first call lines go to standard error under the name "hookspool".  PROGRAM is borrowed for ever.
 * Returns 0, or -1 with errno (the file can't be opened; the log stays where it was).
 */
int log_open(const char *program, const char *where);

void log_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_warn(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_info(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Log and exit with status 1.  Only while starting up. */
void fatal(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

/*
 * Write BYTES, LEN of them, into OUT (SIZE bytes, always terminated) with control characters, DEL and invalid UTF-8
 * as \xHH and backslash as it is.  Cuts at a whole character.  Returns OUT.
 */
char *log_visible(char *out, size_t size, const char *bytes, size_t len);

#endif
