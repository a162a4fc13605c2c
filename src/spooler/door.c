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

#define TURN 16	     /* of a full backlog all are taken within some turns, also where one takes as long as a disk may */
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

/* Returns false when there is nobody more now. */
static bool
take(struct door *door)
{
	int socket = accept4(door->socket, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (socket != -1) {
		door->failing = false;
		door->owner.came(door->owner.context, socket);
		return true;
	}
	if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED)
		rest(door, errno);
	return false;
}

static void
on_knock(evutil_socket_t fd, short what, void *argument)
{
	(void)fd;
	(void)what;
	for (int n = 0; n < TURN && take(argument); n++)
		continue;
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
