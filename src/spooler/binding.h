/*
 * Which hook an event is for, by the configuration as it is now; and a hook's identity, "source/title", under which the spool knows it.
 */
#ifndef HOOKSPOOL_BINDING_H
#define HOOKSPOOL_BINDING_H

#include <stdbool.h>
#include <stddef.h>

#include "../spool/spool.h"

struct conf;
struct event;
struct hook;
struct source;

/* OUT has SPOOL_HOOK_MAX + 1 bytes. */
void binding_identity(char *out, const struct source *, const struct hook *);

/* The event's source, or NULL: the configuration has none of this name.  Borrowed. */
const struct source *binding_source(const struct conf *, const struct event *);

/* The hooks of an event by their accounts. */
struct binding {
	char identity[SPOOL_DELIVERIES_MAX][SPOOL_HOOK_MAX + 1];
	size_t n;
};

/* Those for the event of SOURCE: the most specific one, and those that take all; none for a rejected one. */
void binding_hooks(const struct source *, const struct event *, struct binding *);

/* Does the configuration have the hook of this identity? */
bool binding_exists(const struct conf *, const char *identity);

#endif
