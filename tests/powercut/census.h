/*
 * All that is in a spool's tables, counted from the tables themselves, and whether they agree with one another: INTERNALS, "What is true at every
 * commit".  What does not is told by wrong().
 */
#ifndef POWERCUT_CENSUS_H
#define POWERCUT_CENSUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../../src/spool/record.h"
#include "webhook.h"

struct spool;
struct spool_key;

struct census_delivery {
	char hook[16];
	struct delivery delivery;
	unsigned attempts; /* rows */
};

struct census_event {
	uint64_t number;
	uint32_t serial;
	enum event_kind kind;
	bool late, has_lane;
	char source[4], lane[16];
	struct census_delivery deliveries[WEBHOOK_HOOKS_MAX];
	int n, queued;
};

struct census_key {
	char key[64];
	size_t len;
	uint64_t number;
	bool late;
};

struct census {
	struct census_event *events; /* by number */
	size_t n, room;
	struct census_key *keys; /* by key */
	size_t nkeys, keys_room;
	uint64_t next; /* number */
};

/* Take it, of webhooks that were made with SEED, of which no serial number is beyond LAST: another one was invented. */
struct census_load {
	uint64_t seed;
	uint32_t last;
};
void census_take(struct census *, struct spool *, const struct census_load *);
void census_free(struct census *);

/* The event of this number, or NULL. */
struct census_event *census_find(const struct census *, uint64_t number);

/* Compare what was counted: rules.c. */
void census_judge(const struct census *, struct spool *);

#endif
