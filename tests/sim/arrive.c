/* An id is known for certain, is not, or may be: that depends on what became of its event, and when. */
#include "arrive.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/lib/wire.h"
#include "disk.h"
#include "ledger.h"
#include "life.h"
#include "memory.h"
#include "presence.h"
#include "sim.h"

#define ARRIVALS_MAX 64
#define LONG_BODY 9000 /* more than lies together with its head */
#define MIDDLE_BODY 900
#define MAX_ACTIVE 40 /* events with something to run; beyond it come only some */
#define REPEATED 4000 /* ids that senders may repeat */

unsigned long arrived[SUBMIT_UNFIT + 1], renewed;

static struct arrival arrivals[ARRIVALS_MAX];
static uint64_t last_id, *owner, owner_room, *guard_owner, guard_room;

void
arrive_id(char text[ARRIVE_TEXT], uint64_t id)
{
	snprintf(text, ARRIVE_TEXT, "i%llu", (unsigned long long)id);
}

size_t
arrive_body(char **body, const struct webhook *said)
{
	static char bytes[LONG_BODY];
	size_t len = said->id % 13 == 0 ? LONG_BODY : said->id % 5 == 0 ? MIDDLE_BODY : said->id % 3;

	memset(bytes, (int)('a' + said->id % 26), len);
	*body = bytes;
	return len;
}

size_t
arrive_key(char *key, const struct webhook *said)
{
	char text[ARRIVE_TEXT];
	size_t len = 0;

	arrive_id(text, said->id);
	event_key_add(key, ARRIVE_KEY_MAX, &len, 's', text, strlen(text));
	return len;
}

size_t
arrive_guard(char *key, const struct webhook *said)
{
	char text[ARRIVE_TEXT];
	size_t len = 0;

	if (said->guard == 0)
		return 0;
	arrive_id(text, said->guard);
	event_key_add(key, ARRIVE_KEY_MAX, &len, EVENT_GUARD_ORIGIN, text, strlen(text));
	return len;
}

static void
own(uint64_t **all, uint64_t *room, uint64_t id, uint64_t number)
{
	if (id >= *room) {
		*all = enlarge(*all, (id + 4096) * sizeof **all);
		memset(*all + *room, 0, (id + 4096 - *room) * sizeof **all);
		*room = id + 4096;
	}
	(*all)[id] = number;
}

uint64_t
arrive_owner(const struct webhook *said)
{
	return said->id < owner_room ? owner[said->id] : 0;
}

uint64_t
arrive_guard_owner(const struct webhook *said)
{
	return said->guard != 0 && said->guard < guard_room ? guard_owner[said->guard] : 0;
}

static void
set_text(struct event *event, enum event_text which, const char *text, size_t len)
{
	event->text[which] = text;
	event->len[which] = (uint32_t)len;
}

/* The claim as a responder makes it; NAME is the source's, which may be none. */
static void
encode(struct arrival *a, const char *name, bool fits)
{
	char id[ARRIVE_TEXT], key[ARRIVE_KEY_MAX], guard[ARRIVE_KEY_MAX], lane[ARRIVE_TEXT] = "", *body;
	struct event event = {.kind = a->said.rejected ? EVENT_REJECTED : EVENT_ACCEPTED};
	size_t head;

	for (int i = 0; i < EVENT_TEXTS; i++)
		set_text(&event, (enum event_text)i, "", 0);
	arrive_id(id, a->said.id);
	if (a->said.lane > 0)
		snprintf(lane, sizeof lane, "lane%d", a->said.lane);
	set_text(&event, EVENT_SOURCE, name, strlen(name));
	set_text(&event, EVENT_TYPE, type_name[a->said.type], fits ? 1 : 0);
	set_text(&event, EVENT_ID, id, strlen(id));
	set_text(&event, EVENT_KEY, key, arrive_key(key, &a->said));
	set_text(&event, EVENT_GUARD, guard, arrive_guard(guard, &a->said));
	set_text(&event, EVENT_LANE, lane, strlen(lane));
	set_text(&event, EVENT_CONTENT_TYPE, "application/json", strlen("application/json"));
	event.body_len = arrive_body(&body, &a->said);
	head = event_head_size(&event);
	a->len = head + event.body_len;
	a->record = malloc(a->len);
	event_encode_head(&event, a->record);
	memcpy(a->record + head, body, event.body_len);
}

/* Whether OWNER's id or guard is known: 1 for certain, 0 certainly not, -1: it may be. */
static int
is_known(uint64_t number)
{
	const struct webhook *e;
	uint64_t age, dedup_ms = spooler.conf->dedup_ms, longer = dedup_ms / 8 + 60000;

	if (number == 0)
		return 0;
	e = event_of(number);
	age = m.now_ms - e->received_ms;
	if (!e->gone || age <= dedup_ms)
		return 1;
	return age > dedup_ms + KEEP_MS + longer && m.now_ms - e->ended_ms > 2 * KEEP_MS + dedup_ms &&
		m.now_ms > life_forgets_since() + longer && m.now_ms > life_slept_at() + dedup_ms + longer
	    ? 0
	    : -1;
}

static enum submit_ack
readiness(const struct arrival *a)
{
	uint64_t queued = m.counts[1] + (uint64_t)ledger_queued();

	if (!life_saw_free())
		return SUBMIT_DISK;
	return a->hooks > 0 && queued >= spooler.conf->max_queued ? SUBMIT_BUSY : SUBMIT_READY;
}

/* What the ack must be, and for which event. */
static void
expect_duplicate(struct arrival *a)
{
	const struct arrival *same = ledger_with_guard(&a->said);
	uint64_t by_guard = arrive_guard_owner(&a->said), by_id = arrive_owner(&a->said);
	uint64_t number = same != NULL ? same->number : is_known(by_guard) == 1 ? by_guard : 0;

	if (number == 0) {
		same = ledger_with_id(&a->said);
		number = same != NULL ? same->number : is_known(by_id) == 1 ? by_id : 0;
	}
	if (number == 0)
		return;
	a->expected = SUBMIT_DUPLICATE;
	a->number = number;
}

static void
expect(struct arrival *a)
{
	enum submit_ack ready;

	a->hooks = 0;
	for (int h = 0; h < HOOKS && !a->said.rejected; h++)
		a->hooks += hook_takes(m.form, h, a->said.source, a->said.type);
	ready = readiness(a);
	if (a->expected == SUBMIT_UNKNOWN || a->expected == SUBMIT_UNFIT || a->expected == SUBMIT_INVALID)
		return;
	a->number = 0;
	a->expected = ready;
	if (ready != SUBMIT_READY)
		return;
	a->number = m.n + ledger_stored() + 1;
	a->expected = a->said.rejected ? SUBMIT_KEPT : SUBMIT_STORED;
	if (!a->said.rejected)
		expect_duplicate(a);
}

/* What was forgotten or not is the spooler's choice: it may be a duplicate of either. */
static bool
may_be(struct arrival *a)
{
	const struct admitted *said = &a->admitted;
	uint64_t by_guard = arrive_guard_owner(&a->said), by_id = arrive_owner(&a->said);

	if (a->expected != SUBMIT_STORED && a->expected != SUBMIT_DUPLICATE)
		return false;
	if (said->ack != SUBMIT_DUPLICATE ||
	    ((said->number != by_guard || is_known(by_guard) != -1) &&
		(said->number != by_id || is_known(by_id) != -1)))
		return false;
	a->expected = SUBMIT_DUPLICATE;
	a->number = said->number;
	return true;
}

static int
arrival_store(struct batch_item *item)
{
	struct arrival *a = (struct arrival *)item;

	expect(a);
	if (admit(&spooler, a->record, a->len, &a->admitted) != 0)
		return -1;
	if ((a->admitted.ack != a->expected || a->admitted.number != a->number) && !may_be(a))
		fail("id %llu: the ack is %d of event %llu, not %d of event %llu", (unsigned long long)a->said.id,
		    a->admitted.ack, (unsigned long long)a->admitted.number, a->expected,
		    (unsigned long long)a->number);
	ledger_arrival(a);
	return 0;
}

void
arrival_happens(struct arrival *a)
{
	a->durable = true;
	if (a->expected != SUBMIT_STORED && a->expected != SUBMIT_KEPT)
		return;
	renewed += a->expected == SUBMIT_STORED && arrive_owner(&a->said) != 0;
	add_webhook(a->number, &a->said);
	if (a->said.rejected) {
		for (uint64_t number = presence_first(); m.rejected > MAX_REJECTED; number++)
			if (event_of(number)->rejected && !event_of(number)->gone)
				forget_event(number);
		return;
	}
	own(&owner, &owner_room, a->said.id, a->number);
	if (a->said.guard != 0)
		own(&guard_owner, &guard_room, a->said.guard, a->number);
}

static void
arrival_free(struct arrival *a)
{
	free(a->record);
	*a = (struct arrival){.used = false};
}

static void
arrival_finish(struct batch_item *item, bool committed)
{
	struct arrival *a = (struct arrival *)item;

	if (committed != a->durable)
		fail("id %llu: told that it is %son disk, and it is %s", (unsigned long long)a->said.id,
		    committed ? "" : "not ", a->durable ? "" : "not");
	if (disk_is_broken())
		fail("id %llu: told while the disk is broken", (unsigned long long)a->said.id);
	sim_trace(a->number);
	arrived[committed ? a->admitted.ack : 0]++;
	arrival_free(a);
	/* The client had more: it joins while the group is being told. */
	if (sim_any(4) == 0)
		arrive();
}

/* What a responder sends: new, repeated, with the body of another one, to nobody, or not as it should. */
static void
choose(struct arrival *a)
{
	uint32_t dice = sim_any(100);
	bool again = last_id > 0 && dice < 25;
	uint64_t back = sim_any((uint32_t)(last_id < REPEATED ? last_id : dice < 5 ? REPEATED : 10) + 1);

	a->said = (struct webhook){.id = again && back < last_id ? last_id - back : ++last_id,
	    .rejected = dice >= 90 && dice < 95,
	    .lane = (int)sim_any(6)};
	a->said.source = a->said.id % 4 == 0 ? SOURCE_T : SOURCE_S; /* an id is one source's */
	a->said.type = sim_any(3) == 0 ? TYPE_Y : TYPE_X;
	if (a->said.source == SOURCE_T && !a->said.rejected)
		a->said.guard = sim_any(10) == 0 && a->said.id > 40 ? a->said.id - 4 * sim_any(10) : a->said.id;
	a->expected = dice == 95 ? SUBMIT_UNKNOWN
	    : dice == 96	 ? SUBMIT_UNFIT
	    : dice == 97	 ? SUBMIT_INVALID
				 : SUBMIT_READY;
}

static struct arrival *
unused(void)
{
	for (size_t i = 0; i < ARRIVALS_MAX; i++)
		if (!arrivals[i].used)
			return &arrivals[i];
	return NULL;
}

void
arrive(void)
{
	struct arrival *a = unused();

	if (a == NULL || (m.nactive > MAX_ACTIVE && sim_any(8) > 0))
		return;
	choose(a);
	a->used = true;
	a->item = (struct batch_item){.store = arrival_store, .finish = arrival_finish};
	encode(a, a->expected == SUBMIT_UNKNOWN ? "u" : source_name[a->said.source],
	    a->expected != SUBMIT_UNFIT || a->said.rejected);
	if (a->expected == SUBMIT_UNFIT && a->said.rejected)
		a->expected = SUBMIT_READY;
	if (a->expected == SUBMIT_INVALID)
		a->len = EVENT_TEXTS;
	batch_join(spooler.batch, &a->item);
}

void
arrivals_leave(void)
{
	for (size_t i = 0; i < ARRIVALS_MAX; i++)
		if (arrivals[i].used)
			arrival_free(&arrivals[i]);
}

void
arrivals_crash(void)
{
	memset(arrivals, 0, sizeof arrivals);
}

bool
arrivals_are_over(void)
{
	for (size_t i = 0; i < ARRIVALS_MAX; i++)
		if (arrivals[i].used)
			return false;
	return true;
}
