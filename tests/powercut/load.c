/*
 * load SUBMIT-SOCKET CONTROL-SOCKET SEED FIRST N MS: webhooks FIRST to FIRST + N - 1 by some connections, in groups of random sizes, over about MS
 * milliseconds, some of them twice; and an operator who lists what is done and drops what nobody wants.  Prints how many were answered how.
 */
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "../../src/lib/wire.h"
#include "../../src/protocol/submit.h"
#include "webhook.h"

#define CONNECTIONS 4
#define UNDER_WAY 400  /* webhooks; the spooler takes 512 of a client into one group */
#define AGAIN 16       /* one of so many is sent twice, */
#define AGAIN_NEAR 64  /* of the last so many */
#define OPERATOR_MS 40 /* between two questions */
#define DROPPED_OF \
	8 /* events of these numbers alone, so that of the others it is known what becomes of them: check.c */
#define DROPPED_REST 5
#define PATIENCE_MS 20000
#define ACKS 10

struct connection {
	int socket;
	unsigned char in[4096];
	size_t len;
	unsigned under_way;
};

static const char *submit_path;
static struct connection connections[CONNECTIONS];
static uint64_t seed, chance;
static unsigned counted[ACKS];

static uint64_t
next_chance(void)
{
	return chance = webhook_mix(chance);
}

static uint64_t
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static int
connect_to(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
	if (fd != -1 && connect(fd, (struct sockaddr *)&address, sizeof address) == 0)
		return fd;
	perror(path);
	exit(EXIT_FAILURE);
}

static void
open_connection(struct connection *c)
{
	unsigned char hello[SUBMIT_HELLO_SIZE];

	*c = (struct connection){.socket = connect_to(submit_path)};
	submit_put_hello(hello);
	(void)!send(c->socket, hello, sizeof hello, MSG_NOSIGNAL);
}

/* It was too slow for the spooler's clock: what was under way is sent no more, and nobody knows what became of it. */
static void
lose(struct connection *c)
{
	close(c->socket);
	open_connection(c);
}

static void
take_acks(struct connection *c)
{
	size_t at = 0;

	while (c->len - at >= 4 && c->len - at >= 4 + (size_t)wire_u32_at(c->in + at)) {
		const unsigned char *frame = c->in + at;

		at += 4 + (size_t)wire_u32_at(frame);
		if (frame[4] != SUBMIT_ACK)
			continue;
		c->under_way--;
		if (frame[13] < ACKS)
			counted[frame[13]]++;
	}
	c->len -= at;
	memmove(c->in, c->in + at, c->len);
}

/* What has come of all connections, waiting for WAIT_MS at most. */
static void
read_acks(int wait_ms)
{
	struct pollfd all[CONNECTIONS];

	for (int i = 0; i < CONNECTIONS; i++)
		all[i] = (struct pollfd){.fd = connections[i].socket, .events = POLLIN};
	if (poll(all, CONNECTIONS, wait_ms) <= 0)
		return;
	for (int i = 0; i < CONNECTIONS; i++) {
		struct connection *c = &connections[i];
		ssize_t n;

		if (all[i].revents == 0)
			continue;
		n = recv(c->socket, c->in + c->len, sizeof c->in - c->len, MSG_DONTWAIT);
		if (n > 0) {
			c->len += (size_t)n;
			take_acks(c);
		} else if (n == 0 || errno != EAGAIN)
			lose(c);
	}
}

/* All of it; acks are read meanwhile, or both sides would wait.  Returns 0, or -1: the connection is gone. */
static int
send_all(struct connection *c, const unsigned char *bytes, size_t len)
{
	while (len > 0) {
		ssize_t n = send(c->socket, bytes, len, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n < 0 && errno != EAGAIN)
			return -1;
		if (n < 0)
			read_acks(1);
		bytes += n > 0 ? n : 0;
		len -= n > 0 ? (size_t)n : 0;
	}
	return 0;
}

static void
send_webhook(struct connection *c, uint32_t serial)
{
	static struct webhook w;
	static unsigned char frame[SUBMIT_WEBHOOK_SIZE + 1024 + WEBHOOK_BODY_MAX];
	size_t head;

	webhook_make(&w, seed, serial);
	head = event_head_size(&w.event);
	submit_put_webhook(frame, serial, head + w.event.body_len);
	event_encode_head(&w.event, frame + SUBMIT_WEBHOOK_SIZE);
	memcpy(frame + SUBMIT_WEBHOOK_SIZE + head, w.event.body, w.event.body_len);
	c->under_way++;
	if (send_all(c, frame, SUBMIT_WEBHOOK_SIZE + head + w.event.body_len) != 0)
		lose(c);
}

/* The answers are read so that more can come; what they say the recorder knows. */
static void
ask(int control, uint32_t serial, bool list)
{
	char line[256], answer[65536];
	int len = list
	    ? snprintf(line, sizeof line, "{\"verb\":\"list\",\"state\":\"done\",\"from\":%u,\"limit\":100}\n",
		  (unsigned)(next_chance() % (serial + 1)) + 1)
	    : snprintf(line, sizeof line, "{\"verb\":\"drop\",\"number\":%u}\n",
		  (unsigned)(next_chance() % (serial / DROPPED_OF + 1) * DROPPED_OF + DROPPED_REST));

	(void)!send(control, line, (size_t)len, MSG_NOSIGNAL | MSG_DONTWAIT);
	while (recv(control, answer, sizeof answer, MSG_DONTWAIT) > 0)
		continue;
}

static unsigned
under_way(void)
{
	unsigned n = 0;

	for (int i = 0; i < CONNECTIONS; i++)
		n += connections[i].under_way;
	return n;
}

static void
send_group(uint32_t first, uint32_t *serial, uint32_t end)
{
	struct connection *c = &connections[next_chance() % CONNECTIONS];
	unsigned n = next_chance() % 4 == 0 ? 1 : 1 + (unsigned)(next_chance() % 24);

	for (; n > 0 && *serial < end; n--) {
		send_webhook(c, *serial);
		if (next_chance() % AGAIN == 0 && *serial > first + AGAIN_NEAR)
			send_webhook(&connections[next_chance() % CONNECTIONS],
			    *serial - (uint32_t)(next_chance() % AGAIN_NEAR));
		++*serial;
	}
}

static void
run(int control, uint32_t first, uint32_t n, uint64_t ms)
{
	uint64_t began = now_ms(), asked = 0;
	uint32_t serial = first;

	while (serial < first + n) {
		uint64_t now = now_ms(), should = ms == 0 ? n : n * (now - began) / ms;

		if (serial - first <= should && under_way() < UNDER_WAY)
			send_group(first, &serial, first + n);
		read_acks(serial - first > should ? 2 : 0);
		if (now - asked < OPERATOR_MS)
			continue;
		asked = now;
		ask(control, serial, next_chance() % 4 != 0);
	}
	for (began = now_ms(); under_way() > 0 && now_ms() - began < PATIENCE_MS;)
		read_acks(50);
}

int
main(int argc, char **argv)
{
	int control;

	if (argc != 7) {
		fputs("usage: load SUBMIT-SOCKET CONTROL-SOCKET SEED FIRST N MS\n", stderr);
		return EXIT_FAILURE;
	}
	submit_path = argv[1];
	chance = seed = strtoull(argv[3], NULL, 10);
	for (int i = 0; i < CONNECTIONS; i++)
		open_connection(&connections[i]);
	control = connect_to(argv[2]);
	run(control, (uint32_t)strtoul(argv[4], NULL, 10), (uint32_t)strtoul(argv[5], NULL, 10),
	    strtoull(argv[6], NULL, 10));
	printf("stored %u, duplicate %u, kept %u, busy %u, disk %u, refused %u, without an ack %u\n",
	    counted[SUBMIT_STORED], counted[SUBMIT_DUPLICATE], counted[SUBMIT_KEPT], counted[SUBMIT_BUSY],
	    counted[SUBMIT_DISK], counted[SUBMIT_UNKNOWN] + counted[SUBMIT_INVALID] + counted[SUBMIT_UNFIT],
	    under_way());
	return EXIT_SUCCESS;
}
