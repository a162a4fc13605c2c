/* The least key behind another is that with a NUL more. */
#include "walk.h"

#include <errno.h>
#include <string.h>

#include "../../src/lib/wire.h"
#include "wrong.h"

size_t
walk_table(struct store_table *table, void (*row)(void *, const struct walk_row *), void *context)
{
	unsigned char from[STORE_KEY_MAX];
	size_t len = 0, n = 0;
	struct store_entry entry;

	while (store_seek(table, (struct store_bytes){from, len}, &entry) == 0) {
		len = entry.key.len;
		memcpy(from, entry.key.bytes, len);
		from[len++] = '\0';
		row(context, &(struct walk_row){entry.key, entry.value});
		n++;
	}
	if (errno != ENOENT)
		wrong("a table can't be walked: %s", strerror(errno));
	return n;
}

uint64_t
walk_u64(const void *bytes)
{
	return (uint64_t)wire_u32_at(bytes) << 32 | wire_u32_at((const unsigned char *)bytes + 4);
}
