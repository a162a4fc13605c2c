/* One epoll, asked once for all that have something. */
#include "connections.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../conf/conf.h"
#include "../lib/log_flood.h"

#define LISTENER 0     /* FCGI_LISTENSOCK_FILENO */
#define GIVE_UP_MS 100 /* then, a connection that has waited for longer is given up for others */
#define SPARE_MAX 160  /* descriptors that are left for others: a thread's limit is one */
#define CONNECTION_EVENTS (EPOLLIN | EPOLLRDHUP | EPOLLET)

/* Descriptors are needed for others, too: the spooler, the threads' limits, files of the configuration. */
static int
most_descriptors(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY || limit.rlim_cur > INT_MAX)
		return 0;
	return (int)(limit.rlim_cur - (limit.rlim_cur / 4 < SPARE_MAX ? limit.rlim_cur / 4 : SPARE_MAX));
}

static int
listen_on(struct connections *connections)
{
	struct epoll_event listener = {.events = EPOLLIN | EPOLLEXCLUSIVE, .data.u64 = CONNECTIONS_LISTENER};

	return epoll_ctl(connections->epoll, EPOLL_CTL_ADD, LISTENER, &listener);
}

struct connections *
connections_new(void)
{
	struct connections *connections = calloc(1, sizeof *connections);
	int flags = fcntl(LISTENER, F_GETFL);

	if (connections == NULL)
		return NULL;
	connections->listening = true;
	connections->listed_last = &connections->listed;
	connections->descriptors = most_descriptors();
	/* Another process with the same socket may have been faster. */
	if (flags == -1 || fcntl(LISTENER, F_SETFL, flags | O_NONBLOCK) == -1 ||
	    (connections->epoll = epoll_create1(EPOLL_CLOEXEC)) == -1) {
		free(connections);
		return NULL;
	}
	if (listen_on(connections) == 0)
		return connections;
	close(connections->epoll);
	free(connections);
	return NULL;
}

int
connections_watch(struct connections *connections, enum connections_other other, int fd, bool writable)
{
	struct epoll_event event = {.events = writable ? EPOLLIN | EPOLLOUT : EPOLLIN, .data.u64 = other};

	if (epoll_ctl(connections->epoll, EPOLL_CTL_MOD, fd, &event) == 0)
		return 0;
	return errno == ENOENT ? epoll_ctl(connections->epoll, EPOLL_CTL_ADD, fd, &event) : -1;
}

void
connections_log_cut(const char *why)
{
	log_flood(LOG_FLOOD_WARN, CONF_NO_SOURCE, why, "a connection of the web server's was closed: %s", why);
}

/* The list that a request in this state is in, or NULL. */
static struct connection_list *
list_of(struct connections *connections, enum request_state state)
{
	return state == REQUEST_WAITING ? &connections->waiting : state == REQUEST_KEPT ? &connections->kept : NULL;
}

/* Out of the list that it is in, if it is in one, into the caller's hand. */
static void
take(struct connections *connections, struct request *request)
{
	struct connection_list *list = list_of(connections, request->state);

	request->state = REQUEST_TAKEN;
	if (list == NULL)
		return;
	if (request->before != NULL)
		request->before->after = request->after;
	else
		list->first = request->after;
	if (request->after != NULL)
		request->after->before = request->before;
	else
		list->last = request->before;
	list->count--;
}

/* Among those that wait, or are kept, as the last. */
static void
enqueue(struct connections *connections, struct request *request, enum request_state state)
{
	struct connection_list *list = list_of(connections, state);

	take(connections, request);
	request->state = state;
	request->after = NULL;
	request->before = list->last;
	if (list->last != NULL)
		list->last->after = request;
	else
		list->first = request;
	list->last = request;
	list->count++;
}

static void
spare(struct connections *connections, struct request *request)
{
	request->state = REQUEST_SPARE;
	request->next = connections->spare;
	connections->spare = request;
}

static void
drop(struct connections *connections, struct request *request)
{
	take(connections, request);
	request_close(request);
	spare(connections, request);
}

/* Returns 0, or -1: it can't be waited for, and is closed. */
static int
watch(struct connections *connections, struct request *request)
{
	struct epoll_event event = {.events = CONNECTION_EVENTS, .data.ptr = request};

	if (request->watched)
		return 0;
	if (epoll_ctl(connections->epoll, EPOLL_CTL_ADD, request_connection(request), &event) == 0) {
		request->watched = true;
		return 0;
	}
	connections_log_cut("it can't be waited for");
	drop(connections, request);
	return -1;
}

/* To be looked at in the next turn: there will be no event of what is here already. */
static void
list(struct connections *connections, struct request *request)
{
	request->stirred = true;
	if (request->listed)
		return;
	request->listed = true;
	request->listed_next = NULL;
	*connections->listed_last = request;
	connections->listed_last = &request->listed_next;
	connections->nlisted++;
}

/* The next of those to be looked at in this turn, whatever has become of it; NULL: none. */
static struct request *
next_listed(struct connections *connections)
{
	struct request *request = connections->listed;

	if (connections->stirred == 0)
		return NULL;
	connections->stirred--;
	connections->nlisted--;
	if ((connections->listed = request->listed_next) == NULL)
		connections->listed_last = &connections->listed;
	request->listed = false;
	return request;
}

/* To a thread, which closes it perhaps: no event may speak of it then. */
static enum connection
leave(struct connections *connections, struct request *request)
{
	if (request->watched)
		epoll_ctl(connections->epoll, EPOLL_CTL_DEL, request_connection(request), NULL);
	request->watched = false;
	take(connections, request);
	return CONNECTION_SLOW;
}

/* The first SIZE of N bytes that REQUEST's connection has brought are the request: off the socket with them. */
static enum connection
take_whole(struct connections *connections, struct request *request, size_t size, size_t n)
{
	if (whole_decode(&connections->parts, connections->bytes) != 0)
		return leave(connections, request);
	if (recv(request_connection(request), connections->read, size, 0) != (ssize_t)size) {
		drop(connections, request);
		return CONNECTION_NONE;
	}
	take(connections, request);
	request_take(request, &connections->parts);
	request->stirred = n > size || n == sizeof connections->bytes; /* there is no event of what is here already */
	return CONNECTION_WHOLE;
}

/* What there is of REQUEST is not all of it: it is waited for. */
static enum connection
await(struct connections *connections, struct request *request)
{
	if (request->state != REQUEST_WAITING && (request->begun || request->state != REQUEST_KEPT))
		enqueue(connections, request, REQUEST_WAITING);
	watch(connections, request);
	return CONNECTION_NONE;
}

/* What still comes over REQUEST's connection, which ends, is read, so that the server can read its reply. */
static enum connection
discard(struct connections *connections, struct request *request)
{
	ssize_t n = recv(request_connection(request), connections->read, sizeof connections->read, 0);

	if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
		drop(connections, request);
	else if (n > 0)
		list(connections, request); /* there may be more, for the next turn */
	return CONNECTION_NONE;
}

/*
 * What REQUEST's connection has brought.  CONNECTION_NONE: not all of a request, and it is waited for, or the
 * connection's end.
 */
static enum connection
look(struct connections *connections, struct request *request, uint64_t now)
{
	size_t size = 0;
	enum whole whole;
	ssize_t n;

	if (request->lingers)
		return discard(connections, request);
	n = recv(request_connection(request), connections->bytes, sizeof connections->bytes, MSG_PEEK);
	if (n == 0 || (n < 0 && (request->ended || (errno != EAGAIN && errno != EINTR)))) {
		drop(connections, request);
		return CONNECTION_NONE;
	}
	if (request->state != REQUEST_WAITING && (n > 0 || request->state != REQUEST_KEPT))
		request->since_ms = now;
	request->begun = n >= WHOLE_BEGINNING; /* less is not for a thread, which would have libfcgi read it */
	whole = n < 0 ? WHOLE_PART : whole_look(connections->bytes, (size_t)n, sizeof connections->bytes, &size);
	if (whole == WHOLE_YES)
		return take_whole(connections, request, size, (size_t)n);
	if (whole == WHOLE_NO)
		return leave(connections, request);
	if (whole == WHOLE_NEVER) {
		connections_log_cut("it does not begin as a request does");
		drop(connections, request);
		return CONNECTION_NONE;
	}
	if (!request->ended)
		return await(connections, request);
	take(connections, request);
	return CONNECTION_ENDED;
}

/* EVENT is one of REQUEST's connection. */
static void
note(struct connections *connections, struct request *request, uint32_t event)
{
	request->ended |= (event & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0;
	request->stirred = true;
	connections->ready[connections->nevents++] = request;
}

void
connections_wait(struct connections *connections, int timeout_ms)
{
	struct epoll_event events[CONNECTIONS_EVENTS_MAX];
	int n =
	    epoll_wait(connections->epoll, events, CONNECTIONS_EVENTS_MAX, connections->nlisted > 0 ? 0 : timeout_ms);

	connections->stirred = connections->nlisted;
	memset(connections->came, 0, sizeof connections->came);
	connections->nevents = connections->at = 0;
	connections->accepted = 0;
	for (int i = 0; i < n; i++)
		if (events[i].data.u64 < CONNECTIONS_OTHERS)
			connections->came[events[i].data.u64] = true;
		else
			note(connections, events[i].data.ptr, events[i].events);
}

/* Has a kept one brought something that was not looked at yet? */
static bool
is_idle(const struct request *request)
{
	char byte;

	return recv(request_connection(request), &byte, 1, MSG_PEEK) == -1;
}

/* Who gives way to others: the kept one that is idle for longest, and then who has waited for longest; or NULL. */
static struct request *
last_choice(const struct connections *connections, uint64_t now)
{
	struct request *waiting = connections->waiting.first;

	for (struct request *kept = connections->kept.first; kept != NULL && now - kept->since_ms >= GIVE_UP_MS;
	     kept = kept->after)
		if (is_idle(kept))
			return kept;
	return waiting != NULL && now - waiting->since_ms >= GIVE_UP_MS ? waiting : NULL;
}

/* Hardly a descriptor is left: somebody gives way, or else no new ones are taken for a moment. */
static void
make_room(struct connections *connections, uint64_t now, int why)
{
	struct request *choice = last_choice(connections, now);

	if (choice != NULL) {
		connections_log_cut("others need its descriptor");
		drop(connections, choice);
		return;
	}
	log_flood(LOG_FLOOD_ERROR, CONF_NO_SOURCE, "no more connections",
	    "no more connections are taken for a moment: %s", strerror(why));
	connections->came[CONNECTIONS_LISTENER] = false;
	epoll_ctl(connections->epoll, EPOLL_CTL_DEL, LISTENER, NULL);
	connections->resting = true;
}

/* A new connection; NULL: there is none now. */
static struct request *
accept_next(struct connections *connections, uint64_t now)
{
	struct request *request;
	int fd;

	if (!connections->came[CONNECTIONS_LISTENER] || connections->accepted >= CONNECTIONS_NEW_MAX)
		return NULL;
	if ((fd = accept4(LISTENER, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK)) == -1) {
		connections->came[CONNECTIONS_LISTENER] = false;
		if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED)
			make_room(connections, now, errno);
		return NULL;
	}
	connections->accepted++;
	if (connections->descriptors > 0 && fd >= connections->descriptors)
		make_room(connections, now, EMFILE);
	if ((request = connections->spare) != NULL) {
		connections->spare = request->next;
	} else if ((request = request_new(false)) == NULL) {
		close(fd);
		connections_log_cut("out of memory");
		return NULL;
	}
	request_attach(request, fd);
	request->state = REQUEST_TAKEN;
	return request;
}

/* May something have come for it that is to be looked at? */
static bool
may_have(const struct connections *connections, const struct request *request)
{
	return (request->stirred || request->ended) &&
	    (request->state == REQUEST_WAITING || (request->state == REQUEST_KEPT && connections->listening));
}

/* One of those; NULL: none any more. */
static struct request *
next_stirred(struct connections *connections)
{
	struct request *request;

	while ((request = next_listed(connections)) != NULL)
		if (may_have(connections, request))
			return request;
	while (connections->at < connections->nevents) {
		request = connections->ready[connections->at++];
		if (may_have(connections, request))
			return request;
	}
	return NULL;
}

enum connection
connections_next(struct connections *connections, uint64_t now, struct request **request)
{
	enum connection result;

	connections->now = now;
	/* All events before the first new one, which may get the request that an event speaks of. */
	while ((*request = next_stirred(connections)) != NULL || (*request = accept_next(connections, now)) != NULL) {
		(*request)->stirred = false;
		if ((result = look(connections, *request, now)) != CONNECTION_NONE)
			return result;
	}
	return CONNECTION_NONE;
}

void
connections_keep(struct connections *connections, struct request *request)
{
	request_rest(request);
	if (request_connection(request) != -1 && !connections->listening && !request->lingers)
		request_close(request);
	if (request_connection(request) == -1) {
		spare(connections, request);
		return;
	}
	request->since_ms = connections->now;
	enqueue(connections, request, request->lingers ? REQUEST_WAITING : REQUEST_KEPT);
	request->begun = false;
	if (watch(connections, request) == 0 && (request->lingers || may_have(connections, request)))
		list(connections, request);
}

static void
listen_again(struct connections *connections)
{
	if (connections->resting && connections->listening && listen_on(connections) == 0)
		connections->resting = false;
}

struct request *
connections_late(struct connections *connections, uint64_t now, uint64_t limit_ms)
{
	struct request *request, *after;

	listen_again(connections);
	for (request = connections->waiting.first; request != NULL; request = after) {
		after = request->after;
		if (now - request->since_ms < CONNECTIONS_LINGER_MS)
			return NULL;
		if (request->lingers) {
			if (now - request->since_ms >= CONNECTIONS_END_MS)
				drop(connections, request);
		} else if (request->begun) {
			leave(connections, request);
			return request;
		} else if (now - request->since_ms >= limit_ms) {
			connections_log_cut("a request's parameters not here in time");
			drop(connections, request);
		}
	}
	return NULL;
}

void
connections_stop(struct connections *connections)
{
	if (connections->listening)
		epoll_ctl(connections->epoll, EPOLL_CTL_DEL, LISTENER, NULL);
	connections->listening = false;
	connections->came[CONNECTIONS_LISTENER] = false;
}

bool
connections_busy(const struct connections *connections)
{
	for (const struct request *request = connections->waiting.first; request != NULL; request = request->after)
		if (request->begun || request->lingers)
			return true;
	return false;
}
