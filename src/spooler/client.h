/*
 * One responder's connection: frames in, answers out.
 */
#ifndef HOOKSPOOL_CLIENT_H
#define HOOKSPOOL_CLIENT_H

#include <stddef.h>

struct client;
struct spooler;

/* Told once, when the connection has ended and the client is about to be freed. */
struct client_owner {
	void (*ended)(void *, struct client *);
	void *context;
};

/* Serve the connected SOCKET (takes it).  Returns owned by itself: it frees itself after ENDED.  NULL with errno. */
struct client *client_new(struct spooler *, int socket, const struct client_owner *);

/* Read nothing more. */
void client_stop(struct client *);

/* End the connection now.  Not between a batch_join() and its finish. */
void client_free(struct client *);

#endif
