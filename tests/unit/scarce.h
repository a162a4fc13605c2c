/*
 * Memory that is not there when it is asked for: link with $(scarce_wraps).  Of libevent's, too, once scarce_everywhere() was called.
 */
#ifndef HOOKSPOOL_TESTS_SCARCE_H
#define HOOKSPOOL_TESTS_SCARCE_H

#include <stdbool.h>

/* Before libevent is used at all. */
void scarce_everywhere(void);

/* The N-th allocation from now on (0: the next) fails, with ENOMEM; those after it succeed. */
void scarce_once(unsigned n);

/* All go well from now on.  Returns whether one has failed. */
bool scarce_over(void);

/* How many descriptors this process has. */
unsigned scarce_descriptors(void);

#endif
