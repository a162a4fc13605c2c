/* Jumps are few: a machine without a clock of its own has one or two at each start. */
#include "jumps.h"

#include <errno.h>
#include <string.h>

#include "../lib/wire.h"

#define JUMPS_VERSION 1

int64_t
jumps_between(const struct clocks *before, const struct clocks *now)
{
	int64_t by = (int64_t)(now->wall_ms - before->wall_ms) - (int64_t)(now->boot_ms - before->boot_ms);

	return by < JUMP_MIN_MS && by > -JUMP_MIN_MS ? 0 : by;
}

void
jumps_add(struct jumps *jumps, const struct jump *jump)
{
	if (jumps->n == JUMPS_MAX)
		memmove(jumps->all, jumps->all + 1, --jumps->n * sizeof jumps->all[0]);
	jumps->all[jumps->n++] = *jump;
}

static int64_t
moved(int64_t ms, int64_t by)
{
	int64_t sum;

	return __builtin_add_overflow(ms, by, &sum) ? (by > 0 ? INT64_MAX : INT64_MIN) : sum;
}

/* Between two jumps a time may lie before the epoch: a clock that begins there at each start, and is set then, changes nothing in the end. */
uint64_t
jumps_time(const struct jumps *jumps, uint64_t number, uint64_t received_ms)
{
	int64_t ms = received_ms < INT64_MAX ? (int64_t)received_ms : INT64_MAX;

	for (size_t i = 0; i < jumps->n; i++) {
		const struct jump *jump = &jumps->all[i];

		if (number < jump->number && (jump->by_ms > 0 || ms > (int64_t)jump->to_ms))
			ms = moved(ms, jump->by_ms);
	}
	return ms > 0 ? (uint64_t)ms : 0;
}

bool
jumps_forget(struct jumps *jumps, uint64_t first)
{
	size_t old = 0;

	while (old < jumps->n && jumps->all[old].number <= first)
		old++;
	jumps->n -= old;
	memmove(jumps->all, jumps->all + old, jumps->n * sizeof jumps->all[0]);
	return old > 0;
}

size_t
jumps_encode(const struct jumps *jumps, unsigned char *out)
{
	unsigned char *p = wire_put_u8(out, JUMPS_VERSION);

	for (size_t i = 0; i < jumps->n; i++) {
		p = wire_put_u64(p, jumps->all[i].number);
		p = wire_put_u64(p, (uint64_t)jumps->all[i].by_ms);
		p = wire_put_u64(p, jumps->all[i].to_ms);
	}
	return (size_t)(p - out);
}

int
jumps_decode(struct jumps *jumps, const void *bytes, size_t len)
{
	struct wire_reader r;
	uint8_t version;

	jumps->n = 0;
	wire_reader_init(&r, bytes, len);
	version = wire_get_u8(&r);
	if (!r.bad && version != JUMPS_VERSION) {
		errno = ENOTSUP;
		return -1;
	}
	while (!r.bad && r.at < r.end && jumps->n < JUMPS_MAX) {
		struct jump *jump = &jumps->all[jumps->n++];

		jump->number = wire_get_u64(&r);
		jump->by_ms = (int64_t)wire_get_u64(&r);
		jump->to_ms = wire_get_u64(&r);
	}
	if (!r.bad && r.at == r.end)
		return 0;
	jumps->n = 0;
	errno = EPROTO;
	return -1;
}
