/*
 * The bounded reader and writer under every binary format: integers are big-endian.
 */
#ifndef HOOKSPOOL_WIRE_H
#define HOOKSPOOL_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

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
unsigned char *wire_put_text(unsigned char *p, const void *, size_t len); /* u32 length and bytes */

/* The u32 that BYTES begin with. */
uint32_t wire_u32_at(const void *bytes);

#endif
