/*
 * The replies that a sender gets: a short JSON object with a stable code, never an echo of what was sent.
 */
#ifndef HOOKSPOOL_REPLY_H
#define HOOKSPOOL_REPLY_H

#include <stdint.h>

#include "../protocol/submit.h"

struct request;
struct handshake_reply;

enum reply {
	REPLY_NOT_FOUND,
	REPLY_METHOD,
	REPLY_METHOD_GET, /* where only GET and HEAD are */
	REPLY_HTTPS,
	REPLY_ADDRESS,
	REPLY_MEDIA_TYPE,
	REPLY_NOT_A_FORM,
	REPLY_ENCODING,
	REPLY_TOO_LARGE,
	REPLY_BAD_LENGTH,
	REPLY_TRUNCATED,
	REPLY_SLOW,
	REPLY_EMPTY,
	REPLY_UNAUTHORIZED,
	REPLY_INVALID_JSON,
	REPLY_INVALID_FIELD, /* with the configuration's pointer */
	REPLY_UNAVAILABLE,
	REPLY_BUSY,
	REPLY_DISK,
	REPLY_INTERNAL
};

/* Each replies and finishes the request, which can accept the next one then: request_reply(). */

/* An error.  POINTER: a selector's text from the configuration, or NULL. */
void reply_send(struct request *, enum reply, const char *pointer);

/* What the configuration says to a handshake. */
void reply_handshake(struct request *, const struct handshake_reply *);

/* The spooler's word, passed on. */
void reply_ack(struct request *, enum submit_ack, uint64_t number);

#endif
