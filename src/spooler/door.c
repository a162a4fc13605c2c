/* Who has hung up before it was taken is no failure. */
#include "door.h"

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

struct door {
	struct door_owner owner;
	int socket;
	struct event *knock;
};

static void
on_knock(evutil_socket_t fd, short what, void *argument)
{
	const struct door *door = argument;
	int socket = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	(void)what;
	if (socket != -1)
		door->owner.came(door->owner.context, socket);
	else if (door->owner.failed != NULL && errno != EAGAIN && errno != EINTR && errno != ECONNABORTED)
		door->owner.failed(door->owner.context, errno);
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
	if (door->knock == NULL || event_add(door->knock, NULL) != 0) {
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
}

void
door_free(struct door *door)
{
	if (door == NULL)
		return;
	if (door->knock != NULL)
		event_free(door->knock);
	close(door->socket);
	free(door);
}
