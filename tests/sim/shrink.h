/*
 * A failing run made shorter: steps are left out as long as it fails without them.  Chance in each step depends on the seed and the step's number
 * alone, so that those that stay are what they were, as far as they can be.
 */
#ifndef HOOKSPOOL_SIM_SHRINK_H
#define HOOKSPOOL_SIM_SHRINK_H

#include <stdbool.h>
#include <stdint.h>

/*
 * LEFT_OUT[step], of steps 1 to STEPS; FAILS runs what is not left out.  Leaves out as much as it can, by halves, quarters and so on (Zeller's
 * delta debugging, without the complements).  Returns how many steps stay.
 */
uint64_t shrink(bool *left_out, uint64_t steps, bool (*fails)(void));

/* Steps as "3,7-9" that are not left out; and back, from 1 to STEPS. */
void shrink_print(const bool *left_out, uint64_t steps);
void shrink_parse(bool *left_out, uint64_t steps, const char *only);

#endif
