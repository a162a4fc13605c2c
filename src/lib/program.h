/* The command line of a program that reads one file, and says who it is. */
#ifndef HOOKSPOOL_PROGRAM_H
#define HOOKSPOOL_PROGRAM_H

/*
 * Options -c FILE, -d, -h and -V of the program NAME.  Returns what -c said, or NULL; -d begins log_debug(); ends the process for -h and -V
 * (status 0) and for anything else (status 2, USAGE on standard error).
 */
const char *program_options(int argc, char **argv, const char *name, const char *usage);

#endif
