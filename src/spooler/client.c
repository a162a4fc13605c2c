/*
 * One responder's connection.  A frame's record is stored from the very buffer it was read into: nothing more is read from this
 * client until its group is committed.  A client that breaks the protocol is cut off; nothing it sent half is kept, and what
 * was not acknowledged its responder sends again.
 */
#include "client.h"

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../lib/clock.h"
#include "../lib/log.h"
#include "../lib/log_flood.h"
#include "../lib/wire.h"
#include "../protocol/submit.h"
#include "admit.h"
#include "batch.h"
#include "news.h"
#include "passed.h"
#include "spooler.h"

#define SUBJECT "submit"	 /* of lines in the log */
#define STRANGER_SIZE 256u	 /* before it has greeted: what a greeting needs, and some more */
#define BUFFER_SIZE (256u << 10) /* a group of some hundred webhooks; grows for a larger one, and shrinks again */
#define WAITING_MAX 512		 /* webhooks of one client in one group */
#define FRAME_COST 512u		 /* bytes that take as long as a frame does beside its own */

struct arrival {
	struct batch_item item;
	struct client *client;
	uint64_t sequence;
	const unsigned char *record;
	size_t len;
	struct admitted admitted;
};

struct client {
	struct spooler *spooler;
	struct client_owner owner;
	int socket;
	struct event *readable, *writable;
	unsigned char *in;
	size_t in_size, in_len, in_done; /* room, bytes read, bytes of frames taken */
	unsigned char out[WAITING_MAX * SUBMIT_ACK_SIZE + SUBMIT_HELLO_SIZE];
	size_t out_len, out_sent;
	bool greeted, stopped, starved;
	size_t share;	   /* bytes of frames that it may yet have in this group */
	size_t beyond;	   /* what the next frame counts, which is beyond that and waits for its turn; 0: none does */
	uint64_t since_ms; /* monotonic: the last frame was taken, or what there is of the next began */
	size_t waiting, finished; /* arrivals[0 … waiting), of which FINISHED have been acknowledged */
	struct arrival arrivals[WAITING_MAX];
};

static int
arrival_store(struct batch_item *item)
{
	struct arrival *arrival = (struct arrival *)item;

	return admit(arrival->client->spooler, arrival->record, arrival->len, &arrival->admitted);
}

/* Any responder can cause these as often as it likes. */
static void
tell(const struct admitted *admitted)
{
	switch (admitted->ack) {
	case SUBMIT_INVALID:
		log_flood(LOG_FLOOD_ERROR, SUBJECT, "not a record",
		    "submit: a record was refused: it is not what a responder of this version sends");
		break;
	case SUBMIT_UNKNOWN:
		log_flood(LOG_FLOOD_ERROR, SUBJECT, "unknown source",
		    "submit: a webhook for a source that this configuration does not have; are responder and spooler "
		    "running with the same file, and was it reloaded?");
		break;
	case SUBMIT_UNFIT:
		log_flood(LOG_FLOOD_ERROR, admitted->source, admitted->why,
		    "submit: a webhook of source %s was refused: %s; are responder and spooler running with the same file, "
		    "and was it reloaded?",
		    admitted->source, admitted->why);
		break;
	default:
		break;
	}
}

/* Returns 0, or -1: the client is gone. */
static int
flush(struct client *client)
{
	while (client->out_sent < client->out_len) {
		ssize_t n = send(client->socket, client->out + client->out_sent, client->out_len - client->out_sent,
		    MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
			return event_add(client->writable, NULL);
		if (n < 0)
			return -1;
		client->out_sent += (size_t)n;
	}
	client->out_sent = client->out_len = 0;
	return 0;
}

static void
acknowledge(struct client *client, uint64_t sequence, enum submit_ack ack, uint64_t number)
{
	submit_put_ack(client->out + client->out_len, sequence, ack, number);
	client->out_len += SUBMIT_ACK_SIZE;
}

/* Whether one more ack has a place, besides those of the arrivals. */
static bool
has_place(const struct client *client)
{
	return client->waiting < WAITING_MAX &&
	    client->out_len + (client->waiting - client->finished + 1) * SUBMIT_ACK_SIZE <= sizeof client->out;
}

static void
take_submit(struct client *client, const unsigned char *payload, size_t len)
{
	struct arrival *arrival;
	struct wire_reader r;
	uint64_t sequence;

	wire_reader_init(&r, payload, len);
	sequence = wire_get_u64(&r);
	if (r.at == r.end) {
		acknowledge(client, sequence, admit_readiness(client->spooler), 0);
		return;
	}
	arrival = &client->arrivals[client->waiting++];
	arrival->sequence = sequence;
	arrival->record = r.at;
	arrival->len = (size_t)(r.end - r.at);
}

/* Returns 0, or -1 when the client does not speak the protocol. */
static int
take_frame(struct client *client, uint8_t type, const unsigned char *payload, size_t len)
{
	struct wire_reader r;

	if (client->greeted && type == SUBMIT_WEBHOOK && len >= 8) {
		take_submit(client, payload, len);
		return 0;
	}
	wire_reader_init(&r, payload, len);
	if (!client->greeted && type == SUBMIT_HELLO && wire_get_u32(&r) == SUBMIT_MAGIC &&
	    wire_get_u16(&r) == SUBMIT_VERSION && !r.bad && r.at == r.end) {
		client->greeted = true;
		return 0;
	}
	return -1;
}

/* How long the frame is that begins at FRAME, of which LEN bytes are here; 0: that can't be said yet, or SIZE_MAX: it is none. */
static size_t
frame_length(const struct client *client, const unsigned char *frame, size_t len)
{
	size_t max = client->greeted ? SUBMIT_FRAME_MAX : SUBMIT_HELLO_SIZE, length;

	if (len < SUBMIT_HEADER)
		return 0;
	length = (size_t)wire_u32_at(frame) + 4;
	return length < SUBMIT_HEADER || length > max ? SIZE_MAX : length;
}

/* Whether a frame of LEN bytes is within the client's share; if so, it is taken from that. */
static bool
spend(struct client *client, size_t len)
{
	size_t cost = len + FRAME_COST;

	if (cost > client->share) {
		client->beyond = cost;
		return false;
	}
	client->share -= cost;
	return true;
}

/*
 * All whole frames that are here, as far as the client's share goes and there is a place for their acks.  Returns how many, or -1: it is not the
 * protocol.
 */
static int
take_frames(struct client *client)
{
	int n = 0;

	client->beyond = 0;
	for (; has_place(client); n++) {
		const unsigned char *frame = client->in + client->in_done;
		size_t here = client->in_len - client->in_done, len = frame_length(client, frame, here);

		if (len == 0 || (len != SIZE_MAX && (here < len || !spend(client, len))))
			break;
		if (len == SIZE_MAX || take_frame(client, frame[4], frame + SUBMIT_HEADER, len - SUBMIT_HEADER) != 0) {
			log_flood(LOG_FLOOD_ERROR, SUBJECT, "not the protocol",
			    "submit: a client that does not speak version %d of the protocol was cut off",
			    SUBMIT_VERSION);
			return -1;
		}
		client->in_done += len;
	}
	return n;
}

static size_t
beyond(size_t size)
{
	return size > BUFFER_SIZE ? size - BUFFER_SIZE : 0;
}

/* Returns 0, or -1 with errno: EAGAIN (there is none now), ENOMEM. */
static int
resize(struct client *client, size_t size)
{
	ptrdiff_t more = (ptrdiff_t)beyond(size) - (ptrdiff_t)beyond(client->in_size);
	unsigned char *in;

	if (more > 0 && !client->owner.room(client->owner.context, more)) {
		errno = EAGAIN;
		return -1;
	}
	if ((in = realloc(client->in, size)) == NULL) {
		if (more > 0)
			client->owner.room(client->owner.context, -more);
		errno = ENOMEM;
		return -1;
	}
	client->in = in;
	client->in_size = size;
	if (more < 0)
		client->owner.room(client->owner.context, more);
	return 0;
}

/*
 * Room to read more of the frame that has begun.  It grows as bytes really come: who only says that there will be many costs nothing; and
 * what a larger frame needed is given back.
 */
static int
make_room(struct client *client)
{
	size_t usual = client->greeted ? BUFFER_SIZE : STRANGER_SIZE, size = usual;

	if (client->in_len >= usual) {
		size_t frame = frame_length(client, client->in, client->in_len);

		size = client->in_len < client->in_size ? client->in_size : 2 * client->in_size;
		size = size < frame ? size : frame;
	}
	return size == client->in_size ? 0 : resize(client, size);
}

/* Keep what is of the next frame; only now, when no arrival's record is in the buffer, may it move. */
static void
consume(struct client *client)
{
	if (client->in_done == 0)
		return;
	client->in_len -= client->in_done;
	memmove(client->in, client->in + client->in_done, client->in_len);
	client->in_done = 0;
	client->since_ms = clock_monotonic_ms();
}

static void
join(struct client *client)
{
	for (size_t i = 0; i < client->waiting; i++)
		batch_join(client->spooler->batch, &client->arrivals[i].item);
}

/* Wait for more of what has begun.  Returns 0, or -1: the client is to be cut off. */
static int
read_on(struct client *client)
{
	consume(client);
	if (make_room(client) == 0) {
		if (client->starved)
			client->since_ms = clock_monotonic_ms(); /* it was not the client who took so long */
		client->starved = false;
		return client->stopped ? 0 : event_add(client->readable, NULL);
	}
	if ((client->starved = errno == EAGAIN))
		return event_del(client->readable);
	log_flood(LOG_FLOOD_ERROR, SUBJECT, "out of memory", "submit: a webhook was refused: out of memory");
	return -1;
}

/* With no group under way: take what is here of SHARE bytes.  Returns -1 as read_on() does. */
static int
advance(struct client *client, size_t share)
{
	int taken = 1;

	client->share = share;
	/* As long as acks wait there is no room for more of them. */
	while (client->waiting == 0 && client->out_len == 0 && taken > 0)
		if ((taken = take_frames(client)) < 0 || flush(client) != 0)
			return -1;
	if (client->waiting > 0) {
		join(client);
		return 0;
	}
	if (client->out_len > 0)
		return event_del(client->readable);
	if (client->beyond == 0)
		return read_on(client);
	client->owner.wait(client->owner.context, client);
	return 0;
}

static void
go_on(struct client *client)
{
	if (client->waiting == 0 && advance(client, client->owner.share(client->owner.context)) != 0)
		client_free(client);
}

static void
arrival_finish(struct batch_item *item, bool committed)
{
	struct arrival *arrival = (struct arrival *)item;
	struct client *client = arrival->client;
	struct admitted *admitted = &arrival->admitted;

	if (!committed)
		*admitted = (struct admitted){.ack = SUBMIT_DISK};
	tell(admitted);
	log_debug("client %d: webhook %llu of %s: %s, event %llu", client->socket,
	    (unsigned long long)arrival->sequence, admitted->source != NULL ? admitted->source : "no source of ours",
	    submit_ack_word(admitted->ack), (unsigned long long)admitted->number);
	if (admitted->number != 0)
		news_tell(client->spooler->news, admitted->number,
		    admitted->ack == SUBMIT_KEPT ? "kept" : submit_ack_word(admitted->ack));
	acknowledge(client, arrival->sequence, admitted->ack, admitted->number);
	if (++client->finished < client->waiting)
		return;
	client->waiting = client->finished = 0;
	if (flush(client) != 0)
		client_free(client);
	else
		go_on(client);
}

static void
on_readable(evutil_socket_t fd, short what, void *argument)
{
	struct client *client = argument;
	ssize_t n;

	(void)what;
	/* Its group is committed before the loop looks again: to take the event out for so long would cost two system calls a group. */
	if (client->waiting > 0 || client->beyond > 0)
		return;
	n = passed_receive(fd, client->in + client->in_len, client->in_size - client->in_len);
	if (n < 0 && (errno == EINTR || errno == EAGAIN || errno == EWOULDBLOCK))
		return;
	if (n < 0 && errno == EBADMSG)
		log_flood(LOG_FLOOD_ERROR, SUBJECT, "descriptors",
		    "submit: a connection was ended: it passes descriptors, which no responder does");
	if (n <= 0) {
		client_free(client);
		return;
	}
	if (client->in_len == 0)
		client->since_ms = clock_monotonic_ms();
	client->in_len += (size_t)n;
	go_on(client);
}

static void
on_writable(evutil_socket_t fd, short what, void *argument)
{
	struct client *client = argument;

	(void)fd;
	(void)what;
	if (flush(client) != 0 && client->waiting == 0)
		client_free(client);
	else
		go_on(client);
}

struct client *
client_new(struct spooler *spooler, int socket, const struct client_owner *owner)
{
	struct client *client = calloc(1, sizeof *client);
	int why = ENOMEM;

	if (client == NULL) {
		passed_close(socket);
		return NULL;
	}
	client->spooler = spooler;
	client->owner = *owner;
	client->socket = socket;
	client->since_ms = clock_monotonic_ms();
	client->in_size = STRANGER_SIZE;
	client->in = malloc(client->in_size);
	client->readable = event_new(spooler->base, socket, EV_READ | EV_PERSIST, on_readable, client);
	client->writable = event_new(spooler->base, socket, EV_WRITE, on_writable, client);
	for (size_t i = 0; i < WAITING_MAX; i++)
		client->arrivals[i] =
		    (struct arrival){.item = {.store = arrival_store, .finish = arrival_finish}, .client = client};
	submit_put_hello(client->out);
	client->out_len = SUBMIT_HELLO_SIZE;
	if (client->in != NULL && client->readable != NULL && client->writable != NULL &&
	    event_add(client->readable, NULL) == 0) {
		if (flush(client) == 0)
			return client;
		why = errno;
	}
	client->owner.ended = NULL;
	client_free(client);
	errno = why;
	return NULL;
}

void
client_stop(struct client *client)
{
	client->stopped = true;
	event_del(client->readable);
}

void
client_go_on(struct client *client)
{
	if (client->starved && read_on(client) != 0)
		client_free(client);
}

size_t
client_turn(struct client *client)
{
	size_t beyond = client->beyond, share = client->owner.share(client->owner.context);

	if (advance(client, beyond > share ? beyond : share) != 0)
		client_free(client);
	return beyond;
}

enum client_state
client_state(const struct client *client, uint64_t now, uint64_t *for_ms)
{
	*for_ms = now - client->since_ms;
	if (client->waiting > 0)
		return CLIENT_BUSY;
	if (!client->greeted)
		return CLIENT_STRANGER;
	if (client->starved)
		return CLIENT_STARVED;
	if (client->beyond > 0)
		return CLIENT_TURN;
	return client->in_len > 0 ? CLIENT_HALF : CLIENT_IDLE;
}

size_t
client_large(const struct client *client)
{
	return beyond(client->in_size);
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
	passed_close(client->socket);
	free(client->in);
	if (client_large(client) > 0)
		client->owner.room(client->owner.context, -(ptrdiff_t)client_large(client));
	free(client);
}
