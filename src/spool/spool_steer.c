/* What an operator has said to hooks, so that it holds after a start, too. */
#include <errno.h>
#include <string.h>

#include "../lib/wire.h"
#include "spool_key.h"
#include "spool_private.h"

#define SUSPENDED_VERSION 1
#define SUSPENDED_SIZE 9

static struct spool_key
suspended_key(const char *hook)
{
	struct spool_key key;

	key.len = 0;
	spool_key_text(&key, "suspended", strlen("suspended"));
	spool_key_text(&key, hook, strlen(hook));
	return key;
}

int
spool_suspend(struct spool *spool, const char *hook, uint64_t since_ms)
{
	struct spool_key key = suspended_key(hook);
	unsigned char value[SUSPENDED_SIZE];

	if (since_ms == 0)
		return store_delete(spool->meta, spool_key_bytes(&key)) == 0 || errno == ENOENT ? 0 : -1;
	wire_put_u64(wire_put_u8(value, SUSPENDED_VERSION), since_ms);
	return store_put(spool->meta, spool_key_bytes(&key), (struct store_bytes){value, sizeof value});
}

int
spool_suspended(struct spool *spool, const char *hook, uint64_t *since_ms)
{
	struct spool_key key = suspended_key(hook);
	struct store_bytes value;
	struct wire_reader r;
	uint8_t version;

	if (store_get(spool->meta, spool_key_bytes(&key), &value) != 0)
		return -1;
	wire_reader_init(&r, value.bytes, value.len);
	version = wire_get_u8(&r);
	*since_ms = wire_get_u64(&r);
	if (!r.bad && r.at == r.end && version == SUSPENDED_VERSION)
		return 0;
	errno = version > SUSPENDED_VERSION ? ENOTSUP : EPROTO;
	return -1;
}
