/*
 * What follows from how a run ended: hookspool-hook(7), exit status and retries.
 */
#ifndef HOOKSPOOL_OUTCOME_H
#define HOOKSPOOL_OUTCOME_H

#include <stdint.h>

#include "../spool/record.h"

struct backoff;

/* What decides besides the attempt itself. */
struct outcome_terms {
	const struct backoff *backoff;
	uint64_t received_ms; /* the event */
	uint32_t jitter;      /* any random number */
};

/* The delivery after ATTEMPT, from what it was BEFORE it. */
struct delivery outcome_decide(const struct delivery *before, const struct attempt *, const struct outcome_terms *);

/* What an attempt says about its hook; also that it will never succeed with this event is a word of a program that works. */
enum outcome_word { OUTCOME_WORKS, OUTCOME_FAILS, OUTCOME_NO_WORD };
enum outcome_word outcome_of_hook(const struct attempt *);

/* One line in the log for an operator. */
void outcome_log(uint64_t number, const char *hook, const struct delivery *after, const struct attempt *);

#endif
