/* How the command is used, and what to say when it wasn't used so. */
#ifndef HOOKSPOOL_USAGE_H
#define HOOKSPOOL_USAGE_H

struct conf;

#define EXIT_USAGE 2

extern const char usage_text[]; /* lines */

/* Print the lines that are about one verb. */
void usage_of(const char *verb);

/* Say what is wrong with the words, and return EXIT_USAGE. */
int usage_error(const char *what);

/* Say that the configuration has no such source, and return the exit status. */
int no_source(const struct conf *, const char *name);

/* A number from 1 on; 0: it is none. */
unsigned long long number_of(const char *text);

#endif
