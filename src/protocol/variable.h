/*
 * Names of environment variables that a hook gets: hookspool's own, and those that carry what a sender sent.  A source's configuration maps
 * the latter; a responder claims them in an event's record, the spooler names them in a START, and the runner gives them to a program.
 * Nobody of these believes the one before, so all hold to this one rule.
 */
#ifndef HOOKSPOOL_PROTOCOL_VARIABLE_H
#define HOOKSPOOL_PROTOCOL_VARIABLE_H

#include <stdbool.h>
#include <stddef.h>

#define VARIABLE_NAME_MAX 64 /* bytes */

/* Hookspool's own, hookspool-hook(7): the spooler sets them, and the runner makes members of a worker's line of them. */
#define VARIABLE_OWN "HOOKSPOOL_"
#define VARIABLE_SOURCE VARIABLE_OWN "SOURCE"
#define VARIABLE_HOOK VARIABLE_OWN "HOOK"
#define VARIABLE_NUMBER VARIABLE_OWN "NUMBER"
#define VARIABLE_EVENT VARIABLE_OWN "EVENT"
#define VARIABLE_ID VARIABLE_OWN "ID"
#define VARIABLE_KEY VARIABLE_OWN "KEY"
#define VARIABLE_CONTENT_TYPE VARIABLE_OWN "CONTENT_TYPE"
#define VARIABLE_ATTEMPT VARIABLE_OWN "ATTEMPT"
#define VARIABLE_RECEIVED_AT VARIABLE_OWN "RECEIVED_AT"

/* NAME, LEN bytes: A-Z, 0-9 and _, no digit first, at most VARIABLE_NAME_MAX of them. */
bool variable_is_name(const char *name, size_t len);

/* It begins as hookspool's own do. */
bool variable_is_own(const char *name, size_t len);

/* Such a name, and none that means something to a program, its loader, its interpreter or its libraries, or is hookspool's own. */
bool variable_is_free(const char *name, size_t len);

#endif
