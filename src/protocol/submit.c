#include "submit.h"

#include "../lib/wire.h"

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
