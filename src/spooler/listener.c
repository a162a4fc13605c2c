/*
 * The submit socket: takes connections, keeps the list of them, and sees to it that none takes what the others need: places, memory.
 */
#include "listener.h"

#include <errno.h>
#include <event2/event.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <unistd.h>

#include "../lib/clock.h"
#include "../lib/log.h"
#include "../lib/log_flood.h"
#include "client.h"
#include "door.h"
#include "passed.h"
#include "spooler.h"

#define SUBJECT "submit" /* of lines in the log */
#define CLIENTS_MAX 256	 /* responders; a web server starts a handful */
#define FILES_PART \
	4 /* so much of all descriptors may they have; the spool's tables, its log and hooks need the others */
#define LARGE_MAX (256u << 20) /* bytes of all their buffers beyond the usual: four of the largest webhooks at a time */
#define GROUP_BYTES (2u << 20) /* of all their frames in one group: what a disk takes in some tens of milliseconds */
#define LOOK_SECONDS 1
#define GREETING_MS 10000    /* who has not greeted by then is no responder */
#define FRAME_MS 10000	     /* a frame that has begun is in a responder's memory, and here within milliseconds */
#define FRAME_WANTED_MS 1000 /* the same, while others wait for the room that it takes */

struct place {
	struct client *client;
	pid_t pid;   /* of who connected */
	size_t same; /* places of that process */
};

struct listener {
	struct spooler *spooler;
	struct door *door;
	struct event *look, *turn;
	struct client *waiting[CLIENTS_MAX]; /* for their turn, who came first in front */
	size_t nwaiting;
	struct place places[CLIENTS_MAX];
	size_t n, most;
	size_t large; /* bytes */
};

/* A process has one place MORE, or less.  Returns how many it has. */
static size_t
count(struct listener *listener, pid_t pid, int more)
{
	size_t same = 0;

	for (size_t i = 0; i < listener->n; i++)
		if (listener->places[i].pid == pid)
			same = listener->places[i].same += (size_t)more;
	return same;
}

static void
wait_no_more(struct listener *listener, const struct client *client)
{
	size_t i = 0;

	while (i < listener->nwaiting && listener->waiting[i] != client)
		i++;
	if (i == listener->nwaiting)
		return;
	listener->nwaiting--;
	memmove(
	    &listener->waiting[i], &listener->waiting[i + 1], (listener->nwaiting - i) * sizeof listener->waiting[0]);
}

static void
on_ended(void *context, struct client *client)
{
	struct listener *listener = context;
	size_t i = 0;

	while (listener->places[i].client != client)
		i++;
	wait_no_more(listener, client);
	count(listener, listener->places[i].pid, -1);
	listener->places[i] = listener->places[--listener->n];
}

static void
enter(struct listener *listener, struct client *client, pid_t pid)
{
	size_t others = count(listener, pid, 1);

	listener->places[listener->n++] = (struct place){client, pid, others > 0 ? others : 1};
}

/* Who called connect(2); 0: that is not known. */
static pid_t
peer(int socket)
{
	struct ucred who = {.pid = 0};
	socklen_t len = sizeof who;

	return getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &who, &len) == 0 ? who.pid : 0;
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

/* However many there are, and however much each of them has, what is short and comes one by one is in the next group. */
static size_t
on_share(void *context)
{
	struct listener *listener = context;

	return GROUP_BYTES / (listener->n > 0 ? listener->n : 1);
}

static void
on_wait(void *context, struct client *client)
{
	struct listener *listener = context;
	struct timeval at_once = {0, 0};

	listener->waiting[listener->nwaiting++] = client;
	event_add(listener->turn, &at_once); /* after this group */
}

/* Those who wait join the next group, as many as it has room for; at least one. */
static void
on_turn(evutil_socket_t fd, short what, void *argument)
{
	struct listener *listener = argument;
	struct timeval at_once = {0, 0};
	size_t n = listener->nwaiting, bytes = 0;

	(void)fd;
	(void)what;
	for (; n > 0 && listener->nwaiting > 0 && bytes < GROUP_BYTES; n--) {
		struct client *first = listener->waiting[0];

		wait_no_more(listener, first);
		bytes += client_turn(first);
	}
	if (listener->nwaiting > 0)
		event_add(listener->turn, &at_once);
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
		wanted |= client_state(listener->places[i].client, now, &for_ms) == CLIENT_STARVED;
	for (size_t i = listener->n; i-- > 0;) {
		struct client *client = listener->places[i].client;
		enum client_state state = client_state(client, now, &for_ms);
		const char *why = late(state, for_ms, wanted && client_large(client) > 0);

		if (why == NULL)
			continue;
		log_flood(LOG_FLOOD_ERROR, SUBJECT, why, "submit: a connection was ended: %s within %llu ms", why,
		    (unsigned long long)for_ms);
		client_free(client);
	}
	for (size_t i = listener->n; wanted && i-- > 0;)
		client_go_on(listener->places[i].client);
}

/*
 * Whether A can rather be spared than B: a process that has many places has to do with fewer, so that one that takes all there are takes them
 * from itself; then strangers, then the one that has had nothing to say for longest.
 */
static bool
rather(const struct place *a, const struct place *b, uint64_t now)
{
	uint64_t a_ms, b_ms;
	bool a_strange = client_state(a->client, now, &a_ms) == CLIENT_STRANGER;
	bool b_strange = client_state(b->client, now, &b_ms) == CLIENT_STRANGER;

	if (a->same != b->same)
		return a->same > b->same;
	return a_strange != b_strange ? a_strange : a_ms > b_ms;
}

/* Who can be spared when there are too many; NULL: nobody. */
static struct client *
spared(const struct listener *listener)
{
	const struct place *found = NULL;
	uint64_t now = clock_monotonic_ms(), for_ms;

	for (size_t i = 0; i < listener->n; i++) {
		const struct place *place = &listener->places[i];

		if (client_state(place->client, now, &for_ms) != CLIENT_BUSY &&
		    (found == NULL || rather(place, found, now)))
			found = place;
	}
	return found != NULL ? found->client : NULL;
}

static void
on_came(void *context, int socket)
{
	struct listener *listener = context;
	struct client_owner owner = {listener, on_ended, on_room, on_share, on_wait};
	struct client *client;
	pid_t pid = peer(socket);

	if (listener->n >= listener->most) {
		log_flood(LOG_FLOOD_ERROR, SUBJECT, "too many connections",
		    "submit: more than %zu connections; one that had nothing in hand was ended", listener->most);
		client_free(spared(listener));
	}
	if (listener->n >= listener->most) {
		passed_close(socket);
		return;
	}
	if ((client = client_new(listener->spooler, socket, &owner)) == NULL) {
		if (errno != EPIPE && errno != ECONNRESET) /* it has hung up already */
			log_flood(LOG_FLOOD_ERROR, SUBJECT, "turned away", "submit: a responder was turned away: %s",
			    strerror(errno));
		return;
	}
	enter(listener, client, pid);
}

/* Who takes all the descriptors that there are takes the hooks' and the spool's, too. */
static size_t
most_clients(void)
{
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur / FILES_PART >= CLIENTS_MAX)
		return CLIENTS_MAX;
	return files.rlim_cur >= FILES_PART ? files.rlim_cur / FILES_PART : 1;
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
	if (passed_refuse(socket) != 0)
		log_warn("submit: who passes descriptors may hold all up: %s", strerror(errno));
	listener->spooler = spooler;
	listener->most = most_clients();
	listener->door = door_new(spooler->base, socket, &owner);
	listener->look = event_new(spooler->base, -1, EV_PERSIST, on_look, listener);
	listener->turn = event_new(spooler->base, -1, 0, on_turn, listener);
	if (listener->door == NULL || listener->look == NULL || listener->turn == NULL ||
	    event_add(listener->look, &look) != 0) {
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
		client_stop(listener->places[i].client);
}

void
listener_free(struct listener *listener)
{
	if (listener == NULL)
		return;
	door_free(listener->door);
	while (listener->n > 0)
		client_free(listener->places[0].client);
	if (listener->look != NULL)
		event_free(listener->look);
	if (listener->turn != NULL)
		event_free(listener->turn);
	free(listener);
}
