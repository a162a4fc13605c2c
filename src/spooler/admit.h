/*
 * Admission: what becomes of a webhook that a responder hands over.
 */
#ifndef HOOKSPOOL_ADMIT_H
#define HOOKSPOOL_ADMIT_H

#include <stddef.h>
#include <stdint.h>

#include "../protocol/submit.h"

struct spooler;

/* Whether a webhook would be taken now: SUBMIT_READY, SUBMIT_DISK or SUBMIT_BUSY.  Costs nothing. */
enum submit_ack admit_readiness(const struct spooler *);

struct admitted {
	enum submit_ack ack;
	uint64_t number; /* of the event, where the ack has one */
	/* For the log: borrowed until the loop is back. */
	const char *source; /* if the configuration has it */
	const char *why;    /* SUBMIT_UNFIT */
};

/*
 * Look at the claim in RECORD, and put the event that it is into the open transaction.  Returns 0 and the ack once that is
 * committed, or -1 with errno: it could not be put.
 */
int admit(struct spooler *, const unsigned char *record, size_t len, struct admitted *);

#endif
