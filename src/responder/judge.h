/*
 * What becomes of one request: refused, answered, or handed to the spooler.
 */
#ifndef HOOKSPOOL_JUDGE_H
#define HOOKSPOOL_JUDGE_H

#include "../webhook/address.h"
#include "../webhook/handshake.h"
#include "guard.h"
#include "rules.h"

struct request;
struct handover;

/* An acceptor's own. */
struct judge {
	struct rules rules;
	struct handover *handover;
	void (*done)(void *context, struct request *); /* takes back a request that was answered */
	void *context;
	struct guard guard; /* of the request that is being read; whoever accepts it begins */
	struct handshake_answer answer;
	char address[ADDRESS_TEXT_SIZE]; /* of the request's sender */
};

/* Takes the request, which was accepted; ends its guard. */
void judge_request(struct judge *, struct request *);

#endif
