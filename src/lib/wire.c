/*
 * Bounded reading and writing of binary formats.  A reader that met something that does
 * not fit stays bad and gives zeros, so that callers check once, at the end.
 */
#include "wire.h"

#include <string.h>

void
wire_reader_init(struct wire_reader *r, const void *bytes, size_t len)
{
	r->at = bytes;
	r->end = r->at + len;
	r->bad = false;
}

const void *
wire_get_bytes(struct wire_reader *r, size_t len)
{
	const unsigned char *bytes = r->at;

	if (r->bad || (size_t)(r->end - r->at) < len) {
		r->bad = true;
		return NULL;
	}
	r->at += len;
	return bytes;
}

static uint64_t
get_integer(struct wire_reader *r, size_t size)
{
	const unsigned char *p = wire_get_bytes(r, size);
	uint64_t value = 0;

	for (size_t i = 0; p != NULL && i < size; i++)
		value = value << 8 | p[i];
	return value;
}

uint8_t
wire_get_u8(struct wire_reader *r)
{
	return (uint8_t)get_integer(r, 1);
}

uint16_t
wire_get_u16(struct wire_reader *r)
{
	return (uint16_t)get_integer(r, 2);
}

uint32_t
wire_get_u32(struct wire_reader *r)
{
	return (uint32_t)get_integer(r, 4);
}

uint64_t
wire_get_u64(struct wire_reader *r)
{
	return get_integer(r, 8);
}

const void *
wire_get_text(struct wire_reader *r, size_t max, uint32_t *len)
{
	uint32_t n = wire_get_u32(r);
	const void *bytes;

	if (n > max)
		r->bad = true;
	bytes = wire_get_bytes(r, n);
	*len = r->bad ? 0 : n;
	return bytes;
}

static unsigned char *
put_integer(unsigned char *p, uint64_t value, size_t size)
{
	for (size_t i = size; i > 0; i--) {
		p[i - 1] = (unsigned char)value;
		value >>= 8;
	}
	return p + size;
}

unsigned char *
wire_put_u8(unsigned char *p, uint8_t value)
{
	return put_integer(p, value, 1);
}

unsigned char *
wire_put_u16(unsigned char *p, uint16_t value)
{
	return put_integer(p, value, 2);
}

unsigned char *
wire_put_u32(unsigned char *p, uint32_t value)
{
	return put_integer(p, value, 4);
}

unsigned char *
wire_put_u64(unsigned char *p, uint64_t value)
{
	return put_integer(p, value, 8);
}

unsigned char *
wire_put_text(unsigned char *p, const void *bytes, size_t len)
{
	p = wire_put_u32(p, (uint32_t)len);
	if (len > 0)
		memcpy(p, bytes, len);
	return p + len;
}

uint32_t
wire_u32_at(const void *bytes)
{
	const unsigned char *p = bytes;

	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}
