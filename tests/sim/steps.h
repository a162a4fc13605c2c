/*
 * What may happen, step by step.
 */
#ifndef HOOKSPOOL_SIM_STEPS_H
#define HOOKSPOOL_SIM_STEPS_H

/* One thing, of those that chance may choose. */
void steps_one(void);

/* Everything is opened, nothing fails any more, and time passes until all is done; then until nothing need be there. */
void steps_drain(void);
void steps_forget(void);

extern unsigned long steps_repairs, steps_troubles;

#endif
