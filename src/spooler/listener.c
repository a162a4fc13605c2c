/*
 * The submit socket: takes connections, keeps the list of them, and sees to it that none takes what the others need: places, memory.
 */
#include "listener.h"

#include <errno.h>
#include <event2/event.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../lib/clock.h"
#include "../lib/log_flood.h"
#include "client.h"
#include "door.h"
#include "spooler.h"

#define SUBJECT "submit"       /* of lines in the log */
#define CLIENTS_MAX 256	       /* responders; a web server starts a handful */
#define LARGE_MAX (256u << 20) /* bytes of all their buffers beyond the usual: four of the largest webhooks at a time */
#define LOOK_SECONDS 1
#define GREETING_MS 10000    /* who has not greeted by then is no responder */
#define FRAME_MS 10000	     /* a frame that has begun is in a responder's memory, and here within milliseconds */
#define FRAME_WANTED_MS 1000 /* the same, while others wait for the room that it takes */

struct listener {
	struct spooler *spooler;
	struct door *door;
	struct event *look;
	struct client *clients[CLIENTS_MAX];
	size_t n;
	size_t large; /* bytes */
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

static bool
on_room(void *context, ptrdiff_t more)
{
	struct listener *listener = context;

	if (more > 0 && (size_t)more > LARGE_MAX - listener->large)
		return false;
	listener->large += (size_t)more;
	return true;
}

/* IN_THE_WAY: it has room that others wait for; also one that waits for more itself, or those who wait would wait for each other. */
static const char *
late(enum client_state state, uint64_t for_ms, bool in_the_way)
{
	if (state == CLIENT_STRANGER && for_ms >= GREETING_MS)
		return "it has not greeted";
	if (state == CLIENT_HALF && for_ms >= (in_the_way ? FRAME_WANTED_MS : FRAME_MS))
		return "the end of a frame has not come";
	return state == CLIENT_STARVED && in_the_way && for_ms >= FRAME_WANTED_MS ? "others wait for its memory" : NULL;
}

/* Ends what is late, and lets those go on who wait for room.  From the back: who is ended is replaced by the last, that was looked at. */
static void
on_look(evutil_socket_t fd, short what, void *argument)
{
	struct listener *listener = argument;
	uint64_t now = clock_monotonic_ms(), for_ms;
	bool wanted = false;

	(void)fd;
	(void)what;
	for (size_t i = 0; i < listener->n; i++)
		wanted |= client_state(listener->clients[i], now, &for_ms) == CLIENT_STARVED;
	for (size_t i = listener->n; i-- > 0;) {
		struct client *client = listener->clients[i];
		enum client_state state = client_state(client, now, &for_ms);
		const char *why = late(state, for_ms, wanted && client_large(client) > 0);

		if (why == NULL)
			continue;
		log_flood(LOG_FLOOD_ERROR, SUBJECT, why, "submit: a connection was ended: %s within %llu ms", why,
		    (unsigned long long)for_ms);
		client_free(client);
	}
	for (size_t i = listener->n; wanted && i-- > 0;)
		client_go_on(listener->clients[i]);
}

/* Who can be spared when there are too many: strangers first, then the one that has had nothing to say for longest; NULL: nobody. */
static struct client *
spared(const struct listener *listener)
{
	struct client *found = NULL;
	uint64_t now = clock_monotonic_ms(), most = 0;

	for (size_t i = 0; i < listener->n; i++) {
		uint64_t for_ms;
		enum client_state state = client_state(listener->clients[i], now, &for_ms);

		if (state == CLIENT_STRANGER)
			for_ms += UINT64_MAX / 2;
		if (state == CLIENT_BUSY || for_ms < most)
			continue;
		found = listener->clients[i];
		most = for_ms;
	}
	return found;
}

static void
on_came(void *context, int socket)
{
	struct listener *listener = context;
	struct client_owner owner = {listener, on_ended, on_room};
	struct client *client;

	if (listener->n == CLIENTS_MAX) {
		log_flood(LOG_FLOOD_ERROR, SUBJECT, "too many connections",
		    "submit: more than %d connections; one that had nothing in hand was ended", CLIENTS_MAX);
		client_free(spared(listener));
	}
	if (listener->n == CLIENTS_MAX) {
		close(socket);
		return;
	}
	if ((client = client_new(listener->spooler, socket, &owner)) == NULL) {
		if (errno != EPIPE && errno != ECONNRESET) /* it has hung up already */
			log_flood(LOG_FLOOD_ERROR, SUBJECT, "turned away", "submit: a responder was turned away: %s",
			    strerror(errno));
		return;
	}
	listener->clients[listener->n++] = client;
}

struct listener *
listener_new(struct spooler *spooler, int socket)
{
	struct listener *listener = calloc(1, sizeof *listener);
	struct door_owner owner = {SUBJECT, listener, on_came};
	struct timeval look = {LOOK_SECONDS, 0};

	if (listener == NULL) {
		close(socket);
		return NULL;
	}
	listener->spooler = spooler;
	listener->door = door_new(spooler->base, socket, &owner);
	listener->look = event_new(spooler->base, -1, EV_PERSIST, on_look, listener);
	if (listener->door == NULL || listener->look == NULL || event_add(listener->look, &look) != 0) {
		listener_free(listener);
		errno = ENOMEM;
		return NULL;
	}
	return listener;
}

void
listener_stop(struct listener *listener)
{
	door_shut(listener->door);
	for (size_t i = 0; i < listener->n; i++)
		client_stop(listener->clients[i]);
}

void
listener_free(struct listener *listener)
{
	if (listener == NULL)
		return;
	door_free(listener->door);
	while (listener->n > 0)
		client_free(listener->clients[0]);
	if (listener->look != NULL)
		event_free(listener->look);
	free(listener);
}
