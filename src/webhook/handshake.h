/*
 * Handshakes: a sender's question whether somebody listens, replied to as the configuration says, and never spooled.
 */
#ifndef HOOKSPOOL_HANDSHAKE_H
#define HOOKSPOOL_HANDSHAKE_H

#include <stdbool.h>
#include <stddef.h>

struct handshake;
struct parsed;
struct signer;
struct source;

#define HANDSHAKE_BODY_MAX 8192 /* bytes of a reply's body */

enum handshake_result {
	HANDSHAKE_NONE,		/* it is none: an event, or nothing that is known */
	HANDSHAKE_REPLY,	/* to be sent */
	HANDSHAKE_UNAUTHORIZED, /* the token is not there, or none of the source's */
	HANDSHAKE_INVALID	/* what is to be sent back is not there, or can't be */
};

/* What a handshake is replied to by. */
struct handshake_rules {
	const struct source *source;
	struct signer *signer;
	size_t secret; /* position of the one that authenticated the webhook, from 1 on; 0: none */
	bool get;      /* a GET, else a POST */
};

struct handshake_reply {
	const struct handshake *handshake; /* also when it is refused */
	const char *selector;		   /* HANDSHAKE_INVALID: of what is wrong */
	const char *why;		   /* HANDSHAKE_INVALID: "is missing" and the like */
	size_t len;			   /* HANDSHAKE_REPLY: of the body, which is not terminated */
	char body[HANDSHAKE_BODY_MAX];
};

/* The reply to a webhook, if it is a handshake.  Selected values are escaped for the reply's content type. */
enum handshake_result handshake_find(const struct handshake_rules *, struct parsed *, struct handshake_reply *);

#endif
