/*
 * What becomes of a webhook, by its bytes alone.  The steps are here in their one order: the responder acts on the verdict, the command tells
 * it, the fuzzers look for one that can't be.
 */
#ifndef HOOKSPOOL_VERDICT_H
#define HOOKSPOOL_VERDICT_H

#include <stddef.h>

#include "../protocol/event.h"
#include "handshake.h"
#include "signature.h"
#include "validate.h"

struct asked;
struct signer;
struct source;
struct validator;
struct webhook;

/* At which step a webhook ended, in the order of the steps: those before have passed. */
enum verdict_step {
	VERDICT_GOES_ON, /* at none of those that were taken */
	/* What was asked for. */
	VERDICT_ADDRESS, /* none of allow-from */
	VERDICT_HTTPS,
	VERDICT_METHOD,	    /* neither POST, nor a GET that the source may have a reply to */
	VERDICT_NOT_A_FORM, /* by its content type */
	VERDICT_NOT_JSON,   /* by its content type */
	VERDICT_CODING,
	/* The body. */
	VERDICT_LONG,
	VERDICT_EMPTY,
	/* Who sent it. */
	VERDICT_SIGNATURE,
	/* What it says.  From here on it is authenticated, but for a GET. */
	VERDICT_PAYLOAD,   /* the form's field that has the JSON; kept as rejected */
	VERDICT_SYNTAX,	   /* of the JSON; kept as rejected */
	VERDICT_TOKEN,	   /* a handshake's is missing or wrong */
	VERDICT_NO_REPLY,  /* a handshake has none: what it is made of is not right */
	VERDICT_HANDSHAKE, /* good: its reply is made */
	VERDICT_GET,	   /* no handshake is this one */
	VERDICT_FIELD,	   /* not as declared; kept as rejected */
	VERDICT_EVENT,	   /* good: the event is made */
	VERDICT_NO_MEMORY  /* at any of the last */
};

struct verdict {
	enum verdict_step step;
	enum signature_result signature;
	size_t secret;		/* position of the one that matched, from 1 on; 0: none */
	struct refused refused; /* VERDICT_PAYLOAD, VERDICT_SYNTAX, VERDICT_FIELD */
	/* From VERDICT_TOKEN to VERDICT_HANDSHAKE. */
	struct handshake_reply handshake;
	/* VERDICT_EVENT; and one that is kept as rejected, with what is known of it.  Borrows from webhook, source and rules. */
	struct event event;
};

/* A source's rules, ready; for one thread.  Borrows SOURCE. */
struct verdict_rules {
	const struct source *source;
	struct signer *signer;
	struct validator *validator;
};

/* Returns owned, or NULL with errno. */
struct verdict_rules *verdict_rules_new(const struct source *);
void verdict_rules_free(struct verdict_rules *);

/* What can be refused before the body is read.  An address that is not known (NULL) is not looked at. */
enum verdict_step verdict_asked(const struct source *, const struct asked *);

/* The body's length, of a webhook that has passed that and is a POST. */
enum verdict_step verdict_body(const struct source *, const struct webhook *);

/* All that follows verdict_asked(), into VERDICT: for a POST body, signature and content, or a GET. */
void verdict_reach(struct verdict_rules *, const struct webhook *, struct verdict *);

/* Of these a step each, for whoever does one in a way of its own.  verdict_content() goes by VERDICT's secret. */
void verdict_signature(struct verdict_rules *, const struct webhook *, struct verdict *);
void verdict_content(struct verdict_rules *, const struct webhook *, struct verdict *);
void verdict_get(struct verdict_rules *, const struct webhook *, struct verdict *);

/* "address not allowed" and the like, for the log: our own words.  NULL for those that refuse nothing. */
const char *verdict_step_text(enum verdict_step);

#endif
