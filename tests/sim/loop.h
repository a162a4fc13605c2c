/*
 * A loop with libevent's interface, as far as the core uses it, and a time of its own: it comes when the simulator says.  What libevent
 * promises of the order is kept: a timer's event is over when it was called, unless it is persistent; what is made active in a turn belongs to
 * it; to add a timer takes an event back that waits to be called for one.
 */
#ifndef HOOKSPOOL_SIM_LOOP_H
#define HOOKSPOOL_SIM_LOOP_H

#include <stdbool.h>
#include <stdint.h>

#define LOOP_NEVER UINT64_MAX

/* A crash: nothing is left. */
void loop_clear(void);

/* The time of the timers, ms. */
void loop_set_now(uint64_t now_ms);
uint64_t loop_now(void);

/* When the next timer's time comes, or LOOP_NEVER. */
uint64_t loop_next(void);

/* Nothing is active, and no timer's time has come. */
bool loop_is_quiet(void);

/* One turn: timers whose time has come, and all that is active. */
void loop_turn(void);

#endif
