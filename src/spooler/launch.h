/*
 * From a delivery to the message that makes the runner run it: argument list, environment, the body as a descriptor.
 */
#ifndef HOOKSPOOL_LAUNCH_H
#define HOOKSPOOL_LAUNCH_H

#include <stddef.h>
#include <stdint.h>

struct event;
struct hook;
struct source;

struct launch {
	uint64_t token, number;
	uint32_t attempt; /* from 1 */
	uint16_t account; /* whom the hook runs as: see hook_users.h */
	const struct source *source;
	const struct hook *hook;
	const struct event *event;
};

struct launch_message {
	const unsigned char *bytes; /* borrowed, until the next call */
	size_t len;
	int body; /* owned: the body as a file that can be read, but not changed */
};

/* Returns 0, or -1 with errno: E2BIG (its environment does not fit), or why it can't be made. */
int launch_make(struct launch_message *, const struct launch *);

#endif
