/*
 * Operators who watch the output of a hook while it runs.
 */
#ifndef HOOKSPOOL_FOLLOWERS_H
#define HOOKSPOOL_FOLLOWERS_H

#include <stddef.h>
#include <stdint.h>

struct bufferevent;
struct followers;
struct run_output;
struct run_report;

#define FOLLOWERS_MAX 32

struct followers *followers_new(void);
void followers_free(struct followers *);

/* CLIENT, borrowed until followers_forget(), gets what the run with TOKEN prints.  Returns 0, or -1: too many. */
int followers_add(struct followers *, struct bufferevent *client, uint64_t token);
void followers_forget(struct followers *, const struct bufferevent *client);

/* Who watches this run gets a line for each piece, and one that says how it ended.  Who doesn't read is left behind, and told so. */
void followers_output(struct followers *, const struct run_output *);
void followers_end(struct followers *, const struct run_report *);

#endif
