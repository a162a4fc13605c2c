/*
 * The system's log, as syslog(3) writes to it (RFC 3164 in a datagram to /dev/log), but never waiting for it: a daemon that does not read would
 * hold up whoever logs, and that is whoever accepts webhooks.
 */
#ifndef HOOKSPOOL_LOG_SYSLOG_H
#define HOOKSPOOL_LOG_SYSLOG_H

#include <stdbool.h>

/* NAME, the program, is borrowed for ever.  Connects, if there is anybody, so that no later step needs to. */
void log_syslog_open(const char *name);

/* Send TEXT with a PRIORITY of syslog.h, of the facility "daemon".  Returns false: it is not taken now. */
bool log_syslog(int priority, const char *text);

#endif
