/*
 * The control socket.  A page of a long list at a time, so that the loop and its memory stay with the webhooks; a client that does
 * not read its answers, or sends nothing for long, is hung up on.
 */
#include "control.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../lib/log_flood.h"
#include "../protocol/control.h"
#include "control_verb.h"
#include "door.h"
#include "followers.h"
#include "spooler.h"
#include "watchers.h"

#define CLIENTS_MAX 32

struct control {
	struct spooler *spooler;
	struct door *door;
	struct bufferevent *clients[CLIENTS_MAX];
	size_t n;
};

static void
hang_up(struct control *control, struct bufferevent *client)
{
	for (size_t i = 0; i < control->n; i++)
		if (control->clients[i] == client) {
			control->clients[i] = control->clients[--control->n];
			break;
		}
	followers_forget(control->spooler->followers, client);
	watchers_forget(control->spooler->watchers, client);
	bufferevent_free(client);
}

/* The next request waits until the answer to the last one is on its way. */
static void
serve(struct control *control, struct bufferevent *client)
{
	struct evbuffer *in = bufferevent_get_input(client), *out = bufferevent_get_output(client);
	char *line;

	while (evbuffer_get_length(out) == 0 && (line = evbuffer_readln(in, NULL, EVBUFFER_EOL_LF)) != NULL) {
		control_answer(control->spooler, line, client);
		free(line);
	}
	if (evbuffer_get_length(out) == 0 && evbuffer_get_length(in) >= CONTROL_LINE_MAX)
		hang_up(control, client);
}

static void
on_input(struct bufferevent *client, void *argument)
{
	serve(argument, client);
}

static void
on_end(struct bufferevent *client, short what, void *argument)
{
	(void)what;
	hang_up(argument, client);
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
on_came(void *context, int socket)
{
	struct control *control = context;
	struct timeval idle = {CONTROL_IDLE_SECONDS, 0};
	struct bufferevent *client;

	if (control->n == CLIENTS_MAX || !may_ask(socket)) {
		log_flood(LOG_FLOOD_WARN, "control", "turned away", "control: a client was turned away");
		close(socket);
		return;
	}
	if ((client = bufferevent_socket_new(control->spooler->base, socket, BEV_OPT_CLOSE_ON_FREE)) == NULL) {
		log_flood(LOG_FLOOD_ERROR, "control", "no memory", "control: a client can't be served: out of memory");
		close(socket);
		return;
	}
	control->clients[control->n++] = client;
	bufferevent_setcb(client, on_input, on_input, on_end, control);
	bufferevent_setwatermark(client, EV_READ, 0, CONTROL_LINE_MAX);
	bufferevent_set_timeouts(client, &idle, &idle);
	if (bufferevent_enable(client, EV_READ | EV_WRITE) != 0) {
		log_flood(
		    LOG_FLOOD_ERROR, "control", "no memory", "control: a client can't be listened to: out of memory");
		hang_up(control, client);
	}
}

struct control *
control_new(struct spooler *spooler, int listener)
{
	struct control *control = calloc(1, sizeof *control);
	struct door_owner owner = {"control", control, on_came};

	if (control == NULL) {
		close(listener);
		return NULL;
	}
	control->spooler = spooler;
	if ((control->door = door_new(spooler->base, listener, &owner)) == NULL) {
		free(control);
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
	door_free(control->door);
	while (control->n > 0)
		hang_up(control, control->clients[0]);
	free(control);
}
