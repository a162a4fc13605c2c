/* Putting what a transaction accepts. */
#include "../protocol/event.h"
#include "spool_private.h"

#define SHARE_MAX \
	1000 /* bytes: of 4 KiB a page gives four values their place, with what each needs besides; longer ones lie alone */

/*
 * What came alone is no less on disk for being in a pack: where head and body share a page with others when they are apart, and do not
 * together, the body goes.
 */
static int
take_apart(struct spool *spool, const struct generation *g)
{
	struct store_bytes record = pack_single(&spool->pack);
	size_t head = event_head_len(record.bytes, record.len);
	struct spool_key key;

	if (record.len <= SHARE_MAX || head > SHARE_MAX || record.len == head || record.len - head > SHARE_MAX)
		return 0;
	key.len = 0;
	spool_key_u64(&key, spool->pack.first);
	if (store_put(g->table[STORE_BODY], spool_key_bytes(&key),
		(struct store_bytes){(const unsigned char *)record.bytes + head, record.len - head}) != 0)
		return -1;
	pack_cut_single(&spool->pack, head);
	return 0;
}

int
spool_put_pack(struct spool *spool, const struct generation *g)
{
	if (spool->pack.n == 1 && take_apart(spool, g) != 0)
		return -1;
	return pack_put(&spool->pack, g->table[STORE_EVENT]);
}

int
spool_put_events(struct spool *spool)
{
	return spool_put_pack(spool, generation_newest(&spool->generations));
}
