/*
 * Names of environment variables that carry what a sender sent.  A source's configuration maps them; a responder claims them in an event's
 * record, the spooler names them in a START, and the runner gives them to a program.  Nobody of these believes the one before, so all hold to
 * this one rule.
 */
#ifndef HOOKSPOOL_PROTOCOL_VARIABLE_H
#define HOOKSPOOL_PROTOCOL_VARIABLE_H

#include <stdbool.h>
#include <stddef.h>

#define VARIABLE_NAME_MAX 64 /* bytes */

/* NAME, LEN bytes: A-Z, 0-9 and _, no digit first, at most VARIABLE_NAME_MAX of them. */
bool variable_is_name(const char *name, size_t len);

/* It begins as hookspool's own do: HOOKSPOOL_. */
bool variable_is_own(const char *name, size_t len);

/* Such a name, and none that means something to a program, its loader, its interpreter or its libraries, or is hookspool's own. */
bool variable_is_free(const char *name, size_t len);

#endif
