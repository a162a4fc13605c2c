/*
 * The submit socket: takes connections and keeps the list of them.
 */
#include "listener.h"

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../lib/log.h"
#include "client.h"
#include "spooler.h"

#define CLIENTS_MAX 256 /* responders; a web server starts a handful */

struct listener {
	struct spooler *spooler;
	int socket;
	struct event *ready;
	struct client *clients[CLIENTS_MAX];
	size_t n;
};

static void
on_ended(void *context, struct client *client)
{
	struct listener *listener = context;

	for (size_t i = 0; i < listener->n; i++)
		if (listener->clients[i] == client) {
			listener->clients[i] = listener->clients[--listener->n];
			return;
		}
}

static void
on_connection(evutil_socket_t fd, short what, void *argument)
{
	struct listener *listener = argument;
	struct client_owner owner = {on_ended, listener};
	int socket = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	struct client *client;

	(void)what;
	if (socket == -1) {
		if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED)
			log_error("submit: accept: %s", strerror(errno));
		return;
	}
	if (listener->n == CLIENTS_MAX) {
		log_error("submit: more than %d responders; one was turned away", CLIENTS_MAX);
		close(socket);
		return;
	}
	if ((client = client_new(listener->spooler, socket, &owner)) == NULL) {
		log_error("submit: a responder was turned away: %s", strerror(errno));
		return;
	}
	listener->clients[listener->n++] = client;
}

struct listener *
listener_new(struct spooler *spooler, int socket)
{
	struct listener *listener = calloc(1, sizeof *listener);

	if (listener == NULL) {
		close(socket);
		return NULL;
	}
	listener->spooler = spooler;
	listener->socket = socket;
	listener->ready = event_new(spooler->base, socket, EV_READ | EV_PERSIST, on_connection, listener);
	if (listener->ready == NULL || event_add(listener->ready, NULL) != 0) {
		listener_free(listener);
		errno = ENOMEM;
		return NULL;
	}
	return listener;
}

void
listener_stop(struct listener *listener)
{
	event_del(listener->ready);
	for (size_t i = 0; i < listener->n; i++)
		client_stop(listener->clients[i]);
}

void
listener_free(struct listener *listener)
{
	if (listener == NULL)
		return;
	while (listener->n > 0)
		client_free(listener->clients[0]);
	if (listener->ready != NULL)
		event_free(listener->ready);
	close(listener->socket);
	free(listener);
}
