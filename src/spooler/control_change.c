/* From requests to operations, and from what became of them to answers. */
#include "control_change.h"

#include <errno.h>
#include <event2/buffer.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "../conf/conf.h"
#include "control_event.h"
#include "control_line.h"
#include "operate.h"
#include "reload.h"
#include "spooler.h"
#include "state.h"

/* One page of a change of many events: the client asks again with "from", until it is null. */
static void
change_many(
    struct spooler *spooler, const struct operation *operation, struct json_object *request, struct evbuffer *out)
{
	uint64_t from = control_number(request, "from", 1);
	int changed = operate_events(spooler, operation, &from);
	struct json_object *end;

	if (changed < 0) {
		control_put_errno(out, "event");
		return;
	}
	end = json_object_new_object();
	json_object_object_add(end, "end", json_object_new_boolean(1));
	json_object_object_add(end, "changed", json_object_new_int(changed));
	json_object_object_add(end, "next", from != 0 ? json_object_new_uint64(from) : NULL);
	control_put(out, end);
}

static void
change_one(struct spooler *spooler, const struct operation *operation, uint64_t number, struct evbuffer *out)
{
	struct control_event event;
	int changed = operate_event(spooler, operation, number);

	if (changed < 0 && errno == EBUSY)
		control_put_error(
		    out, "running", "a hook of this event is running; wait for it, or name another one with --hook");
	else if (changed < 0 && errno == EINVAL)
		control_put_error(out, "bad-request", "the event was rejected: it is kept for debugging only");
	else if (changed == 0 && operation->verb == OPERATE_DROP)
		control_put_error(out, "bad-request", "there is nothing to drop: what is done or dropped stays so");
	else if (changed == 0 && operation->hook != NULL)
		control_put_error(out, "not-found", "the event has no such delivery to run again");
	else if (changed < 0 || control_event_look(&event, spooler, number) != 0)
		control_put_errno(out, "event");
	else {
		control_put(out, control_event_row(&event));
		control_put_end(out);
	}
}

static bool
can_be_meant(enum event_state state)
{
	return state == STATE_ANY || state == STATE_DEAD || state == STATE_UNHANDLED || state == STATE_QUEUED ||
	    state == STATE_DROPPED;
}

static void
change(struct spooler *spooler, enum operate_verb verb, struct json_object *request, struct evbuffer *out)
{
	const struct operation operation = {
	    .verb = verb,
	    .events = {control_string(request, "source"), control_string(request, "event"), 0},
	    .hook = control_string(request, "hook"),
	    .state = state_of_word(control_string(request, "state")),
	    .force = control_flag(request, "force"),
	};
	uint64_t number = control_number(request, "number", 0);

	if (!can_be_meant(operation.state))
		control_put_error(out, "bad-request", "the state is dead, unhandled, queued or dropped");
	else if (number != 0)
		change_one(spooler, &operation, number, out);
	else if (operation.state != STATE_ANY)
		change_many(spooler, &operation, request, out);
	else
		control_put_error(out, "bad-request", "which event, or all in which state?");
}

void
control_retry(struct spooler *spooler, struct json_object *request, struct evbuffer *out)
{
	change(spooler, OPERATE_RETRY, request, out);
}

void
control_drop(struct spooler *spooler, struct json_object *request, struct evbuffer *out)
{
	change(spooler, OPERATE_DROP, request, out);
}

static void
steer(int (*how)(struct spooler *, const char *), struct spooler *spooler, struct json_object *request,
    struct evbuffer *out)
{
	const char *hook = control_string(request, "hook");

	if (hook == NULL)
		control_put_error(out, "bad-request", "which hook?");
	else if (how(spooler, hook) != 0)
		control_put_errno(out, "hook");
	else
		control_put_end(out);
}

void
control_suspend(struct spooler *spooler, struct json_object *request, struct evbuffer *out)
{
	steer(operate_suspend, spooler, request, out);
}

void
control_resume(struct spooler *spooler, struct json_object *request, struct evbuffer *out)
{
	steer(operate_resume, spooler, request, out);
}

void
control_reload(struct spooler *spooler, struct json_object *request, struct evbuffer *out)
{
	char *why = reload(spooler);

	(void)request;
	if (why == NULL)
		control_put_end(out);
	else
		control_put_error(out, "refused", why);
	free(why);
}

/* By their real paths: the command may have been given another name for it. */
static bool
is_ours(const struct spooler *spooler, const char *file)
{
	char *ours = realpath(spooler->conf->file, NULL);
	bool same = file != NULL && ours != NULL && strcmp(file, ours) == 0;

	free(ours);
	return same;
}

void
control_check(struct spooler *spooler, struct json_object *request, struct evbuffer *out)
{
	char *why = NULL;

	if (!is_ours(spooler, control_string(request, "file")))
		control_put_error(out, "other-file", "hookspoold runs with another configuration file");
	else if ((why = reload_check(spooler)) != NULL)
		control_put_error(out, "refused", why);
	else
		control_put_end(out);
	free(why);
}
