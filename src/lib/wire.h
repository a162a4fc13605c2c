/*
 * Frames on the submit socket (responder and spooler), and the bounded reader and writer under every binary format.
 *
 * A frame: u32 length of what follows (type included), u8 type, payload.  Integers are big-endian.
 *   HELLO   u32 magic, u16 version              both ways, first
 *   SUBMIT  u64 sequence, event record          responder to spooler; without a record: would one be taken?  That needs no group and
 *                                               is answered at once.
 *   ANSWER  u64 sequence, u8 enum wire_answer, u64 number    spooler to responder
 */
#ifndef HOOKSPOOL_WIRE_H
#define HOOKSPOOL_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WIRE_MAGIC 0x686b7370u /* "hksp" */
#define WIRE_VERSION 1
#define WIRE_HEADER 5 /* length and type */
#define WIRE_HELLO_SIZE (WIRE_HEADER + 6)
#define WIRE_ANSWER_SIZE (WIRE_HEADER + 17)
#define WIRE_SUBMIT_SIZE (WIRE_HEADER + 8) /* before the record */
#define WIRE_FRAME_MAX ((64u << 20) + (512u << 10))

enum wire_type { WIRE_HELLO = 1, WIRE_SUBMIT = 2, WIRE_ANSWER = 3 };

enum wire_answer {
	WIRE_STORED = 1,    /* committed and flushed; number is the event's */
	WIRE_DUPLICATE = 2, /* already stored, as number */
	WIRE_KEPT = 3,	    /* a rejected webhook was noted */
	WIRE_BUSY = 4,	    /* backlog above max-queued */
	WIRE_DISK = 5,	    /* disk below min-free, or the commit failed */
	WIRE_UNKNOWN = 6,   /* the spooler's configuration has no such source */
	WIRE_INVALID = 7,   /* the record was refused */
	WIRE_READY = 8,	    /* to a SUBMIT without a record: one would be taken */
	WIRE_UNFIT = 9	    /* it does not fit the spooler's configuration of its source */
};

/* A cursor over bytes; once something did not fit, BAD stays true and every read gives 0. */
struct wire_reader {
	const unsigned char *at, *end;
	bool bad;
};
void wire_reader_init(struct wire_reader *, const void *bytes, size_t len);
uint8_t wire_get_u8(struct wire_reader *);
uint16_t wire_get_u16(struct wire_reader *);
uint32_t wire_get_u32(struct wire_reader *);
uint64_t wire_get_u64(struct wire_reader *);
/* LEN bytes, borrowed, or NULL. */
const void *wire_get_bytes(struct wire_reader *, size_t len);
/* u32 length and bytes, borrowed; NULL and bad when longer than MAX. */
const void *wire_get_text(struct wire_reader *, size_t max, uint32_t *len);

/* Write at P; return the byte after what was written. */
unsigned char *wire_put_u8(unsigned char *p, uint8_t);
unsigned char *wire_put_u16(unsigned char *p, uint16_t);
unsigned char *wire_put_u32(unsigned char *p, uint32_t);
unsigned char *wire_put_u64(unsigned char *p, uint64_t);
unsigned char *wire_put_bytes(unsigned char *p, const void *, size_t len);
unsigned char *wire_put_text(unsigned char *p, const void *, size_t len); /* u32 length and bytes */
uint32_t wire_u32_at(const void *);

/* Whole frames into OUT, WIRE_…_SIZE bytes. */
void wire_hello(unsigned char *out);
void wire_answer(unsigned char *out, uint64_t sequence, enum wire_answer, uint64_t number);
/* The part of a SUBMIT frame before the record of RECORD_LEN bytes. */
void wire_submit(unsigned char *out, uint64_t sequence, size_t record_len);

#endif
