/*
 * An event: a webhook that was accepted, and its record, the form in which it lies in the spool.  A responder hands one over in the same
 * form; what it says there is a claim (spooler/claim.h) of which the spooler makes the event, and writes its own record.
 *
 * Record, version 2, integers big-endian:
 *   u8 version, u8 kind, u16 secret, u32 head length (all before the body, these 8 bytes included),
 *   u64 received (ms since the epoch), u32 body length, then "text"s: u32 length and bytes each, in the order of
 *   enum event_text; then u16 count of mapped variables and as many pairs of texts (name, value); the body.
 * Version 1 had no guard and 0 for the secret; it is still read.
 */
#ifndef HOOKSPOOL_PROTOCOL_EVENT_H
#define HOOKSPOOL_PROTOCOL_EVENT_H

#include <stddef.h>
#include <stdint.h>

#define EVENT_VERSION 2
#define EVENT_SOURCE_MAX 64	    /* bytes of a source's name */
#define EVENT_TYPE_MAX 128	    /* bytes of an event type */
#define EVENT_ID_MAX 512	    /* bytes of one part of an id, of a lane */
#define EVENT_ID_PARTS_MAX 4	    /* of an id */
#define EVENT_KEY_MAX 2200	    /* bytes of the joined key of an id: longer ones are refused */
#define EVENT_GUARD_MAX 80	    /* bytes of a guard: a digest in hex, as a key */
#define EVENT_ADDRESS_MAX 64	    /* bytes of an address */
#define EVENT_CONTENT_TYPE_MAX 256  /* bytes of a content type: what is longer is cut */
#define EVENT_VALUE_MAX 4096	    /* bytes of a mapped variable's value */
#define EVENT_ENV_MAX 32	    /* mapped variables */
#define EVENT_REASON_MAX 512	    /* bytes of a reason */
#define EVENT_HEAD_MAX (256u << 10) /* bytes of a record before its body */
#define EVENT_BODY_MAX (64u << 20)  /* bytes of a body: the largest max-body */
#define EVENT_GUARD_ORIGIN 'g'	    /* of a guard's one part; no origin of an id's */

enum event_kind { EVENT_ACCEPTED = 1, EVENT_REJECTED = 2 };

/* The texts of an event, in the record's order.  None has a NUL inside. */
enum event_text {
	EVENT_SOURCE,
	EVENT_TYPE,
	EVENT_ID,      /* as the sender wrote it, parts joined with a blank: for people and HOOKSPOOL_ID */
	EVENT_KEY,     /* what makes it the same webhook: see event_key_add() */
	EVENT_LANE,    /* empty: in no lane */
	EVENT_ADDRESS, /* of the peer */
	EVENT_CONTENT_TYPE,
	EVENT_REASON, /* why it was rejected */
	EVENT_GUARD,  /* a second key of the same kind: of its body; empty: none */
	EVENT_TEXTS
};

struct event_variable {
	const char *name, *value;
	uint32_t name_len, value_len;
};

/* Borrows everything it points to; decoded texts are not terminated. */
struct event {
	enum event_kind kind;
	unsigned secret; /* position of the secret that authenticated it, from 1 on; 0: none, or not known */
	uint64_t received_ms;
	const char *text[EVENT_TEXTS];
	uint32_t len[EVENT_TEXTS];
	struct event_variable env[EVENT_ENV_MAX];
	size_t nenv;
	const char *body;
	size_t body_len;
};

/* Bytes of the record before its body. */
size_t event_head_size(const struct event *);

/*
 * Write the record's head to OUT, event_head_size() bytes; the body's own bytes are to follow it, from wherever they are.  The
 * event's texts must be within the limits above.
 */
void event_encode_head(const struct event *, unsigned char *out);

/*
 * Read a record of LEN bytes; or its head alone (the body is then NULL, body_len still says its length).  Everything is checked:
 * version, bounds, limits, NULs.
 * Return 0, or -1 with errno: EPROTO (not a record), ENOTSUP (a version or kind this program does not know).
 */
int event_decode(struct event *, const unsigned char *record, size_t len);
int event_decode_head(struct event *, const unsigned char *head, size_t len);

/* How long the head is that a record of LEN bytes begins with; 0: it is no record. */
size_t event_head_len(const unsigned char *record, size_t len);

/*
 * Append one part of an id to KEY (SIZE bytes, *LEN used): a letter for where it came from ('s' JSON string, 'n' number, 'b'
 * boolean, 'h' header, 'q' query, 'f' form, 'd' digest; of a guard EVENT_GUARD_ORIGIN), its text, and a byte 0x01 as end; the text's
 * own 0x01 and 0x02 are written 0x02 0x01 and 0x02 0x02, so that two different ids never make one key.  Returns 0, or -1 when it is
 * too long.
 */
int event_key_add(char *key, size_t size, size_t *len, char origin, const char *text, size_t text_len);

/* The origins of KEY's parts into OUT, at most MAX.  Returns how many there are, or -1: more, or it is no key of this form. */
int event_key_origins(const char *key, size_t len, char *out, size_t max);

#endif
