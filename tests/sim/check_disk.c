/* From the reference to the rows that must be there, counted, so that there is none besides. */
#include <string.h>

#include "../../src/lib/wire.h"
#include "../../src/spool/generation.h"
#include "../../src/spool/record.h"
#include "../../src/spool/spool.h"
#include "../../src/spool/spool_key.h"
#include "arrive.h"
#include "check.h"
#include "disk.h"
#include "life.h"
#include "presence.h"

/* What a generation must count. */
struct counted {
	uint32_t id;
	uint64_t first, count[COUNTERS];
};

#define GENERATIONS_MAX 64
#define LATE 0

static struct counted counted[GENERATIONS_MAX];
static size_t ncounted;
static size_t rows[STORE_KINDS]; /* that must be there; of packs, which are never changed, none are counted */

static struct spool_key
key_of(uint64_t number, const char *hook)
{
	struct spool_key key = {.len = 0};

	spool_key_u64(&key, number);
	if (hook != NULL)
		spool_key_text(&key, hook, strlen(hook));
	return key;
}

/* The row, which must be there. */
static struct store_bytes
row_of(enum store_kind kind, uint32_t generation, const struct spool_key *key, uint64_t number)
{
	const struct disk_table *table = disk_table(kind, generation);
	const struct disk_row *row = table != NULL ? disk_row(table, spool_key_bytes(key)) : NULL;

	if (row == NULL)
		fail("event %llu: a row of table %d is missing in generation %u", (unsigned long long)number, (int)kind,
		    (unsigned)generation);
	rows[kind]++;
	return disk_value(row);
}

static void
read_generation(uint64_t id, struct store_bytes value)
{
	struct wire_reader r;

	if (ncounted == GENERATIONS_MAX)
		fail("more generations than there is room for");
	wire_reader_init(&r, value.bytes, value.len);
	(void)wire_get_u8(&r);
	counted[ncounted++] = (struct counted){.id = (uint32_t)id, .first = wire_get_u64(&r)};
}

static struct spool_key
record_key(uint64_t id)
{
	struct spool_key key = {.len = 0};

	spool_key_text(&key, "generation", strlen("generation"));
	spool_key_u64(&key, id);
	return key;
}

/* Those that there are: the late one first. */
static void
read_generations(void)
{
	const struct disk_table *meta = disk_table(STORE_META, STORE_ONE);
	struct spool_key from = record_key(1);
	size_t at = disk_place(meta, spool_key_bytes(&from));

	ncounted = 1;
	counted[0] = (struct counted){.id = LATE};
	for (; at < meta->n; at++) {
		struct store_bytes key = disk_key(meta->rows[at]);
		struct wire_reader r;

		if (key.len != from.len || memcmp(key.bytes, from.bytes, from.len - 8) != 0)
			return;
		wire_reader_init(&r, (const unsigned char *)key.bytes + key.len - 8, 8);
		read_generation(wire_get_u64(&r), disk_value(meta->rows[at]));
	}
}

static struct counted *
generation_of_event(uint64_t number, const struct webhook *e)
{
	struct counted *g = &counted[0];

	for (size_t i = 1; i < ncounted && !e->late && counted[i].first <= number; i++)
		g = &counted[i];
	return g;
}

static bool
is_first_of_lane(uint64_t number, const struct webhook *e)
{
	for (size_t i = 0; e->lane != 0 && i < m.nactive && m.active[i] < number; i++)
		if (event_of(m.active[i])->lane == e->lane && event_of(m.active[i])->source == e->source)
			return false;
	return true;
}

static void
check_attempts(uint64_t number, int hook, const struct task *d, uint32_t generation)
{
	uint32_t first = d->attempts_all > SPOOL_ATTEMPTS_KEPT ? d->attempts_all - SPOOL_ATTEMPTS_KEPT + 1 : 1;

	for (uint32_t which = first; which <= d->attempts_all; which++) {
		struct spool_key key = key_of(number, hook_name[hook]);

		spool_key_u64(&key, which);
		row_of(STORE_ATTEMPT, generation, &key, number);
	}
}

static void
check_due(uint64_t number, int hook, const struct task *d)
{
	struct spool_key key = {.len = 0};

	spool_key_text(&key, hook_name[hook], strlen(hook_name[hook]));
	spool_key_u64(&key, d->next_ms);
	spool_key_u64(&key, number);
	row_of(STORE_DUE, STORE_ONE, &key, number);
}

static void
check_delivery(uint64_t number, int hook, struct counted *g)
{
	const struct webhook *e = event_of(number);
	const struct task *mine = &e->d[hook];
	struct spool_key key = key_of(number, hook_name[hook]);
	struct store_bytes value = row_of(STORE_DELIVERY, g->id, &key, number);
	struct delivery theirs;

	if (record_get_delivery(&theirs, value.bytes, value.len) != 0)
		fail("event %llu: %s: no record", (unsigned long long)number, hook_name[hook]);
	if ((int)theirs.state != mine->state || theirs.attempts_all != mine->attempts_all ||
	    (mine->state == DELIVERY_QUEUED && (theirs.next_ms != mine->next_ms || theirs.attempts != mine->attempts)))
		fail("event %llu: %s: state %d, attempts %u of %u, next %llu; not %d, %u of %u, %llu",
		    (unsigned long long)number, hook_name[hook], theirs.state, theirs.attempts, theirs.attempts_all,
		    (unsigned long long)theirs.next_ms, mine->state, mine->attempts, mine->attempts_all,
		    (unsigned long long)mine->next_ms);
	check_attempts(number, hook, mine, g->id);
	if (mine->state == DELIVERY_QUEUED && is_first_of_lane(number, e))
		check_due(number, hook, mine);
	g->count[mine->state - DELIVERY_QUEUED + COUNT_QUEUED]++;
}

static void
check_lane(uint64_t number, const struct webhook *e)
{
	struct spool_key key = {.len = 0};
	char lane[] = "lane0";

	if (e->lane == 0 || !is_active(e))
		return;
	lane[4] = (char)('0' + e->lane);
	spool_key_text(&key, source_name[e->source], 1);
	spool_key_text(&key, lane, strlen(lane));
	spool_key_u64(&key, number);
	row_of(STORE_LANE, STORE_ONE, &key, number);
}

/* In some generation of seen, and its newest owner is this one; of a late event in that of late ones, too. */
static void
check_seen(uint64_t number, const struct webhook *e, const char *bytes, size_t len)
{
	struct spool_key key = {.len = 0};
	bool found = false, found_late = false;

	spool_key_text(&key, source_name[e->source], 1);
	spool_key_text(&key, bytes, len);
	for (size_t i = 0; disk_table_at(i) != NULL; i++) {
		const struct disk_table *table = disk_table_at(i);
		const struct disk_row *row = table->kind == STORE_SEEN ? disk_row(table, spool_key_bytes(&key)) : NULL;
		struct wire_reader r;

		if (row == NULL)
			continue;
		wire_reader_init(&r, disk_value(row).bytes, row->value_len);
		(void)wire_get_u8(&r);
		if (wire_get_u64(&r) != number)
			continue;
		found = true;
		found_late |= table->generation == LATE;
	}
	if (!found || found_late != e->late)
		fail("event %llu: its id is %s", (unsigned long long)number,
		    !found	  ? "not remembered"
			: e->late ? "not among those of late ones"
				  : "among those of late ones");
}

static void
check_body(uint64_t number, const struct webhook *e, uint32_t generation)
{
	struct spool_key key = key_of(number, NULL);
	const struct disk_table *bodies = disk_table(STORE_BODY, generation);
	const struct disk_row *row = disk_row(bodies, spool_key_bytes(&key));
	char *body;
	size_t len = arrive_body(&body, e);

	if (row == NULL)
		return; /* it is in the event's record */
	rows[STORE_BODY]++;
	if (disk_value(row).len != len || memcmp(disk_value(row).bytes, body, len) != 0)
		fail("event %llu: its body is another one", (unsigned long long)number);
}

/* The record in its pack: what is kept of it is what came. */
static void
check_record(uint64_t number, const struct webhook *e)
{
	char *body;
	struct event event;

	if (spool_event(spooler.spool, number, &event) != 0)
		fail("event %llu: it can't be read", (unsigned long long)number);
	if (event.body_len != arrive_body(&body, e) || memcmp(event.body, body, event.body_len) != 0 ||
	    event.received_ms != e->received_ms || (event.kind == EVENT_REJECTED) != e->rejected)
		fail("event %llu: what is there is not what came", (unsigned long long)number);
}

/* That of an unhandled event that was given up. */
static void
check_nothing(uint64_t number, const struct webhook *e, struct counted *g)
{
	const char stands_for[] = {source_name[e->source][0], '/', '\0'};
	struct spool_key key = key_of(number, stands_for);

	row_of(STORE_DELIVERY, g->id, &key, number);
	g->count[COUNT_DROPPED]++;
}

static void
check_event(uint64_t number)
{
	const struct webhook *e = event_of(number);
	struct counted *g = generation_of_event(number, e);
	char bytes[ARRIVE_KEY_MAX];

	check_record(number, e);
	check_body(number, e, g->id);
	if (e->rejected) {
		struct spool_key key = key_of(number, NULL);

		row_of(STORE_REJECTED, STORE_ONE, &key, number);
		g->count[COUNT_REJECTED]++;
		return;
	}
	g->count[COUNT_EVENTS]++;
	g->count[COUNT_UNHANDLED] += e->unhandled;
	for (int h = 0; h < HOOKS; h++)
		if (e->d[h].exists)
			check_delivery(number, h, g);
	if (e->dropped_unhandled)
		check_nothing(number, e, g);
	check_lane(number, e);
	check_seen(number, e, bytes, arrive_key(bytes, e));
	if (e->guard != 0)
		check_seen(number, e, bytes, arrive_guard(bytes, e));
}

/* What its record says it counts is what was counted. */
static void
check_generation(const struct counted *g)
{
	struct spool_key key = record_key(g->id);
	const struct disk_row *row = disk_row(disk_table(STORE_META, STORE_ONE), spool_key_bytes(&key));
	struct wire_reader r;

	if (row == NULL && g->id == LATE)
		return; /* nothing was ever late */
	wire_reader_init(&r, disk_value(row).bytes, row->value_len);
	(void)wire_get_u8(&r);
	for (int i = 0; i < 3; i++)
		(void)wire_get_u64(&r);
	for (int i = 0; i < COUNTERS; i++) {
		uint64_t theirs = wire_get_u64(&r);

		if (theirs != g->count[i])
			fail("generation %u counts %llu of kind %d, not %llu", (unsigned)g->id,
			    (unsigned long long)theirs, i, (unsigned long long)g->count[i]);
	}
}

/* Tables of the generations that there are, and of those that are made or removed, which have nothing of anybody's. */
static void
check_rows(enum store_kind kind)
{
	size_t n = 0;

	for (size_t i = 0; disk_table_at(i) != NULL; i++) {
		const struct disk_table *table = disk_table_at(i);
		bool known = kind >= STORE_LANE;

		for (size_t g = 0; g < ncounted; g++)
			known |= counted[g].id == table->generation;
		n += table->kind == kind && known ? table->n : 0;
	}
	if (n != rows[kind])
		fail("table %d has %zu rows, not %zu", (int)kind, n, rows[kind]);
}

void
check_disk(void)
{
	static const enum store_kind kinds[] = {
	    STORE_BODY, STORE_DELIVERY, STORE_ATTEMPT, STORE_LANE, STORE_DUE, STORE_REJECTED};

	memset(rows, 0, sizeof rows);
	read_generations();
	for (uint64_t number = presence_first(); number <= m.n; number++)
		if (!event_of(number)->gone)
			check_event(number);
	for (size_t g = 0; g < ncounted; g++)
		check_generation(&counted[g]);
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
		check_rows(kinds[i]);
	presence_check();
}
