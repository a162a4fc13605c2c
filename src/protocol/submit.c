/* Writing frames; each end reads those that it gets with lib/wire.h. */
#include "submit.h"

#include "../lib/wire.h"

const char *
submit_ack_word(enum submit_ack ack)
{
	static const char *const words[] = {
	    [SUBMIT_STORED] = "stored",
	    [SUBMIT_DUPLICATE] = "duplicate",
	    [SUBMIT_KEPT] = "kept as rejected",
	    [SUBMIT_BUSY] = "busy",
	    [SUBMIT_DISK] = "disk",
	    [SUBMIT_UNKNOWN] = "unknown source",
	    [SUBMIT_INVALID] = "invalid",
	    [SUBMIT_READY] = "ready",
	    [SUBMIT_UNFIT] = "unfit",
	};

	return ack < sizeof words / sizeof words[0] && words[ack] != NULL ? words[ack] : "no ack";
}

void
submit_put_hello(unsigned char *out)
{
	out = wire_put_u32(out, SUBMIT_HELLO_SIZE - 4);
	out = wire_put_u8(out, SUBMIT_HELLO);
	out = wire_put_u32(out, SUBMIT_MAGIC);
	wire_put_u16(out, SUBMIT_VERSION);
}

void
submit_put_ack(unsigned char *out, uint64_t sequence, enum submit_ack ack, uint64_t number)
{
	out = wire_put_u32(out, SUBMIT_ACK_SIZE - 4);
	out = wire_put_u8(out, SUBMIT_ACK);
	out = wire_put_u64(out, sequence);
	out = wire_put_u8(out, (uint8_t)ack);
	wire_put_u64(out, number);
}

void
submit_put_webhook(unsigned char *out, uint64_t sequence, size_t record_len)
{
	out = wire_put_u32(out, (uint32_t)(SUBMIT_WEBHOOK_SIZE - 4 + record_len));
	out = wire_put_u8(out, SUBMIT_WEBHOOK);
	wire_put_u64(out, sequence);
}
