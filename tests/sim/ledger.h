/*
 * What is in the open transaction, as the simulator knows it: it happens to the reference when the disk has it, in that order, whether the
 * spooler gets to hear of that or not.
 */
#ifndef HOOKSPOOL_SIM_LEDGER_H
#define HOOKSPOOL_SIM_LEDGER_H

#include <stdbool.h>
#include <stdint.h>

#include "../../src/protocol/run.h"
#include "../../src/spool/record.h"
#include "arrive.h"

void ledger_open(void); /* the disk tells it from now on */
void ledger_crash(void);

/* They are in the open transaction. */
void ledger_arrival(struct arrival *);

/* A run has ended: with this report.  Its outcome is seen when it is put. */
void ledger_ended(uint64_t number, int hook, const struct run_report *);

/* What an operator does: DO is called when it is on the disk.  NULL: he has been answered. */
void ledger_operator(void (*happens)(void));

/* Of the open transaction: deliveries more, events more; an arrival with this id, or guard, or NULL. */
int64_t ledger_queued(void);
uint64_t ledger_stored(void);
const struct arrival *ledger_with_id(const struct webhook *);
const struct arrival *ledger_with_guard(const struct webhook *);

#endif
