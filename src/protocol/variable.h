/*
 * Names of environment variables that carry what a sender sent.
 */
#ifndef HOOKSPOOL_VARIABLE_H
#define HOOKSPOOL_VARIABLE_H

#include <stdbool.h>
#include <stddef.h>

#define VARIABLE_NAME_MAX 64 /* bytes */

/* NAME, LEN bytes: A-Z, 0-9 and _, no digit first, at most VARIABLE_NAME_MAX of them. */
bool variable_is_name(const char *name, size_t len);

/* Such a name, and none that means something to a program, its loader, its interpreter or its libraries, or is hookspool's own. */
bool variable_is_free(const char *name, size_t len);

#endif
