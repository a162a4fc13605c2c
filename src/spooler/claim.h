/*
 * What a responder says of a webhook, and the one place where it is looked at.  A responder reads what strangers send; whoever has taken
 * it over, or holds the submit socket otherwise, can say anything.  So a claim has a type of its own until claim_check() has made an event
 * of it, and nobody but that function looks into one.
 *
 * Believed is what only a responder can know: that the signature was right, and with which secret; the body and the sender's address; and
 * what it found in the body and the headers: event type, id, lane, values.  Who could lie about these could as well have signed another
 * body.  Not believed is what the spooler knows itself: the source's options, the names of variables, what its id is made of, the time.
 */
#ifndef HOOKSPOOL_CLAIM_H
#define HOOKSPOOL_CLAIM_H

#include <stddef.h>
#include <stdint.h>

#include "../protocol/event.h"

struct conf;
struct source;

struct claim {
	struct event said;
};

/* Read a WEBHOOK frame's record: bounds and form.  Borrows from RECORD.  Returns 0, or -1 with errno as event_decode(). */
int claim_decode(struct claim *, const unsigned char *record, size_t len);

enum claim_result {
	CLAIM_GOOD,
	CLAIM_UNKNOWN_SOURCE, /* the configuration has none of this name */
	CLAIM_UNFIT	      /* it is none that a responder with this configuration makes */
};

struct claim_verdict {
	enum claim_result result;
	const struct source *source; /* of CLAIM_GOOD and CLAIM_UNFIT; borrowed from the configuration */
	const char *why;	     /* of CLAIM_UNFIT, for the log: a constant */
};

/*
 * Make an EVENT of the claim, received at NOW_MS (since the epoch): what of it is the configuration's points there, the rest into the
 * claim's record.  EVENT is set only for CLAIM_GOOD.
 */
struct claim_verdict claim_check(const struct claim *, const struct conf *, uint64_t now_ms, struct event *event);

#endif
