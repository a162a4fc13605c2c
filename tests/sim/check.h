/*
 * Comparisons of the spooler and its disk with the reference.
 */
#ifndef HOOKSPOOL_SIM_CHECK_H
#define HOOKSPOOL_SIM_CHECK_H

/* After each step: counters and suspensions; where nothing more is to be done now, nothing that could start waits. */
void check_step(void);

/* Once in a while, and in no transaction: each row of each table is what it must be, and none is there besides (INTERNALS, what is true at every commit). */
void check_disk(void);

#endif
