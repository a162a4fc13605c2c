/*
 * Who has hung up before it was taken is no failure.  After any other the socket stays readable, so that a loop that goes on waiting for it
 * does nothing else: it is left alone for a moment, and those who knock wait in the backlog.
 */
#include "door.h"

#include <errno.h>
#include <event2/event.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../lib/clock.h"
#include "../lib/log_flood.h"

#define PAUSE_MS 100 /* ten tries a second cost nothing, and a responder waits for seconds */

struct door {
	struct door_owner owner;
	int socket;
	struct event *knock, *pause;
	bool failing; /* nobody could be taken since it was logged */
};

static void
rest(struct door *door, int why)
{
	struct timeval pause = clock_delay(PAUSE_MS);

	if (!door->failing)
		log_flood(LOG_FLOOD_ERROR, door->owner.name, "accept",
		    "%s: accept: %s; tried again every %d ms, those who connect wait", door->owner.name, strerror(why),
		    PAUSE_MS);
	door->failing = true;
	event_del(door->knock);
	event_add(door->pause, &pause);
}

static void
on_knock(evutil_socket_t fd, short what, void *argument)
{
	struct door *door = argument;
	int socket = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	(void)what;
	if (socket != -1) {
		door->failing = false;
		door->owner.came(door->owner.context, socket);
	} else if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED) {
		rest(door, errno);
	}
}

static void
on_pause(evutil_socket_t fd, short what, void *argument)
{
	struct door *door = argument;

	(void)fd;
	(void)what;
	event_add(door->knock, NULL);
}

struct door *
door_new(struct event_base *base, int socket, const struct door_owner *owner)
{
	struct door *door = calloc(1, sizeof *door);

	if (door == NULL) {
		close(socket);
		return NULL;
	}
	door->owner = *owner;
	door->socket = socket;
	door->knock = event_new(base, socket, EV_READ | EV_PERSIST, on_knock, door);
	door->pause = event_new(base, -1, 0, on_pause, door);
	if (door->knock == NULL || door->pause == NULL || event_add(door->knock, NULL) != 0) {
		door_free(door);
		errno = ENOMEM;
		return NULL;
	}
	return door;
}

void
door_shut(struct door *door)
{
	event_del(door->knock);
	event_del(door->pause);
}

void
door_free(struct door *door)
{
	if (door == NULL)
		return;
	if (door->knock != NULL)
		event_free(door->knock);
	if (door->pause != NULL)
		event_free(door->pause);
	close(door->socket);
	free(door);
}
