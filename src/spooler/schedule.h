/*
 * Which delivery runs next, and what follows from how a run ended.  Keeps in memory only what is running and, per hook, when
 * its next delivery is due.
 */
#ifndef HOOKSPOOL_SCHEDULE_H
#define HOOKSPOOL_SCHEDULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct conf;
struct schedule;
struct spooler;
struct suspension;

/* RUNNER is the spooler's end of the socket pair (takes it).  Returns owned, or NULL with errno. */
struct schedule *schedule_new(struct spooler *, int runner);
void schedule_free(struct schedule *);

/* Have the outcomes that wait for company join the group now. */
void schedule_store(struct schedule *);

/* Start nothing more; what runs goes on. */
void schedule_stop(struct schedule *);

/* Is this delivery running now? */
bool schedule_running(const struct schedule *, uint64_t number, const char *hook);

/* The hook's suspension, or NULL: there is no such hook.  Borrowed until the loop is back. */
const struct suspension *schedule_suspension(const struct schedule *, const char *hook);

/* Suspend a hook by an operator's word since SINCE_MS, or with 0 open it. */
void schedule_suspend(struct schedule *, const char *hook, uint64_t since_ms);

/* Start nothing at all since SINCE_MS by an operator's word, or with 0 go on; since when that is, or 0. */
void schedule_pause(struct schedule *, uint64_t since_ms);
uint64_t schedule_paused(const struct schedule *);

/*
 * Take over the hooks of a new configuration, borrowed from now on instead of the spooler's.  Runs that began under the old one finish
 * under it.  Returns 0, or -1 with errno: nothing changed.
 */
int schedule_reload(struct schedule *, const struct conf *);

/*
 * Have the runner tell what the run of this event prints, of HOOK or, when that is NULL, of whichever runs; see followers.h.  Returns the
 * run's token, or 0: it does not run now.
 */
uint64_t schedule_follow(struct schedule *, uint64_t number, const char *hook);

/* Have the runner write its log to the descriptor LOG, borrowed.  Returns 0, or -1 with errno: it has enough to do. */
int schedule_log(struct schedule *, int log);

/* The wall clock was set: look anew at what is due, and probe what is suspended. */
void schedule_clock_was_set(struct schedule *);

/* How many run, at all or of one hook (NULL: all). */
unsigned schedule_count(const struct schedule *, const char *hook);

#endif
