/*
 * The log: one line per decision, for whoever runs the program.
 *
 * A line is "2026-01-31T12:00:00.123Z program[42]: text" on standard error or in a file, or the text alone
 * through syslog(3).  Control characters and bytes that are not UTF-8 are shown as \xHH, so that nothing from the
 * network can forge a line; a line is cut at LOG_LINE_MAX bytes.  A file that was renamed or removed is left with the next line,
 * which goes to a new one of the same name; where that can't be opened, it goes on in the old one, which is told so after a second.
 */
#ifndef HOOKSPOOL_LOG_H
#define HOOKSPOOL_LOG_H

#include <sys/types.h>

#define LOG_LINE_MAX 2048

/*
 * Send the log of PROGRAM to WHERE: "stderr", "syslog", or the absolute path of a file that is appended to.
 * Before the first call lines go to standard error under the package's name.  PROGRAM is borrowed for ever.
 *
 * As root it opens a regular file or a device, and no symbolic link, where only root can change the way there; anywhere else a regular file
 * of one name, with no link on the way, which is as much as can be done for who is root all the time.  A program that becomes a user calls
 * this as that user (effective ids) first, and as root only where place_is_roots(); from then on root doesn't go over to another file for
 * a user: that is left to the user.
 * Returns 0, or -1 with errno: the file can't be opened, and lines go to standard error until it can.
 */
int log_open(const char *program, const char *where);

/*
 * Let UID and GID write to the file that log_open() has made; -1: as it is.  One that was there before is left to whoever made it.
 * Returns 0, or -1 with errno.
 */
int log_give(uid_t uid, gid_t gid);

/* Leave a file that was renamed or removed now, for who has nothing to say for long: else its blocks stay taken.  Any thread may. */
void log_follow(void);

/*
 * A process that may not open the log is handed it by one that may: log_stay() leaves no file any more, log_take() goes over to FD,
 * borrowed.  log_files() counts the files that were gone over to, so that the other one sees when; log_descriptor() is what it hands.
 */
void log_stay(void);
void log_take(int fd);
unsigned log_files(void);
int log_descriptor(void);

void log_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_warn(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_info(const char *format, ...) __attribute__((format(printf, 1, 2)));

/*
 * For who looks for a mistake: after log_debug_begin() each log_debug() is a line, and log_open() sends all to standard error, wherever it is
 * told to.  Before, nothing of it costs more than a comparison.
 */
void log_debug_begin(void);
void log_debug(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Log and exit with status 1.  Only while starting up. */
void fatal(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

#endif
