/* Table by table, row by row. */
#include "census.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/lib/wire.h"
#include "../../src/spool/seen_filter.h"
#include "../../src/spool/spool_private.h"
#include "walk.h"
#include "wrong.h"

static struct census_event *
new_event(struct census *census)
{
	if (census->n == census->room) {
		census->room = census->room * 2 + 256;
		if ((census->events = realloc(census->events, census->room * sizeof census->events[0])) == NULL)
			abort();
	}
	memset(&census->events[census->n], 0, sizeof census->events[0]);
	return &census->events[census->n++];
}

struct census_event *
census_find(const struct census *census, uint64_t number)
{
	size_t low = 0, high = census->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (census->events[middle].number < number)
			low = middle + 1;
		else
			high = middle;
	}
	return low < census->n && census->events[low].number == number ? &census->events[low] : NULL;
}

static bool
same_text(const struct event *a, const struct event *b, enum event_text which)
{
	return a->len[which] == b->len[which] && memcmp(a->text[which], b->text[which], a->len[which]) == 0;
}

/* Byte for byte what the client sent. */
static void
compare_event(const struct event *event, uint64_t number, const struct census_load *load)
{
	static struct webhook w;
	int64_t serial = webhook_serial(event);

	if (serial < 0 || serial > load->last)
		wrong("event %llu is one that no client sent", (unsigned long long)number);
	webhook_make(&w, load->seed, (uint32_t)serial);
	for (int i = 0; i < EVENT_TEXTS; i++)
		if (!same_text(event, &w.event, (enum event_text)i))
			wrong("event %llu, w%lld: its text %d is not what the client sent", (unsigned long long)number,
			    (long long)serial, i);
	if (event->kind != w.event.kind || event->body_len != w.event.body_len)
		wrong("event %llu, w%lld: its kind or length is not what the client sent", (unsigned long long)number,
		    (long long)serial);
	for (size_t i = 0; i < event->body_len; i++)
		if (event->body[i] != w.event.body[i])
			wrong("event %llu, w%lld: its body, %zu bytes, is not what the client sent from byte %zu on",
			    (unsigned long long)number, (long long)serial, event->body_len, i);
}

static void
take_event(struct census *census, struct spool *spool, uint64_t number, const struct census_load *load, bool late)
{
	struct census_event *e;
	struct event event;

	if (spool_event(spool, number, &event) != 0)
		wrong("event %llu can't be read: %s", (unsigned long long)number, strerror(errno));
	compare_event(&event, number, load);
	e = new_event(census);
	e->number = number;
	e->serial = (uint32_t)webhook_serial(&event);
	e->kind = event.kind;
	e->late = late;
	e->has_lane = event.len[EVENT_LANE] > 0;
	snprintf(e->source, sizeof e->source, "%.*s", (int)event.len[EVENT_SOURCE], event.text[EVENT_SOURCE]);
	snprintf(e->lane, sizeof e->lane, "%.*s", (int)event.len[EVENT_LANE], event.text[EVENT_LANE]);
}

static void
take_events(struct census *census, struct spool *spool, const struct census_load *load)
{
	struct generations *gs = &spool->generations;

	for (uint64_t number = 0;;) {
		struct generation *g;

		if (spool_next(spool, number + 1, &number) != 0)
			break;
		g = generation_of(gs, number);
		take_event(census, spool, number, load, g == &gs->late);
	}
	if (errno != ENOENT)
		wrong("the table event can't be walked: %s", strerror(errno));
}

struct taking {
	struct census *census;
	const char *table;
	bool late;
};

static struct census_event *
event_of_row(const struct taking *taking, const struct walk_row *row)
{
	struct census_event *e;
	struct wire_reader r;

	wire_reader_init(&r, row->key.bytes, row->key.len);
	e = census_find(taking->census, wire_get_u64(&r));
	if (r.bad || e == NULL || e->late != taking->late)
		wrong("table %s has a row of event %llu, which is not there", taking->table,
		    row->key.len >= 8 ? (unsigned long long)walk_u64(row->key.bytes) : 0);
	return e;
}

static void
take_body(void *argument, const struct walk_row *row)
{
	event_of_row(argument, row);
}

static void
take_delivery(void *argument, const struct walk_row *row)
{
	const struct taking *taking = argument;
	struct census_event *e = event_of_row(taking, row);
	struct census_delivery *d = &e->deliveries[e->n];

	if (e->n == WEBHOOK_HOOKS_MAX || row->key.len - 8 > sizeof d->hook)
		wrong("event %llu has a delivery too much", (unsigned long long)e->number);
	memcpy(d->hook, (const char *)row->key.bytes + 8, row->key.len - 8);
	if (record_get_delivery(&d->delivery, row->value.bytes, row->value.len) != 0)
		wrong("event %llu: the delivery of %s is no record", (unsigned long long)e->number, d->hook);
	e->queued += d->delivery.state == DELIVERY_QUEUED;
	e->n++;
}

static struct census_delivery *
find_delivery(struct census_event *e, const char *hook)
{
	for (int i = 0; i < e->n; i++)
		if (strcmp(e->deliveries[i].hook, hook) == 0)
			return &e->deliveries[i];
	wrong("event %llu has no delivery for %s, which a row is of", (unsigned long long)e->number, hook);
}

static void
take_attempt(void *argument, const struct walk_row *row)
{
	const struct taking *taking = argument;
	struct census_event *e = event_of_row(taking, row);
	struct census_delivery *d = find_delivery(e, (const char *)row->key.bytes + 8);
	uint64_t which = walk_u64((const unsigned char *)row->key.bytes + row->key.len - 8);
	struct attempt attempt;

	if (record_get_attempt(&attempt, row->value.bytes, row->value.len) != 0)
		wrong(
		    "event %llu: attempt %llu is no record", (unsigned long long)e->number, (unsigned long long)which);
	if (which > d->delivery.attempts_all || which + SPOOL_ATTEMPTS_KEPT <= d->delivery.attempts_all)
		wrong("event %llu has attempt %llu for %s, of %u", (unsigned long long)e->number,
		    (unsigned long long)which, d->hook, (unsigned)d->delivery.attempts_all);
	d->attempts++;
}

static void
take_generation(struct census *census, const struct generation *g)
{
	struct taking taking = {census, "body", g->id == FILES_LATE};

	walk_table(g->table[STORE_BODY], take_body, &taking);
	taking.table = "delivery";
	walk_table(g->table[STORE_DELIVERY], take_delivery, &taking);
	taking.table = "attempt";
	walk_table(g->table[STORE_ATTEMPT], take_attempt, &taking);
}

static void
take_key(void *argument, const struct walk_row *row)
{
	const struct taking *taking = argument;
	struct census *census = taking->census;
	struct census_key *key;

	if (census->nkeys == census->keys_room) {
		census->keys_room = census->keys_room * 2 + 1024;
		if ((census->keys = realloc(census->keys, census->keys_room * sizeof census->keys[0])) == NULL)
			abort();
	}
	key = &census->keys[census->nkeys++];
	memset(key, 0, sizeof *key);
	if (row->key.len > sizeof key->key || row->value.len != 9)
		wrong("a row of seen is not of our webhooks");
	key->len = row->key.len;
	memcpy(key->key, row->key.bytes, row->key.len);
	key->number = walk_u64((const unsigned char *)row->value.bytes + 1);
	key->late = taking->late;
}

static int
compare_keys(const void *a, const void *b)
{
	const struct census_key *x = a, *y = b;
	int order = memcmp(x->key, y->key, sizeof x->key);

	return order != 0 ? order : x->late - y->late;
}

static void
take_keys(struct census *census, const struct seen *seen)
{
	struct taking taking = {census, "seen", true};

	walk_table(seen->late, take_key, &taking);
	taking.late = false;
	for (size_t i = 0; i < seen->n; i++) {
		size_t before = census->nkeys;

		walk_table(seen->all[i]->table, take_key, &taking);
		/* What was not committed is counted, too: seen.c. */
		if (census->nkeys - before > seen->all[i]->keys)
			wrong("seen generation %u has %zu keys, and its record says %llu", (unsigned)seen->all[i]->id,
			    census->nkeys - before, (unsigned long long)seen->all[i]->keys);
	}
	if (census->nkeys > 0)
		qsort(census->keys, census->nkeys, sizeof census->keys[0], compare_keys);
}

void
census_take(struct census *census, struct spool *spool, const struct census_load *load)
{
	memset(census, 0, sizeof *census);
	census->next = spool_counters(spool)->next;
	take_events(census, spool, load);
	take_generation(census, &spool->generations.late);
	for (size_t i = 0; i < spool->generations.n; i++)
		take_generation(census, spool->generations.all[i]);
	take_keys(census, &spool->seen);
}

void
census_free(struct census *census)
{
	free(census->events);
	free(census->keys);
}
