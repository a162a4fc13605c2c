/*
 * The lines of the log that somebody else can cause as often as they like: one limit (log_limit.h) for the process, so that no peer fills the
 * disk.  Whatever speaks with a peer logs by this, and not by log.h.
 */
#ifndef HOOKSPOOL_LOG_FLOOD_H
#define HOOKSPOOL_LOG_FLOOD_H

#include <stdbool.h>

enum log_flood { LOG_FLOOD_INFO, LOG_FLOOD_WARN, LOG_FLOOD_ERROR };

/*
 * Log a line, or count it.  Lines are limited by SUBJECT (whom it is about) and REASON, both our own words,
 * never a peer's.  After a gap a line ends with "; 123 more like this were left out".  Any thread may.
 */
void log_flood(enum log_flood, const char *subject, const char *reason, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/*
 * Say what was left out, of floods that have stopped: "subject: reason: 123 more like this were left out".  To be called each second or so; with
 * ALL before the process ends.
 */
void log_flood_tell(bool all);

#endif
