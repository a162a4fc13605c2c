/*
 * Operators who watch the output of a hook while it runs.
 */
#ifndef HOOKSPOOL_FOLLOW_H
#define HOOKSPOOL_FOLLOW_H

#include <stddef.h>
#include <stdint.h>

struct bufferevent;
struct follow;
struct run_output;
struct run_report;

#define FOLLOWERS_MAX 32

struct follow *follow_new(void);
void follow_free(struct follow *);

/* CLIENT, borrowed until follow_forget(), gets what the run with TOKEN prints.  Returns 0, or -1: too many. */
int follow_add(struct follow *, struct bufferevent *client, uint64_t token);
void follow_forget(struct follow *, const struct bufferevent *client);

/* Who watches this run gets a line for each piece, and one that says how it ended.  Who doesn't read is left behind, and told so. */
void follow_output(struct follow *, const struct run_output *);
void follow_end(struct follow *, const struct run_report *);

#endif
