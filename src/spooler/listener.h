/*
 * The submit socket: responders hand webhooks over here, and hear "stored" after the commit.
 */
#ifndef HOOKSPOOL_LISTENER_H
#define HOOKSPOOL_LISTENER_H

struct listener;
struct spooler;

/* Serve the listening SOCKET (takes it).  Returns owned, or NULL with errno. */
struct listener *listener_new(struct spooler *, int socket);

/* Accept nobody and nothing more; what was read is still committed, and gets its acks. */
void listener_stop(struct listener *);
void listener_free(struct listener *);

#endif
