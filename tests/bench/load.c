/*
 * The bench's sender: posts signed AnyCheck webhooks over kept-alive connections, each at once after the last answer.
 *
 *   load -u PATH (-p PORT | -U SOCKET) -s SECRETFILE (-n REQUESTS | -d SECONDS) [-c CONNECTIONS] [-H HEADER] [-e TEXT]
 *        [-i SECONDS] [-z BYTES]
 *
 * Every request has an id that no run ever used before, and is made and signed just before it is sent (signed.h).  With -e, a 200 whose
 * body lacks TEXT is counted as unexpected.  With -i, each so many seconds are reported, too.  -z makes bodies of at least so many bytes.
 * It speaks to 127.0.0.1 or a Unix socket only: there is no way to name another host.
 *
 * One thread, epoll.  A connection that breaks with a request in flight counts as an error and is made anew; the run
 * ends early when no answer comes for 10 s.  Prints one line of name=value pairs (tally.h), after one for each interval; rate counts what
 * was answered 200 as expected.  Exit status 0, 1 when the run could not be made or no answer was as expected, 2 for wrong usage.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "answer.h"
#include "signed.h"
#include "tally.h"

#define CONNECTIONS_MAX 4096
#define REQUESTS_MAX 50000000u
#define BODY_MAX (1u << 20)
#define SILENCE_MS 10000 /* twice what senders wait for an answer */
#define NS_PER_S 1000000000ull

struct options {
	const char *path;
	const char *header;
	const char *expected;  /* in the body of each 200, or NULL */
	const char *unix_path; /* or NULL: PORT */
	const char *secret_file;
	unsigned port;
	unsigned connections;
	unsigned requests; /* 0: SECONDS decides */
	unsigned bytes;
	double seconds;
	double interval; /* or 0 */
};

struct connection {
	int fd;
	char *request;	/* its own, made anew each time; owned */
	bool in_flight; /* the request, or a part of it */
	size_t sent;
	uint64_t started_ns;
	size_t got;
	char answer[ANSWER_MAX + 1];
};

struct run {
	const struct options *options;
	struct signer signer;
	struct tally tally;
	struct connection *connections;
	int epoll;
	unsigned in_flight;
	uint64_t stop_ns; /* no request after it */
};

static uint64_t
now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * NS_PER_S + (uint64_t)t.tv_nsec;
}

static void
fatal(const char *what)
{
	fprintf(stderr, "load: %s%s%s\n", what, errno ? ": " : "", errno ? strerror(errno) : "");
	exit(EXIT_FAILURE);
}

static void
usage(void)
{
	fprintf(stderr,
	    "usage: load -u PATH (-p PORT | -U SOCKET) -s SECRETFILE (-n REQUESTS | -d SECONDS)\n"
	    "            [-c CONNECTIONS] [-H HEADER] [-e TEXT] [-i SECONDS] [-z BYTES]\n");
	exit(2);
}

static unsigned
number(const char *text, unsigned max)
{
	char *end;
	unsigned long value;

	errno = 0;
	value = strtoul(text, &end, 10);
	if (errno != 0 || end == text || *end != '\0' || *text == '-' || value == 0 || value > max)
		usage();
	return (unsigned)value;
}

static double
duration(const char *text)
{
	char *end;
	double value = strtod(text, &end);

	if (end == text || *end != '\0' || !(value > 0 && value <= 3600))
		usage();
	return value;
}

static void
option_take(struct options *o, int c)
{
	switch (c) {
	case 'u':
		o->path = optarg;
		break;
	case 'p':
		o->port = number(optarg, 65535);
		break;
	case 'U':
		o->unix_path = optarg;
		break;
	case 's':
		o->secret_file = optarg;
		break;
	case 'n':
		o->requests = number(optarg, REQUESTS_MAX);
		break;
	case 'd':
		o->seconds = duration(optarg);
		break;
	case 'c':
		o->connections = number(optarg, CONNECTIONS_MAX);
		break;
	case 'H':
		o->header = optarg;
		break;
	case 'e':
		o->expected = optarg;
		break;
	case 'i':
		o->interval = duration(optarg);
		break;
	case 'z':
		o->bytes = number(optarg, BODY_MAX);
		break;
	default:
		usage();
	}
}

static void
options_read(struct options *o, int argc, char **argv)
{
	int c;

	memset(o, 0, sizeof(*o));
	o->connections = 1;
	o->header = "X-Webhook-Signature";
	while ((c = getopt(argc, argv, "u:p:U:s:n:d:c:H:e:i:z:")) != -1)
		option_take(o, c);
	if (optind != argc || o->path == NULL || o->path[0] != '/' || o->secret_file == NULL)
		usage();
	if ((o->port == 0) == (o->unix_path == NULL) || (o->requests == 0) == (o->seconds == 0))
		usage();
}

static void
connection_open(struct run *r, struct connection *c)
{
	struct sockaddr_in in = {.sin_family = AF_INET};
	struct sockaddr_un un = {.sun_family = AF_UNIX};
	struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLET, .data.ptr = c};
	const struct options *o = r->options;
	int one = 1, result;

	c->fd = socket(o->unix_path ? AF_UNIX : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (c->fd < 0)
		fatal("socket");
	if (o->unix_path != NULL) {
		if (strlen(o->unix_path) >= sizeof(un.sun_path))
			fatal("the socket's path is too long");
		strcpy(un.sun_path, o->unix_path);
		result = connect(c->fd, (struct sockaddr *)&un, sizeof(un));
	} else {
		in.sin_port = htons((uint16_t)o->port);
		in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
		result = connect(c->fd, (struct sockaddr *)&in, sizeof(in));
	}
	if (result != 0)
		fatal("connect");
	if (fcntl(c->fd, F_SETFL, O_NONBLOCK) != 0 || epoll_ctl(r->epoll, EPOLL_CTL_ADD, c->fd, &event) != 0)
		fatal("epoll");
	c->in_flight = false;
}

static void
connection_reopen(struct run *r, struct connection *c)
{
	close(c->fd);
	r->tally.reconnects++;
	connection_open(r, c);
}

static bool
run_goes_on(const struct run *r, uint64_t now)
{
	if (r->options->requests != 0)
		return r->signer.next < r->options->requests;
	return now < r->stop_ns;
}

/* Put the next request on the connection, when the run still has one.  What does not fit goes out on EPOLLOUT. */
static void
request_start(struct run *r, struct connection *c, uint64_t now)
{
	ssize_t n;

	if (!run_goes_on(r, now))
		return;
	if (signer_next(&r->signer, c->request) != 0)
		fatal("signing failed");
	c->in_flight = true;
	c->started_ns = now_ns();
	c->got = 0;
	n = send(c->fd, c->request, r->signer.size, MSG_NOSIGNAL);
	/* A broken connection shows again when it is read, and is counted there. */
	c->sent = n > 0 ? (size_t)n : 0;
	r->in_flight++;
}

static void
answer_count(struct run *r, struct connection *c, int status, const char *body, uint64_t now)
{
	enum tally_answer answer = TALLY_REFUSED;
	static bool said;

	if (status == 200 && (r->options->expected == NULL || strstr(body, r->options->expected) != NULL))
		answer = TALLY_OK;
	else if (status == 200)
		answer = TALLY_UNEXPECTED;
	else if (status == 503)
		answer = TALLY_503;
	if (tally_add(&r->tally, answer, c->started_ns, now) != 0)
		fatal("out of memory");
	if (answer != TALLY_OK && !said) {
		fprintf(stderr, "load: the first unexpected answer: %d %.200s\n", status, body);
		said = true;
	}
}

static void
request_failed(struct run *r, struct connection *c)
{
	if (c->in_flight) {
		r->tally.errors++;
		r->in_flight--;
	}
	connection_reopen(r, c);
	if (r->tally.errors > 1000 + r->tally.ok)
		fatal("more requests fail than are answered");
	request_start(r, c, now_ns());
}

/* Something happened on the connection: write what is left of the request, read what there is of the answer. */
static void
connection_go_on(struct run *r, struct connection *c)
{
	const char *body;
	uint64_t now;
	bool closes;
	int status;
	ssize_t n;

	if (c->in_flight && c->sent < r->signer.size) {
		n = send(c->fd, c->request + c->sent, r->signer.size - c->sent, MSG_NOSIGNAL);
		c->sent += n > 0 ? (size_t)n : 0;
	}
	for (;;) {
		n = c->got < ANSWER_MAX ? recv(c->fd, c->answer + c->got, ANSWER_MAX - c->got, 0) : 0;
		if (n < 0 && errno == EAGAIN)
			return;
		if (n <= 0 || !c->in_flight) {
			request_failed(r, c);
			return;
		}
		c->got += (size_t)n;
		if ((body = answer_body(c->answer, c->got, &status, &closes)) != NULL)
			break;
	}
	now = now_ns();
	answer_count(r, c, status, body, now);
	c->in_flight = false;
	r->in_flight--;
	c->got = 0;
	if (closes)
		connection_reopen(r, c);
	request_start(r, c, now);
}

static void
run_all(struct run *r)
{
	struct epoll_event events[64];
	uint64_t start = now_ns();
	unsigned i;
	int n;

	tally_start(&r->tally, start, (uint64_t)(r->options->interval * (double)NS_PER_S));
	r->stop_ns = start + (uint64_t)(r->options->seconds * (double)NS_PER_S);
	for (i = 0; i < r->options->connections; i++)
		request_start(r, &r->connections[i], now_ns());
	while (r->in_flight > 0) {
		n = epoll_wait(r->epoll, events, 64, SILENCE_MS);
		if (n < 0 && errno != EINTR)
			fatal("epoll_wait");
		if (n == 0) {
			fprintf(stderr, "load: no answer for %d s\n", SILENCE_MS / 1000);
			r->tally.errors += r->in_flight;
			break;
		}
		for (i = 0; n > 0 && i < (unsigned)n; i++)
			connection_go_on(r, events[i].data.ptr);
	}
}

static double
seconds_of(const struct timeval *after, const struct timeval *before)
{
	return (double)(after->tv_sec - before->tv_sec) + (double)(after->tv_usec - before->tv_usec) / 1e6;
}

static void
report(struct run *r, const struct rusage *before, const struct rusage *after)
{
	tally_print(&r->tally);
	printf(" cpu=%.3f hwm_kb=%ld bytes=%zu\n",
	    seconds_of(&after->ru_utime, &before->ru_utime) + seconds_of(&after->ru_stime, &before->ru_stime),
	    after->ru_maxrss, r->signer.sample.len);
}

static void
connections_open(struct run *r)
{
	unsigned i;

	if ((r->epoll = epoll_create1(EPOLL_CLOEXEC)) < 0)
		fatal("epoll");
	if ((r->connections = calloc(r->options->connections, sizeof(*r->connections))) == NULL)
		fatal("out of memory");
	for (i = 0; i < r->options->connections; i++) {
		struct connection *c = &r->connections[i];

		if ((c->request = malloc(r->signer.size)) == NULL)
			fatal("out of memory");
		memcpy(c->request, r->signer.request, r->signer.size);
		connection_open(r, c);
	}
}

static void
run_free(struct run *r)
{
	for (unsigned i = 0; i < r->options->connections; i++) {
		close(r->connections[i].fd);
		free(r->connections[i].request);
	}
	close(r->epoll);
	free(r->connections);
	tally_free(&r->tally);
	signer_free(&r->signer);
}

int
main(int argc, char **argv)
{
	static struct run run;
	struct options options;
	struct rusage before, after;
	const char *wrong;
	bool any;

	options_read(&options, argc, argv);
	run.options = &options;
	if ((wrong = signer_init(&run.signer, options.path, options.header, options.secret_file, options.bytes)) !=
	    NULL)
		fatal(wrong);
	connections_open(&run);
	getrusage(RUSAGE_SELF, &before);
	run_all(&run);
	getrusage(RUSAGE_SELF, &after);
	report(&run, &before, &after);
	any = run.tally.ok > 0;
	run_free(&run);
	return any ? EXIT_SUCCESS : EXIT_FAILURE;
}
