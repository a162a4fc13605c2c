/*
 * The runner's messages to the spooler: what the socket has no room for now waits here.
 */
#ifndef HOOKSPOOL_REPORTS_H
#define HOOKSPOOL_REPORTS_H

#include <stdbool.h>
#include <stddef.h>

struct event_base;
struct reports;

/* Over SOCKET, which is borrowed.  Returns owned, or NULL with errno. */
struct reports *reports_new(struct event_base *, int socket);
void reports_free(struct reports *);

/* Send MESSAGE, LEN bytes of it, after all that wait.  It is copied.  Without memory for that the process ends: see reports.c. */
void reports_send(struct reports *, const void *message, size_t len);

/* The same only if it can be sent at once.  Returns whether it was, or never has to be. */
bool reports_try(struct reports *, const void *message, size_t len);

/* The spooler is gone: nobody is told anything any more. */
void reports_stop(struct reports *);

#endif
