/* The counters, and each hook with what holds it up. */
#include "config.h"

#include "control_status.h"

#include <json-c/json.h>
#include <stdio.h>
#include <unistd.h>

#include "../conf/conf.h"
#include "../lib/clock.h"
#include "../spool/spool.h"
#include "binding.h"
#include "schedule.h"
#include "spooler.h"
#include "suspension.h"

#define VANISHED_MAX 100 /* hooks shown that the configuration does not have */

static void
add_text(struct json_object *o, const char *name, const char *text)
{
	json_object_object_add(o, name, json_object_new_string(text));
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

static struct json_object *
hook_object(const struct spooler *spooler, const char *identity)
{
	const struct suspension *s = schedule_suspension(spooler->schedule, identity);
	struct json_object *o = json_object_new_object();

	add_text(o, "hook", identity);
	add_text(o, "state",
	    s == NULL	       ? "not configured"
		: s->by_hand   ? "suspended by the operator"
		: s->suspended ? "suspended"
			       : "open");
	add_number(o, "running", schedule_count(spooler->schedule, identity));
	if (s == NULL)
		return o;
	add_number(o, "failures", s->failures);
	if (s->by_hand || s->suspended)
		add_time(o, "since", s->by_hand ? s->by_hand_ms : s->since_ms);
	if (s->suspended && !s->by_hand)
		add_time(o, "probe_at", s->probe_ms);
	return o;
}

static struct json_object *
hooks_array(struct spooler *spooler)
{
	const struct conf *conf = spooler->conf;
	struct json_object *hooks = json_object_new_array();
	char identity[SPOOL_HOOK_MAX + 1] = "";

	for (size_t i = 0; i < conf->nsources; i++)
		for (size_t j = 0; j < conf->sources[i].nhooks; j++) {
			binding_identity(identity, &conf->sources[i], &conf->sources[i].hooks[j]);
			json_object_array_add(hooks, hook_object(spooler, identity));
		}
	/* Those whose deliveries wait for a retry, or for the hook to come back. */
	identity[0] = '\0';
	for (int i = 0; i < VANISHED_MAX && spool_due_hook(spooler->spool, identity) == 0; i++)
		if (!binding_exists(conf, identity))
			json_object_array_add(hooks, hook_object(spooler, identity));
	return hooks;
}

struct json_object *
control_status(struct spooler *spooler)
{
	const struct spool_counters *c = spool_counters(spooler->spool);
	const struct conf *conf = spooler->conf;
	struct json_object *o = json_object_new_object();

	add_number(o, "pid", (uint64_t)getpid());
	add_text(o, "version", PACKAGE_VERSION);
	add_time(o, "started_at", spooler->started_ms);
	add_text(o, "configuration", conf->file);
	add_text(o, "spool", conf->spool);
	add_number(o, "events", c->events);
	add_number(o, "queued", c->queued - schedule_count(spooler->schedule, NULL));
	add_number(o, "running", schedule_count(spooler->schedule, NULL));
	add_number(o, "done", c->done);
	add_number(o, "dead", c->dead);
	add_number(o, "dropped", c->dropped);
	add_number(o, "unhandled", c->unhandled);
	add_number(o, "rejected", c->rejected);
	add_number(o, "duplicates", c->duplicates);
	add_number(o, "max_queued", conf->max_queued);
	add_number(o, "max_running", conf->max_running);
	json_object_object_add(o, "hooks", hooks_array(spooler));
	return o;
}
