/*
 * The process under test, as the model sees it: orders it, kills it, compares it with the reference.
 */
#ifndef HOOKSPOOL_MODEL_SUBJECT_H
#define HOOKSPOOL_MODEL_SUBJECT_H

#include <stdbool.h>
#include <sys/types.h>

#include "served.h"

extern struct order order;   /* what obeyed() orders */
extern struct answer answer; /* and was told */
extern unsigned long starts; /* runs that were begun */

/* Start it on the spool in DIR; CHANCE seeds its own.  Returns its process id. */
pid_t subject_start(const char *dir, uint64_t chance);

/* Send the order and wait.  Returns false: the process has died, as it was told to. */
bool obeyed(void);

/* Start it again after it has died or left, and ask about the same events. */
void begin_again(void);

/* Its runner says how a run ended. */
struct run_report;
void run_ends(const struct run_report *);

/* States, counters and suspensions are as in the reference, what started might, and nothing that could start waits. */
void check_all(void);

void subject_kill(void);

#endif
