/* The operator's verbs.  Each takes its words, its own name first, and returns the exit status: 0, 1 (no), 2 (usage). */
#ifndef HOOKSPOOL_VERBS_H
#define HOOKSPOOL_VERBS_H

struct conf;

/* The command: its options, and the verb that its first word names.  Returns the exit status. */
int verbs_main(int argc, char **argv);

int list_main(const struct conf *, int argc, char **argv);
int show_main(const struct conf *, int argc, char **argv);
int body_main(const struct conf *, int argc, char **argv);
int retry_main(const struct conf *, int argc, char **argv);
int drop_main(const struct conf *, int argc, char **argv);
int steer_main(const struct conf *, int argc, char **argv); /* suspend and resume */
int check_main(const struct conf *, int argc, char **argv);
int pause_main(const struct conf *, int argc, char **argv);
int reload_main(const struct conf *, int argc, char **argv);
int status_main(const struct conf *, int argc, char **argv);
int tail_main(const struct conf *, int argc, char **argv);
int follow_main(const struct conf *, int argc, char **argv);
int sign_main(const struct conf *, int argc, char **argv);
int explain_main(const struct conf *, int argc, char **argv);

#endif
