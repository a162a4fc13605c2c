/*
 * From a delivery to the message that makes the runner run it: argument list, environment, the body as a descriptor.
 */
#ifndef HOOKSPOOL_LAUNCH_H
#define HOOKSPOOL_LAUNCH_H

#include <stdint.h>

struct event;
struct hook;
struct source;

struct launch {
	uint64_t token, number;
	uint32_t attempt;  /* from 1 */
	uint16_t identity; /* whom the hook runs as: see hook_users.h */
	const struct source *source;
	const struct hook *hook;
	const struct event *event;
};

/*
 * Send it over the socket RUNNER.  Returns 0, or -1 with errno: EAGAIN (the runner has enough to do), E2BIG (its environment does
 * not fit), or why it can't be sent.
 */
int launch_send(int runner, const struct launch *);

/* Have the runner write its log to LOG, borrowed.  Returns 0, or -1 with errno. */
int launch_send_log(int runner, int log);

#endif
