/*
 * What becomes of one request: refused, replied to, or handed to the spooler.
 */
#ifndef HOOKSPOOL_JUDGE_H
#define HOOKSPOOL_JUDGE_H

#include "../webhook/address.h"
#include "../webhook/asked.h"
#include "../webhook/verdict.h"
#include "read_limit.h"
#include "rules.h"

struct request;
struct handover;

/* An acceptor's own. */
struct judge {
	struct rules rules;
	struct handover *handover;
	void (*done)(void *context, struct request *); /* takes back a request that has its reply */
	void *context;
	struct read_limit read_limit; /* of the request that is being read; whoever accepts it begins */
	/* Of the request that is judged; a request's variables are gone once it has its reply. */
	struct asked asked;
	char address[ADDRESS_TEXT_SIZE];
	const struct source *source; /* NULL: none is at its path */
	struct verdict verdict;
};

/* Takes the request, which was accepted; ends its limit. */
void judge_request(struct judge *, struct request *);

#endif
