/*
 * How a rule sees a webhook, in full, for whoever looks for why it is refused.  Slow; the responder does without.
 */
#ifndef HOOKSPOOL_SIGNATURE_TRACE_H
#define HOOKSPOOL_SIGNATURE_TRACE_H

#include "signature_view.h"

#define SIGNATURE_KEY_ENCODINGS (KEY_BASE64 + 1)

/* The slips that cost people hours: it would match … */
struct signature_hints {
	bool without_newline; /* at the end of the body */
	bool with_newline;    /* one more there */
	bool key_as[CONF_SECRETS_MAX]
		   [SIGNATURE_KEY_ENCODINGS]; /* with the source's secret taken for a key in this way */
};

struct signature_trace {
	struct signature_view view;
	enum signature_result seen; /* by signature_look(), now, */
	enum signature_result then; /* and as of the time that the sender says, where it is not near now */
	/* If THEN is SIGNATURE_OK. */
	enum signature_result
	    keys[CONF_SECRETS_MAX];   /* of the rule's keys: SIGNATURE_OK, SIGNATURE_WRONG or SIGNATURE_FAILED */
	bool matches;		      /* one of them does; not yet that the time is right */
	size_t secret;		      /* the position of the first that does, from 1 on; 0: none */
	struct signature_hints hints; /* if none does, and they can be signed with */
};

/* Look at the webhook by the rule, and try each key.  Borrows from all of them. */
void signature_trace(
    struct signature_trace *, const struct source *, const struct signature_rule *, const struct webhook *);

#endif
