/*
 * Webhooks that responders hand over: they join groups as spooler/client.c has them join, and the reference says what the ack must be.
 */
#ifndef HOOKSPOOL_SIM_ARRIVE_H
#define HOOKSPOOL_SIM_ARRIVE_H

#include <stdbool.h>
#include <stdint.h>

#include "../../src/protocol/event.h"
#include "../../src/protocol/submit.h"
#include "../../src/spooler/admit.h"
#include "../../src/spooler/batch.h"
#include "../model/reference.h"

struct arrival {
	struct batch_item item;
	bool used, durable;
	struct webhook said;
	int hooks;
	enum submit_ack expected;
	uint64_t number; /* that the ack must have */
	struct admitted admitted;
	unsigned char *record;
	size_t len;
};

/* One joins the group, if any may come. */
void arrive(void);
/* It is on the disk. */
void arrival_happens(struct arrival *);
/* Those that wait are the clients' own; a crash takes them, too. */
void arrivals_leave(void);
void arrivals_crash(void);
/* None waits. */
bool arrivals_are_over(void);

/* What an event with this id is to have. */
#define ARRIVE_TEXT 24
void arrive_id(char text[ARRIVE_TEXT], uint64_t id);
size_t arrive_body(char **body, const struct webhook *); /* borrowed, until the next call */
/* Its key, and its guard's, as on the disk. */
size_t arrive_key(char *key, const struct webhook *);
size_t arrive_guard(char *key, const struct webhook *);
#define ARRIVE_KEY_MAX 64

/* The event that has the id or the guard, or 0. */
uint64_t arrive_owner(const struct webhook *);
uint64_t arrive_guard_owner(const struct webhook *);

extern unsigned long arrived[SUBMIT_UNFIT + 1], renewed; /* acks; ids that were new again */

#endif
