/*
 * The control socket.  A page of a long list at a time, so that the loop and its memory stay with the webhooks; a client that does
 * not read its answers, or sends nothing for long, is hung up on.
 */
#include "control.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <json-c/json.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../lib/log_flood.h"
#include "../protocol/event.h"
#include "../spool/spool.h"
#include "control_change.h"
#include "control_event.h"
#include "control_line.h"
#include "control_status.h"
#include "event_filter.h"
#include "followers.h"
#include "schedule.h"
#include "spooler.h"
#include "state.h"

#define OPERATORS_MAX 32
#define IDLE_SECONDS 60
#define LOOKED_MAX 2000 /* events looked at for one page */

struct control {
	struct spooler *spooler;
	int socket;
	struct event *ready;
	struct bufferevent *operators[OPERATORS_MAX];
	size_t n;
};

static void
do_list(struct control *control, struct json_object *request, struct evbuffer *out)
{
	const struct event_filter filter = {
	    control_string(request, "source"), control_string(request, "event"), control_number(request, "secret", 0)};
	enum event_state state = state_of_word(control_string(request, "state"));
	uint64_t at = control_number(request, "from", 1), limit = control_number(request, "limit", CONTROL_PAGE_MAX),
		 number = 0;
	struct json_object *end = json_object_new_object();
	bool more = false;

	if (limit > CONTROL_PAGE_MAX)
		limit = CONTROL_PAGE_MAX;
	for (int looked = 0;
	     (more = spool_next(control->spooler->spool, at, &number) == 0) && looked < LOOKED_MAX && limit > 0;
	     looked++) {
		struct control_event event;

		if (control_event_look(&event, control->spooler, number) == 0 &&
		    event_filter_fits(&filter, &event.event) && state_fits(state, event.state)) {
			control_put(out, control_event_row(&event));
			limit--;
		}
		at = number + 1;
	}
	json_object_object_add(end, "end", json_object_new_boolean(1));
	json_object_object_add(end, "next", more ? json_object_new_uint64(number) : NULL);
	control_put(out, end);
}

static void
do_show(struct control *control, uint64_t number, struct evbuffer *out)
{
	struct control_event event;

	if (control_event_look(&event, control->spooler, number) != 0) {
		control_put_errno(out, "event");
		return;
	}
	control_put(out, control_event_full(&event));
	control_put_end(out);
}

static void
do_body(struct control *control, uint64_t number, struct evbuffer *out)
{
	struct event event;

	if (spool_event(control->spooler->spool, number, &event) != 0) {
		control_put_errno(out, "event");
		return;
	}
	if (event.kind == EVENT_EXPIRED) {
		control_put_error(out, "not-found", "no such event");
		return;
	}
	evbuffer_add_printf(out, "{\"end\":true,\"bytes\":%zu}\n", event.body_len);
	evbuffer_add(out, event.body, event.body_len);
}

/* Returns false: there is no such verb. */
static bool
change(struct spooler *spooler, const char *verb, struct json_object *request, struct evbuffer *out)
{
	static const struct {
		const char *name;
		void (*run)(struct spooler *, struct json_object *, struct evbuffer *);
	} verbs[] = {
	    {"retry", control_retry},
	    {"drop", control_drop},
	    {"suspend", control_suspend},
	    {"resume", control_resume},
	    {"reload", control_reload},
	    {"check", control_check},
	};

	for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++)
		if (strcmp(verbs[i].name, verb) == 0) {
			verbs[i].run(spooler, request, out);
			return true;
		}
	return false;
}

/* The answer is what the run prints, as it comes, and how it ends; the client may wait for it as long as that takes. */
static void
do_follow(struct control *control, struct json_object *request, uint64_t number, struct bufferevent *client)
{
	struct timeval idle = {IDLE_SECONDS, 0};
	struct evbuffer *out = bufferevent_get_output(client);
	uint64_t token = schedule_follow(control->spooler->schedule, number, control_string(request, "hook"));

	if (token == 0)
		control_put_error(out, "not-running", "no hook runs for this event now");
	else if (follow_add(control->spooler->follow, client, token) != 0)
		control_put_error(out, "failed", "too many are followed already");
	else
		bufferevent_set_timeouts(client, NULL, &idle);
}

static void
answer(struct control *control, const char *line, struct bufferevent *client)
{
	struct evbuffer *out = bufferevent_get_output(client);
	struct json_object *request = json_tokener_parse(line);
	const char *verb = json_object_is_type(request, json_type_object) ? control_string(request, "verb") : NULL;
	uint64_t number = verb != NULL ? control_number(request, "number", 0) : 0;

	if (verb == NULL) {
		control_put_error(out, "bad-request", "not a request");
	} else if (strcmp(verb, "list") == 0) {
		do_list(control, request, out);
	} else if (strcmp(verb, "show") == 0) {
		do_show(control, number, out);
	} else if (strcmp(verb, "body") == 0) {
		do_body(control, number, out);
	} else if (strcmp(verb, "follow") == 0) {
		do_follow(control, request, number, client);
	} else if (strcmp(verb, "status") == 0) {
		control_put(out, control_status(control->spooler));
		control_put_end(out);
	} else if (!change(control->spooler, verb, request, out)) {
		control_put_error(out, "bad-request", "no such verb");
	}
	json_object_put(request);
}

static void
hang_up(struct control *control, struct bufferevent *operator)
{
	for (size_t i = 0; i < control->n; i++)
		if (control->operators[i] == operator) {
			control->operators[i] = control->operators[--control->n];
			break;
		}
	follow_forget(control->spooler->follow, operator);
	bufferevent_free(operator);
}

/* The next request waits until the answer to the last one is on its way. */
static void
serve(struct control *control, struct bufferevent *operator)
{
	struct evbuffer *in = bufferevent_get_input(operator), *out = bufferevent_get_output(operator);
	char *line;

	while (evbuffer_get_length(out) == 0 && (line = evbuffer_readln(in, NULL, EVBUFFER_EOL_LF)) != NULL) {
		answer(control, line, operator);
		free(line);
	}
	if (evbuffer_get_length(out) == 0 && evbuffer_get_length(in) >= CONTROL_LINE_MAX)
		hang_up(control, operator);
}

static void
on_input(struct bufferevent *operator, void * argument)
{
	serve(argument, operator);
}

static void
on_end(struct bufferevent *operator, short what, void *argument)
{
	(void)what;
	hang_up(argument, operator);
}

/* The socket's mode keeps others out already; this holds when somebody changed it. */
static bool
may_ask(int socket)
{
	struct ucred peer;
	socklen_t size = sizeof peer;

	return getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 &&
	    (peer.uid == 0 || peer.uid == geteuid());
}

static void
on_connection(evutil_socket_t fd, short what, void *argument)
{
	struct control *control = argument;
	struct timeval idle = {IDLE_SECONDS, 0};
	int socket = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	struct bufferevent *operator;

	(void)what;
	if (socket == -1)
		return;
	if (control->n == OPERATORS_MAX || !may_ask(socket)) {
		log_flood(LOG_FLOOD_WARN, "control", "turned away", "control: a client was turned away");
		close(socket);
		return;
	}
	if ((operator= bufferevent_socket_new(control->spooler->base, socket, BEV_OPT_CLOSE_ON_FREE)) == NULL) {
		close(socket);
		return;
	}
	control->operators[control->n++] = operator;
	bufferevent_setcb(operator, on_input, on_input, on_end, control);
	bufferevent_setwatermark(operator, EV_READ, 0, CONTROL_LINE_MAX);
	bufferevent_set_timeouts(operator, & idle, &idle);
	bufferevent_enable(operator, EV_READ | EV_WRITE);
}

struct control *
control_new(struct spooler *spooler, int listener)
{
	struct control *control = calloc(1, sizeof *control);

	if (control == NULL) {
		close(listener);
		return NULL;
	}
	control->spooler = spooler;
	control->socket = listener;
	control->ready = event_new(spooler->base, listener, EV_READ | EV_PERSIST, on_connection, control);
	if (control->ready == NULL || event_add(control->ready, NULL) != 0) {
		control_free(control);
		errno = ENOMEM;
		return NULL;
	}
	return control;
}

void
control_free(struct control *control)
{
	if (control == NULL)
		return;
	while (control->n > 0)
		hang_up(control, control->operators[0]);
	if (control->ready != NULL)
		event_free(control->ready);
	close(control->socket);
	free(control);
}
