/* The operator's verbs.  Each takes its words, its own name first, and returns the exit status: 0, 1 (no), 2 (usage). */
#ifndef HOOKSPOOL_VERBS_H
#define HOOKSPOOL_VERBS_H

struct conf;

#define EXIT_USAGE 2

/* The command: its options, and the verb that its first word names.  Returns the exit status. */
int verbs_main(int argc, char **argv);

int list_main(const struct conf *, int argc, char **argv);
int show_main(const struct conf *, int argc, char **argv);
int body_main(const struct conf *, int argc, char **argv);
int retry_main(const struct conf *, int argc, char **argv);
int drop_main(const struct conf *, int argc, char **argv);
int steer_main(const struct conf *, int argc, char **argv); /* suspend and resume */
int check_main(const struct conf *, int argc, char **argv);
int reload_main(const struct conf *, int argc, char **argv);
int status_main(const struct conf *, int argc, char **argv);
int follow_main(const struct conf *, int argc, char **argv);
int sign_main(const struct conf *, int argc, char **argv);
int explain_main(const struct conf *, int argc, char **argv);

/* Say what is wrong with the words, and return EXIT_USAGE. */
int usage_error(const char *what);

/* Say that the configuration has no such source, and return the exit status. */
int no_source(const struct conf *, const char *name);

/* A number from 1 on; 0: it is none. */
unsigned long long number_of(const char *text);

#endif
