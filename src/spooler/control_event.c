/* From the spool's records to JSON. */
#include "control_event.h"

#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

#include "../protocol/fault.h"
#include "../protocol/variable.h"
#include "control_line.h"
#include "spooler.h"

static int
add_attempt(void *context, uint32_t which, const struct attempt *a)
{
	struct json_object *o = json_object_new_object();

	control_add_number(o, "attempt", which);
	control_add_time(o, "started_at", a->started_ms);
	control_add_time(o, "ended_at", a->ended_ms);
	control_add_word(o, "result", run_end_word(a->end));
	json_object_object_add(o, "code", json_object_new_int(a->code));
	if (a->end == RUN_FAILED)
		control_add_word(o, "message", strerror(a->code));
	if (a->end == RUN_NONSENSE)
		control_add_word(o, "message", fault_text(a->code));
	control_add_number(o, "cpu_us", a->cpu_us);
	control_add_number(o, "memory_kib", a->memory_kib);
	control_add_text(o, "stdout", a->out, a->out_len);
	control_add_text(o, "stderr", a->err, a->err_len);
	control_add_number(o, "stdout_bytes", a->out_total);
	control_add_number(o, "stderr_bytes", a->err_total);
	json_object_array_add(context, o);
	return 0;
}

static struct json_object *
delivery_object(const struct control_event *e, const struct spool_delivery *d)
{
	struct json_object *o = json_object_new_object(), *history = json_object_new_array();

	control_add_text(o, "hook", d->hook, strlen(d->hook));
	control_add_word(o, "state", state_word(state_of_delivery(e->spooler, e->number, d)));
	control_add_number(o, "attempts", d->delivery.attempts_all);
	control_add_time(o, "next_at", d->delivery.state == DELIVERY_QUEUED ? d->delivery.next_ms : 0);
	control_add_time(o, "ended_at", d->delivery.ended_ms);
	spool_attempts(e->spooler->spool, e->number, d->hook, &(struct spool_reader){add_attempt, history});
	json_object_object_add(o, "history", history);
	return o;
}

static void
add_details(struct json_object *o, const struct event *event)
{
	struct json_object *env = json_object_new_object();

	control_add_text(o, "address", event->text[EVENT_ADDRESS], event->len[EVENT_ADDRESS]);
	control_add_text(o, "content_type", event->text[EVENT_CONTENT_TYPE], event->len[EVENT_CONTENT_TYPE]);
	control_add_text(o, "lane", event->text[EVENT_LANE], event->len[EVENT_LANE]);
	if (event->secret > 0)
		control_add_number(o, "secret", event->secret);
	if (event->len[EVENT_REASON] > 0)
		control_add_text(o, "reason", event->text[EVENT_REASON], event->len[EVENT_REASON]);
	for (size_t i = 0; i < event->nenv; i++) {
		char name[VARIABLE_NAME_MAX + 1];

		snprintf(name, sizeof name, "%.*s", (int)event->env[i].name_len, event->env[i].name);
		control_add_text(env, name, event->env[i].value, event->env[i].value_len);
	}
	json_object_object_add(o, "env", env);
}

int
control_event_look(struct control_event *e, const struct spooler *spooler, uint64_t number)
{
	e->spooler = spooler;
	e->number = number;
	e->n = spool_deliveries(spooler->spool, number, e->all, SPOOL_DELIVERIES_MAX);
	if (e->n < 0 || spool_event_head(spooler->spool, number, &e->event) != 0)
		return -1;
	e->state = state_of_event(spooler, &(struct state_event){number, &e->event, e->all, e->n});
	return 0;
}

/* The first of its deliveries that are to run, and all their attempts. */
static void
add_sums(struct json_object *o, const struct control_event *e)
{
	uint64_t attempts = 0, next_ms = 0;

	for (int i = 0; i < e->n; i++) {
		const struct delivery *d = &e->all[i].delivery;

		attempts += d->attempts_all;
		if (d->state == DELIVERY_QUEUED && (next_ms == 0 || d->next_ms < next_ms))
			next_ms = d->next_ms;
	}
	control_add_number(o, "attempts", attempts);
	control_add_time(o, "received_at", e->event.received_ms);
	control_add_time(o, "next_at", next_ms);
}

struct json_object *
control_event_row(const struct control_event *e)
{
	struct json_object *o = json_object_new_object();

	control_add_number(o, "number", e->number);
	control_add_text(o, "source", e->event.text[EVENT_SOURCE], e->event.len[EVENT_SOURCE]);
	control_add_text(o, "event", e->event.text[EVENT_TYPE], e->event.len[EVENT_TYPE]);
	control_add_text(o, "id", e->event.text[EVENT_ID], e->event.len[EVENT_ID]);
	control_add_word(o, "state", state_word(e->state));
	add_sums(o, e);
	control_add_number(o, "bytes", e->event.body_len);
	return o;
}

struct json_object *
control_event_full(const struct control_event *e)
{
	struct json_object *o = control_event_row(e), *deliveries = json_object_new_array();

	add_details(o, &e->event);
	for (int i = 0; i < e->n; i++)
		json_object_array_add(deliveries, delivery_object(e, &e->all[i]));
	json_object_object_add(o, "deliveries", deliveries);
	return o;
}
