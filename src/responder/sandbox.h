/*
 * What a responder gives up once it is started: whoever takes it over by what the network sends can't start a program, write a file, gain
 * privileges by one, open a network connection (but on i386 and s390x), or touch another process.
 */
#ifndef HOOKSPOOL_SANDBOX_H
#define HOOKSPOOL_SANDBOX_H

#include <stdbool.h>

/*
 * Give up what serving needs not: no_new_privs, and with libseccomp every system call that is not on the list.  For this thread and those
 * that it starts, for ever.  LOGS_TO_FILE: the log file may be opened anew.
 * Returns what was given up, in words for the log; what could not be is logged.
 */
const char *sandbox_enter(bool logs_to_file);

#endif
