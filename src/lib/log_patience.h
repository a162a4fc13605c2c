/* How long who logs waits for who reads the log. */
#ifndef HOOKSPOOL_LOG_PATIENCE_H
#define HOOKSPOOL_LOG_PATIENCE_H

#include <stdbool.h>

/*
 * Whether FD takes a line now.  Waits for that, some tens of milliseconds, but not again until it has taken one.  Returns false with errno EAGAIN:
 * it does not.  Any thread may.
 */
bool log_patience(int fd);

#endif
