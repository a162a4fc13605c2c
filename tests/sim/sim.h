/*
 * What all of the simulator shares: chance, the trace, and the end of a life.
 */
#ifndef HOOKSPOOL_SIM_H
#define HOOKSPOOL_SIM_H

#include <stddef.h>
#include <stdint.h>

/* All that chance decides comes from here. */
uint32_t sim_any(uint32_t below);

/* What happens, in its order, makes the trace's hash: of two runs with the same seed it is the same. */
void sim_trace(uint64_t what);
void sim_trace_bytes(const void *, size_t);

/* The process is gone, here and now. */
void sim_die(const char *why) __attribute__((noreturn));

#endif
