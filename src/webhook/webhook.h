/*
 * A webhook as it came: what everything in this room looks at.
 */
#ifndef HOOKSPOOL_WEBHOOK_H
#define HOOKSPOOL_WEBHOOK_H

#include <stddef.h>
#include <stdint.h>

struct asked;

/* Borrows everything. */
struct webhook {
	const struct asked *asked;
	const char *body; /* "" of a GET */
	size_t body_len;
	uint64_t now_ms; /* since the epoch */
};

#endif
