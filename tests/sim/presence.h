/*
 * Which events are there, by a look at the disk whenever some may have gone.
 */
#ifndef HOOKSPOOL_SIM_PRESENCE_H
#define HOOKSPOOL_SIM_PRESENCE_H

#include <stdbool.h>
#include <stdint.h>

struct webhook;

/* What has gone since is no more, and may be; what has become late is. */
void presence_look(void);
/* Nothing is there that should have gone long ago. */
void presence_check(void);

/* The first number that may be there still. */
uint64_t presence_first(void);
/* The first number of the oldest generation. */
uint64_t presence_oldest(void);

#endif
