/*
 * What keeps the store quick and its log short, in a thread of its own: checkpoints, clean pages, log files made in advance, old ones removed.
 * While nothing is committed it does nothing.
 */
#ifndef HOOKSPOOL_STORE_UPKEEP_H
#define HOOKSPOOL_STORE_UPKEEP_H

#include <db.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct store_job;
struct store_pages;
struct store_upkeep;

/* Of the environment ENV in DIR and its pages, all borrowed; BROKEN is set when the library asks for recovery.  Returns owned, or NULL with errno. */
struct store_upkeep *store_upkeep_new(DB_ENV *env, const char *dir, struct store_pages *, atomic_bool *broken);

/* What was given with store_upkeep_give() is run first.  Before the environment is closed. */
void store_upkeep_free(struct store_upkeep *);

/* Make log files in advance from now on, while this many bytes stay free on the disk.  Without it none is made. */
void store_upkeep_spares(struct store_upkeep *, uint64_t min_free);

/* After each commit: returns 0, or -1 with errno when it can't be relied on after a power cut (see store_spare_settle()). */
int store_upkeep_committed(struct store_upkeep *);

/* As store_thread_give(), …_descriptor() and …_done(). */
void store_upkeep_give(struct store_upkeep *, struct store_job *);
int store_upkeep_descriptor(const struct store_upkeep *);
void store_upkeep_done(struct store_upkeep *);

#endif
