/*
 * What a responder and the spooler say to each other, on the submit socket: a stream of frames, u32 length of what follows (type included),
 * u8 type (enum submit_type), payload.  Integers are big-endian.
 *
 *   HELLO    both ways, first and once: u32 magic, u16 version
 *   WEBHOOK  responder to spooler: u64 sequence, an event's record (event.h), which is a claim: take it.  Without a record: would one be
 *            taken?  That needs no group and has its ACK at once.
 *   ACK      spooler to responder: u64 sequence, u8 enum submit_ack, u64 number: what became of the WEBHOOK with this sequence.  The number
 *            is an event's, or 0.
 *
 * Every WEBHOOK gets exactly one ACK, after the commit of its group; a responder chooses its sequences and may have many under way.  What
 * had no ACK when a connection ended is sent again over the next one: the spooler recognises what it has stored.
 *
 * The spooler believes no responder, for an attacker may have taken it over: it cuts off who breaks the protocol, reads the record strictly,
 * and checks its claim against the configuration (spooler/claim.h).  A responder believes the spooler's word: its sender gets 200 for it.
 * An ACK for a sequence that it does not have changes nothing, and one that it does not know counts as INVALID.
 */
#ifndef HOOKSPOOL_PROTOCOL_SUBMIT_H
#define HOOKSPOOL_PROTOCOL_SUBMIT_H

#include <stddef.h>
#include <stdint.h>

#include "event.h"

#define SUBMIT_MAGIC 0x686b7370u /* "hksp" */
#define SUBMIT_VERSION 1
#define SUBMIT_HEADER 5 /* length and type */
#define SUBMIT_HELLO_SIZE (SUBMIT_HEADER + 6)
#define SUBMIT_ACK_SIZE (SUBMIT_HEADER + 17)
#define SUBMIT_WEBHOOK_SIZE (SUBMIT_HEADER + 8)		       /* before the record */
#define SUBMIT_FRAME_MAX (EVENT_BODY_MAX + 2 * EVENT_HEAD_MAX) /* bytes of a frame: whatever record there can be */

enum submit_type { SUBMIT_HELLO = 1, SUBMIT_WEBHOOK = 2, SUBMIT_ACK = 3 };

enum submit_ack {
	SUBMIT_STORED = 1,    /* committed and flushed; the number is the event's */
	SUBMIT_DUPLICATE = 2, /* already stored, as the event of that number */
	SUBMIT_KEPT = 3,      /* a rejected webhook was noted */
	SUBMIT_BUSY = 4,      /* backlog above max-queued */
	SUBMIT_DISK = 5,      /* disk below min-free, or the commit failed */
	SUBMIT_UNKNOWN = 6,   /* the spooler's configuration has no such source */
	SUBMIT_INVALID = 7,   /* the record was refused */
	SUBMIT_READY = 8,     /* to a WEBHOOK without a record: one would be taken */
	SUBMIT_UNFIT = 9      /* it does not fit the spooler's configuration of its source */
};

/* "stored" and the like, for the log; also for a value that is none. */
const char *submit_ack_word(enum submit_ack);

/* Whole frames into OUT, SUBMIT_…_SIZE bytes. */
void submit_put_hello(unsigned char *out);
void submit_put_ack(unsigned char *out, uint64_t sequence, enum submit_ack, uint64_t number);
/* The part of a WEBHOOK frame before the record of RECORD_LEN bytes. */
void submit_put_webhook(unsigned char *out, uint64_t sequence, size_t record_len);

#endif
