/* One epoll for all threads: each event wakes one of them. */
#include "connections.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define LISTENER 0	  /* FCGI_LISTENSOCK_FILENO */
#define SHORTAGE_US 10000 /* when there is no descriptor left for a connection */

struct connections {
	int epoll;
};

struct connections *
connections_new(void)
{
	struct connections *connections = malloc(sizeof *connections);
	struct epoll_event listener = {.events = EPOLLIN | EPOLLEXCLUSIVE, .data.ptr = NULL};
	int flags = fcntl(LISTENER, F_GETFL);

	if (connections == NULL)
		return NULL;
	/* Another thread, or another process with the same socket, may have been faster. */
	if (flags == -1 || fcntl(LISTENER, F_SETFL, flags | O_NONBLOCK) == -1 ||
	    (connections->epoll = epoll_create1(EPOLL_CLOEXEC)) == -1) {
		free(connections);
		return NULL;
	}
	if (epoll_ctl(connections->epoll, EPOLL_CTL_ADD, LISTENER, &listener) == 0)
		return connections;
	close(connections->epoll);
	free(connections);
	return NULL;
}

int
connections_next(struct connections *connections, struct request **kept)
{
	struct epoll_event event;
	int fd;

	*kept = NULL;
	if (epoll_wait(connections->epoll, &event, 1, -1) != 1)
		return -1;
	if (event.data.ptr != NULL) {
		*kept = event.data.ptr;
		return -1;
	}
	if ((fd = accept4(LISTENER, NULL, NULL, SOCK_CLOEXEC)) == -1 && errno != EAGAIN && errno != EINTR)
		usleep(SHORTAGE_US);
	return fd;
}

int
connections_keep(struct connections *connections, struct request *request, int fd)
{
	struct epoll_event event = {.events = EPOLLIN | EPOLLRDHUP | EPOLLONESHOT, .data.ptr = request};

	if (epoll_ctl(connections->epoll, EPOLL_CTL_MOD, fd, &event) == 0)
		return 0;
	return errno == ENOENT ? epoll_ctl(connections->epoll, EPOLL_CTL_ADD, fd, &event) : -1;
}
