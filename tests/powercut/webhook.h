/*
 * The webhooks of the load: each is made from the run's seed and its own serial number alone, so that who looks at an image knows what can be in it
 * without having been told.
 */
#ifndef POWERCUT_WEBHOOK_H
#define POWERCUT_WEBHOOK_H

#include <stddef.h>
#include <stdint.h>

#include "../../src/protocol/event.h"

#define WEBHOOK_BODY_MAX (300u << 10)
#define WEBHOOK_HOOKS_MAX 2

/* What its type is: which hooks it has, and what they say. */
enum webhook_type {
	WEBHOOK_OK,    /* a hook that succeeds */
	WEBHOOK_TWO,   /* two of them */
	WEBHOOK_RETRY, /* one that fails some times before */
	WEBHOOK_DEAD,  /* one that fails for good */
	WEBHOOK_NONE,  /* none */
	WEBHOOK_TYPES
};

/* EVENT's texts point into this. */
struct webhook {
	uint32_t serial;
	enum webhook_type type;
	struct event event; /* as a responder claims it; received_ms is 0 */
	char id[16], key[48], guard[48], lane[16];
	char body[WEBHOOK_BODY_MAX];
};

/* Small things that come in any order, from a number. */
uint64_t webhook_mix(uint64_t);

void webhook_make(struct webhook *, uint64_t seed, uint32_t serial);

/* The serial number in an event's id, or -1: no webhook of ours has that. */
int64_t webhook_serial(const struct event *);

/* The identities of its hooks; returns how many there are. */
int webhook_hooks(const struct webhook *, const char *hooks[WEBHOOK_HOOKS_MAX]);

#endif
