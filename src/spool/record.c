/*
 * Encoding of deliveries and attempts.  What was read from disk is checked like anything else: a record that is not exactly what
 * its version says gives EPROTO, a version of a newer program ENOTSUP.
 */
#include "record.h"

#include <errno.h>

#include "../lib/wire.h"

#define DELIVERY_VERSION 1
#define ATTEMPT_VERSION 1

static int
refuse(int why)
{
	errno = why;
	return -1;
}

void
record_put_delivery(const struct delivery *d, unsigned char *out)
{
	out = wire_put_u8(out, DELIVERY_VERSION);
	out = wire_put_u8(out, (uint8_t)d->state);
	out = wire_put_u32(out, d->attempts);
	out = wire_put_u32(out, d->attempts_all);
	out = wire_put_u64(out, d->next_ms);
	wire_put_u64(out, d->ended_ms);
}

int
record_get_delivery(struct delivery *d, const unsigned char *record, size_t len)
{
	struct wire_reader r;
	uint8_t version, state;

	wire_reader_init(&r, record, len);
	version = wire_get_u8(&r);
	if (!r.bad && version != DELIVERY_VERSION)
		return refuse(ENOTSUP);
	state = wire_get_u8(&r);
	d->attempts = wire_get_u32(&r);
	d->attempts_all = wire_get_u32(&r);
	d->next_ms = wire_get_u64(&r);
	d->ended_ms = wire_get_u64(&r);
	if (r.bad || r.at != r.end || state < DELIVERY_QUEUED || state > DELIVERY_DROPPED)
		return refuse(EPROTO);
	d->state = state;
	return 0;
}

#define ATTEMPT_FIXED (2 + 4 + 6 * 8)

size_t
record_attempt_size(const struct attempt *a)
{
	return ATTEMPT_FIXED + 8 + a->out_len + a->err_len;
}

void
record_put_attempt(const struct attempt *a, unsigned char *out)
{
	out = wire_put_u8(out, ATTEMPT_VERSION);
	out = wire_put_u8(out, (uint8_t)a->end);
	out = wire_put_u32(out, (uint32_t)a->code);
	out = wire_put_u64(out, a->started_ms);
	out = wire_put_u64(out, a->ended_ms);
	out = wire_put_u64(out, a->cpu_us);
	out = wire_put_u64(out, a->memory_kib);
	out = wire_put_u64(out, a->out_total);
	out = wire_put_u64(out, a->err_total);
	out = wire_put_text(out, a->out, a->out_len);
	wire_put_text(out, a->err, a->err_len);
}

int
record_get_attempt(struct attempt *a, const unsigned char *record, size_t len)
{
	struct wire_reader r;
	uint8_t version, end;

	wire_reader_init(&r, record, len);
	version = wire_get_u8(&r);
	if (!r.bad && version != ATTEMPT_VERSION)
		return refuse(ENOTSUP);
	end = wire_get_u8(&r);
	a->code = (int)wire_get_u32(&r);
	a->started_ms = wire_get_u64(&r);
	a->ended_ms = wire_get_u64(&r);
	a->cpu_us = wire_get_u64(&r);
	a->memory_kib = wire_get_u64(&r);
	a->out_total = wire_get_u64(&r);
	a->err_total = wire_get_u64(&r);
	a->out = wire_get_text(&r, RUN_OUTPUT_MAX, &a->out_len);
	a->err = wire_get_text(&r, RUN_OUTPUT_MAX, &a->err_len);
	if (r.bad || r.at != r.end || end < RUN_EXITED || end > RUN_NONSENSE)
		return refuse(EPROTO);
	a->end = end;
	return 0;
}
