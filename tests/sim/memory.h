/*
 * What a life allocates (linked with --wrap=malloc and the like): a crash takes all of it, and an orderly end must have given all of it back.
 */
#ifndef HOOKSPOOL_SIM_MEMORY_H
#define HOOKSPOOL_SIM_MEMORY_H

#include <stddef.h>

/* What enlarge() gave, which outlives lives. */
void memory_own_free(void *);

size_t memory_in_use(void); /* pieces that the life under way has */
void memory_crash(void);

#endif
