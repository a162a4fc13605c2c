/* An event is in the generation that its number says, or among the late ones. */
#include "presence.h"

#include <string.h>

#include "../../src/lib/wire.h"
#include "../../src/spool/spool_key.h"
#include "../model/reference.h"
#include "disk.h"
#include "life.h"

#define LOOK_MS \
	25000 /* between two looks of the spooler at what was kept long enough: the longest stall, and what it takes to see it */

static uint64_t first = 1;

uint64_t
presence_first(void)
{
	return first;
}

uint64_t
presence_oldest(void)
{
	const struct disk_table *meta = disk_table(STORE_META, STORE_ONE);
	struct store_bytes value;
	struct wire_reader r;
	struct spool_key key = {.len = 0};
	size_t at;

	spool_key_text(&key, "generation", strlen("generation"));
	spool_key_u64(&key, 1);
	at = disk_place(meta, spool_key_bytes(&key));
	if (at == meta->n)
		return 0;
	value = disk_value(meta->rows[at]);
	wire_reader_init(&r, value.bytes, value.len);
	(void)wire_get_u8(&r);
	return wire_get_u64(&r);
}

static bool
is_late(uint64_t number)
{
	unsigned char key[10];
	const struct disk_table *late = disk_table(STORE_EVENT, STORE_ONE);

	wire_put_u16(wire_put_u64(key, number), 1);
	return late->n > 0 && disk_row(late, (struct store_bytes){key, sizeof key}) != NULL;
}

static bool
is_kept(uint64_t number)
{
	unsigned char key[8];

	wire_put_u64(key, number);
	return disk_row(disk_table(STORE_REJECTED, STORE_ONE), (struct store_bytes){key, sizeof key}) != NULL;
}

void
presence_look(void)
{
	uint64_t oldest = presence_oldest();

	for (uint64_t number = first; number <= m.n; number++) {
		struct webhook *e = event_of(number);
		bool there;

		if (e->gone)
			goto next;
		if (!e->rejected)
			e->late = is_late(number);
		there = e->rejected ? is_kept(number) : number >= oldest || e->late;
		if (there && e->rejected && number < oldest)
			fail("event %llu is rejected, and its generation has gone", (unsigned long long)number);
		if (there)
			continue;
		if (must_be_there(e))
			fail("event %llu has gone too soon", (unsigned long long)number);
		forget_event(number);
next:
		if (number == first)
			first++;
	}
}

void
presence_check(void)
{
	const uint64_t longer = LONGER_MS(LOOK_MS);

	/* what began before is as long as it took */
	if (m.now_ms < life_forgets_since() + KEEP_MS + longer || m.now_ms < life_slept_at() + KEEP_MS + longer)
		return;
	for (uint64_t number = first; number <= m.n; number++)
		if (!event_of(number)->gone && must_be_gone(event_of(number), longer))
			fail("event %llu%s has not gone after %llu ms, %llu since it ended", (unsigned long long)number,
			    event_of(number)->late ? ", a late one," : "",
			    (unsigned long long)(m.now_ms - event_of(number)->received_ms),
			    (unsigned long long)(m.now_ms - event_of(number)->ended_ms));
}
