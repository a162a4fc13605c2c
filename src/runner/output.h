/*
 * What is kept of a hook's output: its beginning and its end, with a note of what is left out between.
 */
#ifndef HOOKSPOOL_RUNNER_OUTPUT_H
#define HOOKSPOOL_RUNNER_OUTPUT_H

#include <stddef.h>
#include <stdint.h>

#include "../protocol/run.h"

struct output {
	uint32_t max;			    /* bytes kept, note included */
	uint64_t total;			    /* bytes seen */
	size_t head_len, tail_len, tail_at; /* the tail is a ring; TAIL_AT: where its next byte goes */
	char head[RUN_OUTPUT_MAX], tail[RUN_OUTPUT_MAX];
};

/* MAX up to RUN_OUTPUT_MAX. */
void output_init(struct output *, uint32_t max);
/* BYTES may be NULL where LEN is 0. */
void output_add(struct output *, const char *bytes, size_t len);

/* What is kept, into OUT (RUN_OUTPUT_MAX bytes); returns its length, at most MAX. */
uint32_t output_kept(const struct output *, char *out);

#endif
