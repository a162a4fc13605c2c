/*
 * A listening socket.  A few connections are taken in a turn of the event loop, however many knock: they don't keep it from those who are in,
 * which libevent's evconnlistener would, as it accepts until nobody is left.  When nobody can be taken, for there is no descriptor left, the log
 * says so once, and those who knock wait until there is one.
 */
#ifndef HOOKSPOOL_DOOR_H
#define HOOKSPOOL_DOOR_H

struct door;
struct event_base;

struct door_owner {
	const char *name; /* of the socket, in the log: a constant */
	void *context;
	void (*came)(void *context, int socket); /* takes SOCKET: non-blocking, closed on exec */
};

/* Take connections from the listening SOCKET (takes it).  Returns owned, or NULL with errno. */
struct door *door_new(struct event_base *, int socket, const struct door_owner *);

/* Take nobody more. */
void door_shut(struct door *);
void door_free(struct door *);

#endif
