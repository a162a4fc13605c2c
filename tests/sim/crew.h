/*
 * The runner's side, in place of src/spooler/runner_link.c: each start is compared with the reference, and runs end when the simulator says, in
 * any order.
 */
#ifndef HOOKSPOOL_SIM_CREW_H
#define HOOKSPOOL_SIM_CREW_H

#include <stdbool.h>
#include <stdint.h>

void crew_crash(void);

/* Some runs end, in one turn of the loop; WELL: as the sender would wish.  Nothing happens where none runs. */
void crew_reports(unsigned wanted, bool well);
/* A report of a run that there is not, or no longer is. */
void crew_babbles(void);
/* The mood of a hook changes: it fails most of the time, or no longer. */
void crew_mood(void);

/* What starts at once failed to; the reference hears of that before it is asked again. */
void crew_settle(void);
/* The runner has said that it has enough to do. */
bool crew_is_busy(void);

extern unsigned long crew_starts;

#endif
