/*
 * The responder's end of the submit socket: one connection to the spooler at a time, what is sent over it and what comes back.
 * Nothing here blocks.
 */
#ifndef HOOKSPOOL_SUBMITTER_H
#define HOOKSPOOL_SUBMITTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../protocol/submit.h"

struct parked;

#define SUBMITTER_IN_SIZE 65536 /* bytes of acks taken at once */
#define SUBMITTER_ACKS_MAX (SUBMITTER_IN_SIZE / SUBMIT_ACK_SIZE + 1)

struct submitter {
	int socket;   /* -1: not connected */
	bool greeted; /* by the spooler */
	uint64_t sent_ms, connected_ms;
	unsigned char in[SUBMITTER_IN_SIZE];
	size_t in_len, in_at;
};

void submitter_init(struct submitter *);

/* Connect FD (borrows it), a Unix socket, to the spooler at PATH and greet it.  Returns 0, or -1 with errno. */
int submitter_dial(int fd, const char *path);

/* Have the connection FD (takes it) from now on.  NOW: clock_monotonic_ms(). */
void submitter_connect(struct submitter *, int fd, uint64_t now);

/* There is no connection any more, if there was one: what is parked is to be sent again. */
void submitter_disconnect(struct submitter *, struct parked *);

/*
 * Whether something of the queue is to be sent now.  While the spooler commits a group, what comes is held back and sent in one piece when the
 * acks are here: it would wait in the socket instead, wake the spooler for each webhook, and make many small groups.  Not for long, should an
 * ack be late.
 */
bool submitter_may_send(const struct submitter *, const struct parked *, uint64_t now);

/*
 * Then send what the socket takes.  That the connection has ended is left to who reads its end, and the acks before it.
 * Returns 0, or -1 with errno: another error, after which it would only be said to be writable again and again.
 */
int submitter_send(struct submitter *, struct parked *, uint64_t now);

/* Read what is there.  Returns how many bytes, 0: nothing yet, or -1: the connection has ended. */
int submitter_read(struct submitter *);

/* What became of the webhook with SEQUENCE. */
struct submitter_ack {
	uint64_t sequence, number;
	enum submit_ack ack;
};

enum submitter_frame {
	SUBMITTER_PART, /* it is not all here */
	SUBMITTER_HELLO,
	SUBMITTER_ACK,
	SUBMITTER_NONSENSE /* not this version of the protocol: the connection is of no use */
};

/* Take the next frame of what was read.  ACK is set for SUBMITTER_ACK. */
enum submitter_frame submitter_take(struct submitter *, struct submitter_ack *ack);

#endif
