/*
 * A life of the spooler: the real parts on the virtual disk, clock and loop, from a start to an end or a crash.
 */
#ifndef HOOKSPOOL_SIM_LIFE_H
#define HOOKSPOOL_SIM_LIFE_H

#include <stdbool.h>

#include "../../src/spooler/spooler.h"

extern struct spooler spooler;

/* Returns false: it could not start, and left. */
bool life_start(void);

/* Hooks that have come ANEW, a bit each, may be suspended because the spool can't be read. */
void life_holds(unsigned anew);

/* An orderly end, which gives everything back; or none. */
void life_end(void);
void life_crash(void);

/* A life has lasted long enough, and without trouble, for what was kept long enough to go: since this time, ms. */
uint64_t life_forgets_since(void);

/* Until nothing is to be done now; until UNTIL_MS, each timer at its time or, where the machine STALLS, all of them at the end. */
void life_settle(void);
void life_pass(uint64_t until_ms, bool stalls);

/* The machine sleeps, and no generation begins: what came before stays with what comes behind that.  When it woke last. */
void life_sleep(uint64_t ms);
uint64_t life_slept_at(void);

/* What the file system says is free; and whether the spooler has seen that it is enough. */
void life_set_free(bool enough);
bool life_saw_free(void);

#endif
