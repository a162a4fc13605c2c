/*
 * One responder's connection: frames in, acks out.
 */
#ifndef HOOKSPOOL_CLIENT_H
#define HOOKSPOOL_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct client;
struct spooler;

struct client_owner {
	void *context;
	/* Told once, when the connection has ended and the client is about to be freed. */
	void (*ended)(void *context, struct client *);
	/*
	 * The buffers of all clients together grow by MORE bytes beyond what each has anyway, or, negative, shrink.  Returns whether they
	 * may; who may not asks again in client_go_on().
	 */
	bool (*room)(void *context, ptrdiff_t more);
	/* Bytes of frames that a client may have in one group; some are added for each. */
	size_t (*share)(void *context);
	/* It has a frame that is beyond its share, and waits for client_turn(), in a later turn of the loop; or until ENDED. */
	void (*wait)(void *context, struct client *);
};

/* Serve the connected SOCKET (takes it).  Returns owned by itself: it frees itself after ENDED.  NULL with errno. */
struct client *client_new(struct spooler *, int socket, const struct client_owner *);

/* Read nothing more. */
void client_stop(struct client *);

/* There may be room now. */
void client_go_on(struct client *);

/* It may have the frame that it waits with, however long, and what its share has room for.  Returns what that frame counts. */
size_t client_turn(struct client *);

/* What a client is to those who need its place, and for how long it has said nothing (ms).  NOW: clock_monotonic_ms(). */
enum client_state {
	CLIENT_BUSY,	/* a group is being committed for it */
	CLIENT_TURN,	/* it has frames, which wait until others have had their shares */
	CLIENT_IDLE,	/* it has nothing in hand */
	CLIENT_HALF,	/* a frame has begun and not ended */
	CLIENT_STARVED, /* the same, but it waits for room */
	CLIENT_STRANGER /* it has not greeted */
};
enum client_state client_state(const struct client *, uint64_t now, uint64_t *for_ms);

/* Bytes that it has beyond what each has. */
size_t client_large(const struct client *);

/* End the connection now.  Not of a CLIENT_BUSY one, but at the end of all. */
void client_free(struct client *);

#endif
