/*
 * One responder's connection.  A frame's record is stored from the very buffer it was read into: nothing more is read from this
 * client until its group is committed.  A client that breaks the protocol is cut off; nothing it sent half is kept, and what
 * was not answered its responder sends again.
 */
#include "client.h"

#include <errno.h>
#include <event2/event.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../lib/clock.h"
#include "../lib/conf.h"
#include "../lib/event.h"
#include "../lib/log.h"
#include "../lib/wire.h"
#include "batch.h"
#include "binding.h"
#include "schedule.h"
#include "space.h"
#include "spool.h"
#include "spooler.h"

#define BUFFER_SIZE (256u << 10) /* a group of some hundred webhooks; grows for a larger one, and shrinks again */
#define WAITING_MAX 512		 /* webhooks of one client in one group */

struct arrival {
	struct batch_item item;
	struct client *client;
	uint64_t sequence;
	const unsigned char *record;
	size_t len;
	enum wire_answer answer;
	uint64_t number;
};

struct client {
	struct spooler *spooler;
	struct client_owner owner;
	int socket;
	struct event *readable, *writable;
	unsigned char *in;
	size_t in_size, in_len, in_done; /* room, bytes read, bytes of frames taken */
	unsigned char out[WAITING_MAX * WIRE_ANSWER_SIZE + WIRE_HELLO_SIZE];
	size_t out_len, out_sent;
	bool greeted, stopped, broken;
	size_t waiting, finished; /* arrivals[0 … waiting), of which FINISHED have been answered */
	struct arrival arrivals[WAITING_MAX];
};

/* What a responder sends is checked as if an attacker had written it. */
static bool
acceptable(const struct source *source, const struct event *event)
{
	if (event->kind == EVENT_REJECTED)
		return event->body_len <= source->max_body;
	return event->kind == EVENT_ACCEPTED && event->body_len <= source->max_body && event->len[EVENT_KEY] > 0 &&
	    event->len[EVENT_TYPE] > 0;
}

static int
refuse(struct arrival *arrival, enum wire_answer answer)
{
	arrival->answer = answer;
	return 0;
}

/* Whether a webhook could be taken now. */
static enum wire_answer
readiness(struct spooler *spooler)
{
	if (!space_enough(spooler->space))
		return WIRE_DISK;
	return spool_counters(spooler->spool)->queued >= spooler->conf->max_queued ? WIRE_BUSY : WIRE_READY;
}

static int
arrival_store(struct batch_item *item)
{
	struct arrival *arrival = (struct arrival *)item;
	struct spooler *spooler = arrival->client->spooler;
	struct binding binding;
	const char *hooks[SPOOL_DELIVERIES_MAX];
	struct event event;
	const struct source *source;
	struct spool_submission submission = {&event, arrival->record, arrival->len, hooks, 0};
	enum spool_accept accepted;

	if (arrival->len == 0)
		return refuse(arrival, readiness(spooler));
	if (event_decode(&event, arrival->record, arrival->len) != 0)
		return refuse(arrival, WIRE_INVALID);
	if ((source = binding_source(spooler->conf, &event)) == NULL)
		return refuse(arrival, WIRE_UNKNOWN);
	if (!acceptable(source, &event))
		return refuse(arrival, WIRE_INVALID);
	if (!space_enough(spooler->space))
		return refuse(arrival, WIRE_DISK);
	binding_hooks(source, &event, &binding);
	for (submission.n = 0; submission.n < binding.n; submission.n++)
		hooks[submission.n] = binding.identity[submission.n];
	if (submission.n > 0 && spool_counters(spooler->spool)->queued >= spooler->conf->max_queued)
		return refuse(arrival, WIRE_BUSY);
	accepted = spool_accept(
	    spooler->spool, &submission, clock_wall_ms(), &arrival->number, schedule_wake(spooler->schedule));
	if (accepted == SPOOL_FAILED)
		return -1;
	arrival->answer = event.kind == EVENT_REJECTED ? WIRE_KEPT
	    : accepted == SPOOL_STORED		       ? WIRE_STORED
						       : WIRE_DUPLICATE;
	return 0;
}

static void
flush(struct client *client)
{
	while (client->out_sent < client->out_len) {
		ssize_t n = send(client->socket, client->out + client->out_sent, client->out_len - client->out_sent,
		    MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
			event_add(client->writable, NULL);
			return;
		}
		if (n < 0) {
			client->broken = true;
			return;
		}
		client->out_sent += (size_t)n;
	}
	client->out_sent = client->out_len = 0;
}

/* Keep what is of the next frame. */
static void
consume(struct client *client)
{
	client->in_len -= client->in_done;
	memmove(client->in, client->in + client->in_done, client->in_len);
	client->in_done = 0;
}

/* Take what frames are here.  Returns false when the client is gone. */
static bool take_frames(struct client *client);

/* After a group, or when answers could be sent at last: the next frames, or wait for them. */
static void
go_on(struct client *client)
{
	if (client->waiting > 0)
		return;
	if (client->broken) {
		client_free(client);
		return;
	}
	/* As long as answers wait there is no room for more of them. */
	if (client->out_len > 0 || !take_frames(client))
		return;
	if (client->waiting == 0 && !client->stopped)
		event_add(client->readable, NULL);
}

static void
group_is_done(struct client *client)
{
	client->waiting = client->finished = 0;
	consume(client);
	flush(client);
	go_on(client);
}

static void
arrival_finish(struct batch_item *item, bool committed)
{
	struct arrival *arrival = (struct arrival *)item;
	struct client *client = arrival->client;

	if (!committed)
		arrival->answer = WIRE_DISK;
	if (arrival->answer == WIRE_INVALID)
		log_error("submit: a record was refused: it is not what a responder of this version sends");
	if (arrival->answer == WIRE_UNKNOWN)
		log_error(
		    "submit: a webhook for a source that this configuration does not have; are responder and spooler "
		    "running with the same file?");
	if (arrival->answer == WIRE_STORED)
		schedule_kick(client->spooler->schedule);
	wire_answer(client->out + client->out_len, arrival->sequence, arrival->answer, arrival->number);
	client->out_len += WIRE_ANSWER_SIZE;
	if (++client->finished == client->waiting)
		group_is_done(client);
}

static void
take_submit(struct client *client, const unsigned char *payload, size_t len)
{
	struct arrival *arrival = &client->arrivals[client->waiting++];
	struct wire_reader r;

	wire_reader_init(&r, payload, len);
	*arrival = (struct arrival){
	    .item = {arrival_store, arrival_finish},
	    .client = client,
	    .sequence = wire_get_u64(&r),
	    .record = r.at,
	    .len = (size_t)(r.end - r.at),
	};
}

/* Returns 0, or -1 when the client does not speak the protocol. */
static int
take_frame(struct client *client, uint8_t type, const unsigned char *payload, size_t len)
{
	struct wire_reader r;

	if (client->greeted && type == WIRE_SUBMIT && len >= 8) {
		take_submit(client, payload, len);
		return 0;
	}
	wire_reader_init(&r, payload, len);
	if (!client->greeted && type == WIRE_HELLO && wire_get_u32(&r) == WIRE_MAGIC &&
	    wire_get_u16(&r) == WIRE_VERSION && r.at == r.end) {
		client->greeted = true;
		return 0;
	}
	log_error("submit: a client that does not speak version %d of the protocol was cut off", WIRE_VERSION);
	return -1;
}

/* Room for a frame of FRAME bytes of which only the beginning is here; what a larger one needed is given back. */
static int
make_room(struct client *client, size_t frame)
{
	size_t size = frame > BUFFER_SIZE ? frame : BUFFER_SIZE;
	unsigned char *in;

	if (size == client->in_size)
		return 0;
	if (frame > WIRE_FRAME_MAX || (in = realloc(client->in, size)) == NULL) {
		log_error("submit: a frame of %zu bytes was refused", frame);
		return -1;
	}
	client->in = in;
	client->in_size = size;
	return 0;
}

static bool
take_frames(struct client *client)
{
	size_t from = 0, next = 0;

	while (client->waiting < WAITING_MAX && client->in_len - client->in_done >= WIRE_HEADER) {
		const unsigned char *frame = client->in + client->in_done;
		size_t len = (size_t)wire_u32_at(frame) + 4;

		if (len < WIRE_HEADER) {
			client->waiting = from;
			client_free(client);
			return false;
		}
		if (client->in_len - client->in_done < len) {
			next = len;
			break;
		}
		if (take_frame(client, frame[4], frame + WIRE_HEADER, len - WIRE_HEADER) != 0) {
			client->waiting = from;
			client_free(client);
			return false;
		}
		client->in_done += len;
	}
	/* Only now, when no arrival's record is in the buffer, may it move. */
	if (client->waiting == 0) {
		consume(client);
		if (make_room(client, next) == 0)
			return true;
		client_free(client);
		return false;
	}
	event_del(client->readable);
	/* Joined only now: a group may be committed at any join, and the buffer must not move before. */
	for (size_t n = client->waiting; from < n; from++)
		batch_join(client->spooler->batch, &client->arrivals[from].item);
	return true;
}

static void
on_readable(evutil_socket_t fd, short what, void *argument)
{
	struct client *client = argument;
	ssize_t n = recv(fd, client->in + client->in_len, client->in_size - client->in_len, MSG_DONTWAIT);

	(void)what;
	if (n < 0 && (errno == EINTR || errno == EAGAIN || errno == EWOULDBLOCK))
		return;
	if (n <= 0) {
		client_free(client);
		return;
	}
	client->in_len += (size_t)n;
	take_frames(client);
}

static void
on_writable(evutil_socket_t fd, short what, void *argument)
{
	struct client *client = argument;

	(void)fd;
	(void)what;
	flush(client);
	go_on(client);
}

struct client *
client_new(struct spooler *spooler, int socket, const struct client_owner *owner)
{
	struct client *client = calloc(1, sizeof *client);

	if (client == NULL) {
		close(socket);
		return NULL;
	}
	client->spooler = spooler;
	client->owner = *owner;
	client->socket = socket;
	client->in_size = BUFFER_SIZE;
	client->in = malloc(client->in_size);
	client->readable = event_new(spooler->base, socket, EV_READ | EV_PERSIST, on_readable, client);
	client->writable = event_new(spooler->base, socket, EV_WRITE, on_writable, client);
	if (client->in == NULL || client->readable == NULL || client->writable == NULL ||
	    event_add(client->readable, NULL) != 0) {
		client->owner.ended = NULL;
		client_free(client);
		errno = ENOMEM;
		return NULL;
	}
	wire_hello(client->out);
	client->out_len = WIRE_HELLO_SIZE;
	flush(client);
	return client;
}

void
client_stop(struct client *client)
{
	client->stopped = true;
	event_del(client->readable);
}

void
client_free(struct client *client)
{
	if (client == NULL)
		return;
	if (client->owner.ended != NULL)
		client->owner.ended(client->owner.context, client);
	if (client->readable != NULL)
		event_free(client->readable);
	if (client->writable != NULL)
		event_free(client->writable);
	close(client->socket);
	free(client->in);
	free(client);
}
