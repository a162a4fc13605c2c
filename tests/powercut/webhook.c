/* Small ones mostly, as they are, and some that need pages of their own. */
#include "webhook.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LANES 24

/* splitmix64: https://prng.di.unimi.it/splitmix64.c */
uint64_t
webhook_mix(uint64_t x)
{
	x += 0x9e3779b97f4a7c15u;
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
	return x ^ (x >> 31);
}

static void
set_text(struct event *event, enum event_text which, const char *text)
{
	event->text[which] = text;
	event->len[which] = (uint32_t)strlen(text);
}

static size_t
body_size(uint64_t chance)
{
	unsigned of_100 = chance % 100;
	uint64_t more = chance >> 8;

	if (of_100 < 62)
		return 100 + more % 1900;
	if (of_100 < 86)
		return 2000 + more % 14000;
	return of_100 < 97 ? 16000 + more % 44000 : 60000 + more % (WEBHOOK_BODY_MAX - 60000);
}

/* Every sector of it is its own: one that is another's, or an older one, is seen. */
static void
make_body(struct webhook *w, uint64_t chance)
{
	size_t len = body_size(chance);
	int head = snprintf(w->body, sizeof w->body, "{\"id\":\"%s\",\"pad\":\"", w->id);

	for (size_t at = (size_t)head; at < len - 2; at++) {
		if ((at & 15) == 0)
			chance = webhook_mix(chance + at);
		w->body[at] = (char)('a' + (chance >> (at & 15) * 4 & 15));
	}
	memcpy(w->body + len - 2, "\"}", 2);
	w->event.body = w->body;
	w->event.body_len = len;
}

static enum webhook_type
type_of(unsigned of_100)
{
	if (of_100 < 45)
		return WEBHOOK_OK;
	if (of_100 < 57)
		return WEBHOOK_TWO;
	if (of_100 < 67)
		return WEBHOOK_RETRY;
	return of_100 < 73 ? WEBHOOK_DEAD : WEBHOOK_NONE;
}

/* Source "a" has ids and lanes, "b" guards; a rejected one is for neither. */
static void
make_texts(struct webhook *w, uint64_t chance)
{
	static const char *const types[] = {"ok", "two", "retry", "dead", "none"};
	struct event *event = &w->event;
	bool guarded = chance % 4 == 0;
	size_t len = 0;

	for (int i = 0; i < EVENT_TEXTS; i++)
		set_text(event, (enum event_text)i, "");
	snprintf(w->id, sizeof w->id, "w%u", (unsigned)w->serial);
	set_text(event, EVENT_SOURCE, guarded ? "b" : "a");
	set_text(event, EVENT_TYPE, types[w->type]);
	set_text(event, EVENT_ID, w->id);
	set_text(event, EVENT_ADDRESS, "192.0.2.1");
	set_text(event, EVENT_CONTENT_TYPE, "application/json");
	if (event->kind == EVENT_REJECTED) {
		set_text(event, EVENT_REASON, "no field /status");
		return;
	}
	event_key_add(w->key, sizeof w->key, &len, 's', w->id, strlen(w->id));
	event->text[EVENT_KEY] = w->key;
	event->len[EVENT_KEY] = (uint32_t)len;
	if (guarded) {
		len = 0;
		event_key_add(w->guard, sizeof w->guard, &len, EVENT_GUARD_ORIGIN, w->id, strlen(w->id));
		event->text[EVENT_GUARD] = w->guard;
		event->len[EVENT_GUARD] = (uint32_t)len;
	} else if ((chance >> 8) % 2 == 0) {
		snprintf(w->lane, sizeof w->lane, "lane%u", (unsigned)((chance >> 16) % LANES));
		set_text(event, EVENT_LANE, w->lane);
	}
}

void
webhook_make(struct webhook *w, uint64_t seed, uint32_t serial)
{
	uint64_t chance = webhook_mix(seed ^ webhook_mix(serial));

	memset(&w->event, 0, sizeof w->event);
	w->serial = serial;
	w->event.kind = chance % 16 == 0 ? EVENT_REJECTED : EVENT_ACCEPTED;
	w->type = type_of(webhook_mix(chance) % 100);
	make_texts(w, webhook_mix(chance + 1));
	make_body(w, webhook_mix(chance + 2));
}

int64_t
webhook_serial(const struct event *event)
{
	char id[16], again[16];
	unsigned long serial;

	if (event->len[EVENT_ID] >= sizeof id)
		return -1;
	memcpy(id, event->text[EVENT_ID], event->len[EVENT_ID]);
	id[event->len[EVENT_ID]] = '\0';
	serial = id[0] == 'w' ? strtoul(id + 1, NULL, 10) : 0;
	snprintf(again, sizeof again, "w%lu", serial);
	return strcmp(id, again) == 0 && serial <= UINT32_MAX ? (int64_t)serial : -1;
}

int
webhook_hooks(const struct webhook *w, const char *hooks[WEBHOOK_HOOKS_MAX])
{
	static const char *const of[2][WEBHOOK_TYPES][WEBHOOK_HOOKS_MAX] = {
	    {{"a/ok", NULL}, {"a/two", "a/tw*"}, {"a/retry", NULL}, {"a/dead", NULL}, {NULL, NULL}},
	    {{"b/ok", NULL}, {"b/two", "b/tw*"}, {"b/retry", NULL}, {"b/dead", NULL}, {NULL, NULL}}};
	int n = 0;

	if (w->event.kind == EVENT_REJECTED)
		return 0;
	for (; n < WEBHOOK_HOOKS_MAX; n++)
		if ((hooks[n] = of[w->event.text[EVENT_SOURCE][0] == 'b'][w->type][n]) == NULL)
			break;
	return n;
}
