/*
 * Handshakes: a sender's question whether somebody listens, answered as the configuration says, and never spooled.
 */
#ifndef HOOKSPOOL_HANDSHAKE_H
#define HOOKSPOOL_HANDSHAKE_H

#include <stddef.h>

#include "select.h"

struct source;
struct handshake;
struct signer;

#define HANDSHAKE_BODY_MAX 8192

enum handshake_result {
	HANDSHAKE_NONE,		/* it is none: an event, or nothing that is known */
	HANDSHAKE_ANSWER,	/* to be sent */
	HANDSHAKE_UNAUTHORIZED, /* the token is not there, or none of the source's */
	HANDSHAKE_INVALID	/* what is to be sent back is not there, or can't be */
};

struct handshake_answer {
	const struct handshake *handshake; /* also when it is refused */
	const char *selector;		   /* HANDSHAKE_INVALID: of what is wrong */
	const char *why;
	size_t len;
	char body[HANDSHAKE_BODY_MAX];
};

/*
 * The answer to a request of method GET, or POST, which has been authenticated with the secret at position SECRET (from 1 on, 0: none).
 * Selected values are escaped for the answer's content type.
 */
enum handshake_result handshake_find(
    const struct source *, bool get, struct select *, struct signer *, size_t secret, struct handshake_answer *);

#endif
