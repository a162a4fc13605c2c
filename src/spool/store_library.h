/*
 * What Berkeley DB calls in place of the system's functions on files: tables' go to store_pages.c, log files pass through.
 */
#ifndef HOOKSPOOL_STORE_LIBRARY_H
#define HOOKSPOOL_STORE_LIBRARY_H

#include <stdbool.h>

/* Before an environment is made.  Of the whole process; once is enough.  Returns 0, or a code of the library's. */
int store_library_watch(void);

/* Whether the library has made a log file itself since the last call: its name, which the library leaves out, is not flushed. */
bool store_library_made_log(void);

#endif
