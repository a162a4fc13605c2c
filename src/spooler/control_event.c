/* From the spool's records to JSON.  A hook's output and headers may be any bytes: they are made visible, so that the JSON is valid. */
#include "control_event.h"

#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../conf/conf.h"
#include "../lib/clock.h"
#include "../lib/glob.h"
#include "../lib/log.h"
#include "../protocol/fault.h"
#include "../spool/spool.h"
#include "binding.h"
#include "operate.h"
#include "schedule.h"
#include "spooler.h"

static void
add_text(struct json_object *o, const char *name, const char *bytes, size_t len)
{
	size_t size = 4 * len + 1;
	char *visible = malloc(size);

	if (visible == NULL)
		return;
	json_object_object_add(o, name, json_object_new_string(log_visible(visible, size, bytes, len)));
	free(visible);
}

static void
add_number(struct json_object *o, const char *name, uint64_t value)
{
	json_object_object_add(o, name, json_object_new_uint64(value));
}

static void
add_time(struct json_object *o, const char *name, uint64_t ms)
{
	char text[CLOCK_TEXT_SIZE];

	json_object_object_add(o, name, ms != 0 && clock_text(text, ms) > 0 ? json_object_new_string(text) : NULL);
}

/* One of several deliveries stands for the event: the last of them here, which needs attention first. */
static unsigned
attention(const char *state)
{
	static const char *const states[] = {"done", "dropped", "queued", "unhandled", "running", "dead"};
	unsigned i = 0;

	while (strcmp(states[i], state) != 0)
		i++;
	return i;
}

static int
add_attempt(void *context, uint32_t which, const struct attempt *a)
{
	struct json_object *o = json_object_new_object();

	add_number(o, "attempt", which);
	add_time(o, "started_at", a->started_ms);
	add_time(o, "ended_at", a->ended_ms);
	json_object_object_add(o, "result", json_object_new_string(run_end_word(a->end)));
	json_object_object_add(o, "code", json_object_new_int(a->code));
	if (a->end == RUN_FAILED)
		json_object_object_add(o, "message", json_object_new_string(strerror(a->code)));
	if (a->end == RUN_NONSENSE)
		json_object_object_add(o, "message", json_object_new_string(fault_text(a->code)));
	add_number(o, "cpu_us", a->cpu_us);
	add_number(o, "memory_kib", a->memory_kib);
	add_text(o, "stdout", a->out, a->out_len);
	add_text(o, "stderr", a->err, a->err_len);
	add_number(o, "stdout_bytes", a->out_total);
	add_number(o, "stderr_bytes", a->err_total);
	json_object_array_add(context, o);
	return 0;
}

static struct json_object *
delivery_object(struct spooler *spooler, uint64_t number, const struct spool_delivery *d)
{
	struct json_object *o = json_object_new_object(), *history = json_object_new_array();

	add_text(o, "hook", d->hook, strlen(d->hook));
	json_object_object_add(o, "state", json_object_new_string(operate_state(spooler, number, d)));
	add_number(o, "attempts", d->delivery.attempts_all);
	add_time(o, "next_at", d->delivery.state == DELIVERY_QUEUED ? d->delivery.next_ms : 0);
	add_time(o, "ended_at", d->delivery.ended_ms);
	spool_attempts(spooler->spool, number, d->hook, add_attempt, history);
	json_object_object_add(o, "history", history);
	return o;
}

struct summary {
	const char *state;
	uint64_t attempts, next_ms;
};

static struct summary
summarise(
    const struct spooler *spooler, uint64_t number, const struct event *event, const struct spool_delivery *all, int n)
{
	struct summary s = {n == 0 ? "unhandled" : "done", 0, 0};

	if (event->kind == EVENT_REJECTED)
		s.state = "rejected";
	for (int i = 0; i < n; i++) {
		const char *one = operate_state(spooler, number, &all[i]);

		if (attention(one) > attention(s.state))
			s.state = one;
		s.attempts += all[i].delivery.attempts_all;
		if (all[i].delivery.state == DELIVERY_QUEUED && (s.next_ms == 0 || all[i].delivery.next_ms < s.next_ms))
			s.next_ms = all[i].delivery.next_ms;
	}
	return s;
}

static bool
matches(const struct event_filter *filter, const struct event *event, const char *state)
{
	char type[EVENT_TYPE_MAX + 1];

	if (filter == NULL)
		return true;
	if (filter->source != NULL &&
	    (strlen(filter->source) != event->len[EVENT_SOURCE] ||
		memcmp(filter->source, event->text[EVENT_SOURCE], event->len[EVENT_SOURCE]) != 0))
		return false;
	if (filter->secret != 0 && filter->secret != event->secret)
		return false;
	memcpy(type, event->text[EVENT_TYPE], event->len[EVENT_TYPE]);
	type[event->len[EVENT_TYPE]] = '\0';
	return (filter->event == NULL || glob_match(filter->event, type)) &&
	    (filter->state == NULL || strcmp(filter->state, state) == 0);
}

static void
add_details(struct json_object *o, const struct event *event)
{
	struct json_object *env = json_object_new_object();

	add_text(o, "address", event->text[EVENT_ADDRESS], event->len[EVENT_ADDRESS]);
	add_text(o, "content_type", event->text[EVENT_CONTENT_TYPE], event->len[EVENT_CONTENT_TYPE]);
	add_text(o, "lane", event->text[EVENT_LANE], event->len[EVENT_LANE]);
	if (event->secret > 0)
		add_number(o, "secret", event->secret);
	if (event->len[EVENT_REASON] > 0)
		add_text(o, "reason", event->text[EVENT_REASON], event->len[EVENT_REASON]);
	for (size_t i = 0; i < event->nenv; i++) {
		char name[65];

		snprintf(name, sizeof name, "%.*s", (int)event->env[i].name_len, event->env[i].name);
		add_text(env, name, event->env[i].value, event->env[i].value_len);
	}
	json_object_object_add(o, "env", env);
}

struct json_object *
control_event(struct spooler *spooler, uint64_t number, const struct event_filter *filter, bool full)
{
	struct spool_delivery all[SPOOL_DELIVERIES_MAX];
	int n = spool_deliveries(spooler->spool, number, all, SPOOL_DELIVERIES_MAX);
	struct json_object *o, *deliveries;
	struct summary s;
	struct event event;

	if (n < 0 || spool_event_head(spooler->spool, number, &event) != 0)
		return NULL;
	s = summarise(spooler, number, &event, all, n);
	if (event.kind == EVENT_EXPIRED || !matches(filter, &event, s.state)) {
		errno = ENOENT;
		return NULL;
	}
	o = json_object_new_object();
	add_number(o, "number", number);
	add_text(o, "source", event.text[EVENT_SOURCE], event.len[EVENT_SOURCE]);
	add_text(o, "event", event.text[EVENT_TYPE], event.len[EVENT_TYPE]);
	add_text(o, "id", event.text[EVENT_ID], event.len[EVENT_ID]);
	json_object_object_add(o, "state", json_object_new_string(s.state));
	add_number(o, "attempts", s.attempts);
	add_time(o, "received_at", event.received_ms);
	add_time(o, "next_at", s.next_ms);
	add_number(o, "bytes", event.body_len);
	if (!full)
		return o;
	add_details(o, &event);
	deliveries = json_object_new_array();
	for (int i = 0; i < n; i++)
		json_object_array_add(deliveries, delivery_object(spooler, number, &all[i]));
	json_object_object_add(o, "deliveries", deliveries);
	return o;
}
