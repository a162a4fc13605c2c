/* Callers' texts are bounded far below a key's size; a longer one is cut, and so finds nothing. */
#include "spool_key.h"

#include <string.h>

#include "../lib/wire.h"

void
spool_key_text(struct spool_key *key, const char *text, size_t len)
{
	if (len > sizeof key->bytes - key->len - 1)
		len = sizeof key->bytes - key->len - 1;
	memcpy(key->bytes + key->len, text, len);
	key->bytes[key->len + len] = '\0';
	key->len += len + 1;
}

void
spool_key_u64(struct spool_key *key, uint64_t value)
{
	if (key->len + 8 <= sizeof key->bytes) {
		wire_put_u64(key->bytes + key->len, value);
		key->len += 8;
	}
}

struct store_bytes
spool_key_bytes(const struct spool_key *key)
{
	return (struct store_bytes){key->bytes, key->len};
}
