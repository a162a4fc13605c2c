/*
 * Fills a spool through the submit socket, as a responder would, without a web server before it.
 *
 *   fill -U SOCKET -s SOURCE -n EVENTS [-w WEBHOOKS] [-z BYTES]
 *
 * SOURCE is one with the preset anycheck.  Events are those that load posts (sample.h), each with a new id; WEBHOOKS of them (256) are under
 * way at a time, in as few writes as possible; -z makes bodies of at least so many bytes.  Prints one line of name=value pairs.
 * Exit status 0 when each was acknowledged as stored, 1 when not or when the spooler is gone, 2 for wrong usage.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "../../src/lib/wire.h"
#include "../../src/protocol/event.h"
#include "../../src/protocol/submit.h"
#include "sample.h"

#define WEBHOOKS 256 /* four times as many as the bench has connections: the largest groups of a busy machine */
#define WEBHOOKS_MAX 4096
#define TYPE "verification.completed"

struct fill {
	int fd;
	struct sample sample;
	struct event event; /* its texts point into what follows */
	char *body;
	char id[SAMPLE_ID_LEN + sizeof TYPE + 1]; /* both parts, with a blank between */
	char key[EVENT_KEY_MAX];
	unsigned char *frames; /* room for WEBHOOKS frames */
	size_t used;
	unsigned webhooks;
	uint64_t events, sent, acknowledged, stored;
	unsigned char acks[WEBHOOKS_MAX * SUBMIT_ACK_SIZE];
	size_t have; /* bytes of acks */
};

static void
fatal(const char *what)
{
	fprintf(stderr, "fill: %s%s%s\n", what, errno != 0 ? ": " : "", errno != 0 ? strerror(errno) : "");
	exit(EXIT_FAILURE);
}

static uint64_t
number(const char *text, uint64_t max)
{
	char *end;
	unsigned long long value;

	errno = 0;
	value = strtoull(text, &end, 10);
	if (errno != 0 || end == text || *end != '\0' || *text == '-' || value == 0 || value > max) {
		fprintf(stderr, "fill: %s: a number from 1 to %llu\n", text, (unsigned long long)max);
		exit(2);
	}
	return value;
}

static void
text_set(struct event *e, enum event_text which, const char *text, size_t len)
{
	e->text[which] = text;
	e->len[which] = (uint32_t)len;
}

/* What a responder finds in each of these webhooks with the preset anycheck; the places of the ids are filled in by event_next(). */
static void
event_init(struct fill *f, const char *source)
{
	static const char *const env[][2] = {
	    {"STATUS", "COMPLETED"}, {"CUSTOMER_ID", "cust-123"}, {"ORDER_ID", "order-456"}};
	struct event *e = &f->event;

	for (size_t i = 0; i < EVENT_TEXTS; i++)
		text_set(e, (enum event_text)i, "", 0);
	e->kind = EVENT_ACCEPTED;
	e->secret = 1;
	text_set(e, EVENT_SOURCE, source, strlen(source));
	text_set(e, EVENT_TYPE, TYPE, strlen(TYPE));
	text_set(e, EVENT_ADDRESS, "127.0.0.1", strlen("127.0.0.1"));
	text_set(e, EVENT_CONTENT_TYPE, "application/json", strlen("application/json"));
	for (e->nenv = 0; e->nenv < sizeof env / sizeof env[0]; e->nenv++)
		e->env[e->nenv] = (struct event_variable){env[e->nenv][0], env[e->nenv][1],
		    (uint32_t)strlen(env[e->nenv][0]), (uint32_t)strlen(env[e->nenv][1])};
	e->env[e->nenv++] = (struct event_variable){"VERIFICATION_ID", f->id, strlen("VERIFICATION_ID"), SAMPLE_ID_LEN};
	e->env[e->nenv++] = (struct event_variable){"RESULT_ID", f->id, strlen("RESULT_ID"), SAMPLE_ID_LEN};
	e->body = f->body;
	e->body_len = f->sample.len;
}

static void
event_next(struct fill *f)
{
	size_t key_len = 0;

	memcpy(f->id, sample_number(&f->sample, f->body, f->sent), SAMPLE_ID_LEN);
	memcpy(f->id + SAMPLE_ID_LEN, " " TYPE, sizeof TYPE + 1);
	if (event_key_add(f->key, sizeof f->key, &key_len, 's', f->id, SAMPLE_ID_LEN) != 0 ||
	    event_key_add(f->key, sizeof f->key, &key_len, 's', TYPE, strlen(TYPE)) != 0)
		fatal("the id is too long");
	text_set(&f->event, EVENT_ID, f->id, strlen(f->id));
	text_set(&f->event, EVENT_KEY, f->key, key_len);
	text_set(&f->event, EVENT_LANE, f->id, SAMPLE_ID_LEN);
}

static void
frame_add(struct fill *f)
{
	size_t head;
	unsigned char *out;

	event_next(f);
	head = event_head_size(&f->event);
	if (f->frames == NULL &&
	    (f->frames = malloc(f->webhooks * (SUBMIT_WEBHOOK_SIZE + head + f->sample.len))) == NULL)
		fatal("no frames");
	out = f->frames + f->used;
	submit_put_webhook(out, f->sent++, head + f->sample.len);
	event_encode_head(&f->event, out + SUBMIT_WEBHOOK_SIZE);
	memcpy(out + SUBMIT_WEBHOOK_SIZE + head, f->body, f->sample.len);
	f->used += SUBMIT_WEBHOOK_SIZE + head + f->sample.len;
}

static void
put(struct fill *f, const unsigned char *bytes, size_t len)
{
	while (len > 0) {
		ssize_t n = send(f->fd, bytes, len, MSG_NOSIGNAL);

		if (n < 0 && errno != EINTR)
			fatal("the spooler is gone");
		bytes += n > 0 ? n : 0;
		len -= n > 0 ? (size_t)n : 0;
	}
}

static void
get(struct fill *f, void *bytes, size_t len, size_t *have)
{
	ssize_t n = recv(f->fd, (char *)bytes + *have, len - *have, 0);

	if (n == 0)
		errno = 0;
	if (n == 0 || (n < 0 && errno != EINTR))
		fatal("the spooler is gone");
	*have += n > 0 ? (size_t)n : 0;
}

static void
ack_take(struct fill *f, const unsigned char *frame)
{
	struct wire_reader r;
	uint64_t sequence;
	enum submit_ack ack;

	wire_reader_init(&r, frame, SUBMIT_ACK_SIZE);
	errno = 0;
	if (wire_get_u32(&r) != SUBMIT_ACK_SIZE - 4 || wire_get_u8(&r) != SUBMIT_ACK)
		fatal("that is no ack");
	sequence = wire_get_u64(&r);
	ack = (enum submit_ack)wire_get_u8(&r);
	if (ack != SUBMIT_STORED && f->stored == f->acknowledged)
		fprintf(stderr, "fill: webhook %llu: %s\n", (unsigned long long)sequence, submit_ack_word(ack));
	f->stored += ack == SUBMIT_STORED;
	f->acknowledged++;
}

static void
acks_take(struct fill *f)
{
	size_t at = 0;

	get(f, f->acks, sizeof f->acks, &f->have);
	for (; f->have - at >= SUBMIT_ACK_SIZE; at += SUBMIT_ACK_SIZE)
		ack_take(f, f->acks + at);
	memmove(f->acks, f->acks + at, f->have - at);
	f->have -= at;
}

static void
greet(struct fill *f)
{
	unsigned char mine[SUBMIT_HELLO_SIZE], theirs[SUBMIT_HELLO_SIZE];
	size_t have = 0;

	submit_put_hello(mine);
	put(f, mine, sizeof mine);
	while (have < sizeof theirs)
		get(f, theirs, sizeof theirs, &have);
	errno = 0;
	if (memcmp(mine, theirs, sizeof mine) != 0)
		fatal("the spooler speaks another version");
}

/* Half of them are sent while the spooler commits the other half. */
static void
run(struct fill *f)
{
	while (f->acknowledged < f->events) {
		uint64_t under_way = f->sent - f->acknowledged, room = f->webhooks - under_way;

		if (f->sent < f->events && room >= (f->webhooks + 1) / 2) {
			for (f->used = 0; room > 0 && f->sent < f->events; room--)
				frame_add(f);
			put(f, f->frames, f->used);
		}
		acks_take(f);
	}
}

static void
connect_to(struct fill *f, const char *path)
{
	struct sockaddr_un un = {.sun_family = AF_UNIX};

	errno = 0;
	if (strlen(path) >= sizeof un.sun_path)
		fatal("the socket's path is too long");
	memcpy(un.sun_path, path, strlen(path));
	f->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (f->fd == -1 || connect(f->fd, (struct sockaddr *)&un, sizeof un) != 0)
		fatal(path);
}

static void
start(struct fill *f, int argc, char **argv)
{
	const char *path = NULL, *source = NULL;
	size_t bytes = 0;
	int c;

	f->webhooks = WEBHOOKS;
	while ((c = getopt(argc, argv, "U:s:n:w:z:")) != -1) {
		if (c == 'U')
			path = optarg;
		else if (c == 's')
			source = optarg;
		else if (c == 'n')
			f->events = number(optarg, UINT64_C(1000000000));
		else if (c == 'w')
			f->webhooks = (unsigned)number(optarg, WEBHOOKS_MAX);
		else if (c == 'z')
			bytes = number(optarg, 1u << 20);
	}
	if (optind != argc || path == NULL || source == NULL || f->events == 0) {
		fputs("usage: fill -U SOCKET -s SOURCE -n EVENTS [-w WEBHOOKS] [-z BYTES]\n", stderr);
		exit(2);
	}
	if (sample_init(&f->sample, bytes) != 0 || (f->body = strdup(f->sample.body)) == NULL)
		fatal("no sample");
	event_init(f, source);
	connect_to(f, path);
	greet(f);
}

int
main(int argc, char **argv)
{
	static struct fill f;
	struct timespec from, to;
	double seconds;

	start(&f, argc, argv);
	clock_gettime(CLOCK_MONOTONIC, &from);
	run(&f);
	clock_gettime(CLOCK_MONOTONIC, &to);
	seconds = (double)(to.tv_sec - from.tv_sec) + (double)(to.tv_nsec - from.tv_nsec) / 1e9;
	printf("stored=%llu other=%llu seconds=%.3f rate=%.1f bytes=%zu\n", (unsigned long long)f.stored,
	    (unsigned long long)(f.events - f.stored), seconds, (double)f.stored / seconds, f.sample.len);
	close(f.fd);
	free(f.frames);
	free(f.body);
	sample_free(&f.sample);
	return f.stored == f.events ? EXIT_SUCCESS : EXIT_FAILURE;
}
