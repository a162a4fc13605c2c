/* The counters, and each hook with what holds it up. */
#include "config.h"

#include "control_status.h"

#include <json-c/json.h>
#include <unistd.h>

#include "../conf/conf.h"
#include "../spool/spool.h"
#include "binding.h"
#include "control_line.h"
#include "schedule.h"
#include "spooler.h"
#include "suspension.h"

#define VANISHED_MAX 100 /* hooks shown that the configuration does not have */

static struct json_object *
hook_object(const struct spooler *spooler, const char *identity)
{
	const struct suspension *s = schedule_suspension(spooler->schedule, identity);
	struct json_object *o = json_object_new_object();

	control_add_word(o, "hook", identity);
	control_add_word(o, "state",
	    s == NULL	       ? "not configured"
		: s->by_hand   ? "suspended by the operator"
		: s->suspended ? "suspended"
			       : "open");
	control_add_number(o, "running", schedule_count(spooler->schedule, identity));
	if (s == NULL)
		return o;
	control_add_number(o, "failures", s->failures);
	if (s->by_hand || s->suspended)
		control_add_time(o, "since", s->by_hand ? s->by_hand_ms : s->since_ms);
	if (s->suspended && !s->by_hand)
		control_add_time(o, "probe_at", s->probe_ms);
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

void
control_status(const struct control_request *r)
{
	struct spooler *spooler = r->spooler;
	const struct spool_counters *c = spool_counters(spooler->spool);
	const struct conf *conf = spooler->conf;
	struct json_object *o = json_object_new_object();

	control_add_number(o, "pid", (uint64_t)getpid());
	control_add_word(o, "version", PACKAGE_VERSION);
	control_add_time(o, "started_at", spooler->started_ms);
	control_add_word(o, "configuration", conf->file);
	control_add_word(o, "spool", conf->spool);
	control_add_word(o, "pages", spool_protection(spooler->spool));
	control_add_number(o, "events", c->events);
	control_add_number(o, "queued", c->queued - schedule_count(spooler->schedule, NULL));
	control_add_number(o, "running", schedule_count(spooler->schedule, NULL));
	control_add_number(o, "done", c->done);
	control_add_number(o, "dead", c->dead);
	control_add_number(o, "dropped", c->dropped);
	control_add_number(o, "unhandled", c->unhandled);
	control_add_number(o, "rejected", c->rejected);
	control_add_number(o, "duplicates", c->duplicates);
	control_add_number(o, "max_queued", conf->max_queued);
	control_add_number(o, "max_running", conf->max_running);
	control_add_time(o, "paused_since", schedule_paused(spooler->schedule));
	json_object_object_add(o, "hooks", hooks_array(spooler));
	control_put(r->out, o);
	control_put_end(r->out);
}
