/* All verbs are in one table. */
#include "control_verb.h"

#include <event2/bufferevent.h>
#include <json-c/json.h>
#include <stddef.h>
#include <string.h>

#include "control_line.h"
#include "control_look.h"
#include "control_repair.h"
#include "control_status.h"
#include "control_steer.h"

struct verb {
	const char *name;
	void (*answer)(const struct control_request *);
	const char *needs; /* a text that must be among its members, or NULL */
};

static const struct verb verbs[] = {
    {"list", control_list, NULL},
    {"show", control_show, NULL},
    {"body", control_body, NULL},
    {"follow", control_follow, NULL},
    {"tail", control_tail, NULL},
    {"status", control_status, NULL},
    {"retry", control_retry, NULL},
    {"drop", control_drop, NULL},
    {"suspend", control_suspend, "hook"},
    {"resume", control_resume, "hook"},
    {"pause", control_pause, NULL},
    {"continue", control_continue, NULL},
    {"reload", control_reload, NULL},
    {"check", control_check, NULL},
};

static const struct verb *
verb_named(const char *name)
{
	for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++)
		if (strcmp(verbs[i].name, name) == 0)
			return &verbs[i];
	return NULL;
}

void
control_answer(struct spooler *spooler, const char *line, struct bufferevent *client)
{
	struct control_request r = {.spooler = spooler,
	    .client = client,
	    .out = bufferevent_get_output(client),
	    .json = json_tokener_parse(line)};
	const char *name = json_object_is_type(r.json, json_type_object) ? control_string(r.json, "verb") : NULL;
	const struct verb *verb = name != NULL ? verb_named(name) : NULL;

	if (name == NULL) {
		control_put_error(r.out, "bad-request", "not a request");
	} else if (verb == NULL) {
		control_put_error(r.out, "bad-request", "no such verb");
	} else if (verb->needs != NULL && control_string(r.json, verb->needs) == NULL) {
		control_put_missing(r.out, verb->needs);
	} else {
		r.number = control_number(r.json, "number", 0);
		verb->answer(&r);
	}
	json_object_put(r.json);
}
