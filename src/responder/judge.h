/*
 * What becomes of one request: refused, replied to, or to be handed to the spooler.
 */
#ifndef HOOKSPOOL_JUDGE_H
#define HOOKSPOOL_JUDGE_H

#include <stdbool.h>

#include "../webhook/address.h"
#include "../webhook/asked.h"
#include "../webhook/verdict.h"
#include "reply.h"
#include "request.h"
#include "rules.h"

struct judge_refusal {
	enum reply reply;
	const char *reason;   /* one of ours; NULL: it is not refused */
	const char *detail;   /* logged in the reason's place, or NULL */
	const char *selector; /* for the sender, or NULL */
};

/* A thread's own. */
struct judge {
	struct rules rules;
	/* Of the request that is judged; a request's variables are gone once it has its reply. */
	struct asked asked;
	char address[ADDRESS_TEXT_SIZE];
	const struct source *source; /* NULL: none is at its path */
	struct judge_refusal refusal;
	struct verdict verdict;
};

/*
 * First: look at what is asked, and read the body, whether or not it is wanted.  The only step that may block: as
 * libfcgi's reads do.
 */
void judge_receive(struct judge *, struct request *);

/*
 * Then: decide.  LATE: it was cut off for its time.  Unless it is done with, the request has an encoded event or
 * question for handover_take().
 */
enum judged judge_decide(struct judge *, struct request *, bool late);

#endif
