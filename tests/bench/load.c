/*
 * The bench's sender: posts signed AnyCheck webhooks over kept-alive connections, each at once after the last answer.
 *
 *   load -u PATH (-p PORT | -U SOCKET) -s SECRETFILE (-n REQUESTS | -d SECONDS) [-c CONNECTIONS] [-H HEADER] [-e TEXT]
 *        [-b PREPARED]
 *
 * Every request is a complete verification.completed event with an id that no run ever used before (half of it random
 * for the run, half a scattered counter), signed with hex HMAC-SHA256 in HEADER.  Requests are made and signed before
 * the clock starts; those beyond PREPARED are made during the run and counted as late.  With -e, a 200 whose body lacks
 * TEXT is counted as unexpected.
 * It speaks to 127.0.0.1 or a Unix socket only: there is no way to name another host.
 *
 * One thread, epoll.  A connection that breaks with a request in flight counts as an error and is made anew; the run
 * ends early when no answer comes for 10 s.  Prints one line of name=value pairs; rate counts what was answered 200 as
 * expected.  Exit status 0, 1 when the run could not be made or no answer was as expected, 2 for wrong usage.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#define CONNECTIONS_MAX 4096
#define REQUESTS_MAX 50000000u
#define SECRET_MAX 4096
#define ANSWER_MAX 16384	  /* bytes of an answer with its head; ours have some 200 */
#define SILENCE_MS 10000	  /* twice what senders wait for an answer */
#define PREPARED_PER_SECOND 25000 /* more than the web server manages on a small machine; 1 KiB each */
#define ID_LEN 36
#define SIGNATURE_LEN 64
#define NS_PER_S 1000000000ull

/* The complete example of the sender's page; the two %s are ids of the form of a UUID. */
static const char event_format[] = "{\n"
				   "  \"event\": \"verification.completed\",\n"
				   "  \"verification_id\": \"%s\",\n"
				   "  \"result_id\": \"%s\",\n"
				   "  \"status\": \"COMPLETED\",\n"
				   "  \"service\": {\n"
				   "    \"id\": \"service-uuid\",\n"
				   "    \"name\": \"KTP Verification\"\n"
				   "  },\n"
				   "  \"output\": {\n"
				   "    \"verified\": true,\n"
				   "    \"match_score\": 0.95,\n"
				   "    \"data\": {\n"
				   "      \"nik\": \"1234567890123456\",\n"
				   "      \"name\": \"JOHN DOE\",\n"
				   "      \"birth_date\": \"1990-01-01\"\n"
				   "    }\n"
				   "  },\n"
				   "  \"metadata\": {\n"
				   "    \"customer_id\": \"cust-123\",\n"
				   "    \"order_id\": \"order-456\",\n"
				   "    \"internal_ref\": \"ref-789\"\n"
				   "  },\n"
				   "  \"execution_time\": 5.2,\n"
				   "  \"completed_at\": \"2024-01-15T10:05:30Z\",\n"
				   "  \"credit_used\": 1\n"
				   "}\n";

struct options {
	const char *path;
	const char *header;
	const char *expected;  /* in the body of each 200, or NULL */
	const char *unix_path; /* or NULL: PORT */
	const char *secret_file;
	unsigned port;
	unsigned connections;
	unsigned requests; /* 0: SECONDS decides */
	double seconds;
	unsigned prepared;
};

/* Requests of one size side by side; the one with number N lives in slot N modulo COUNT. */
struct stock {
	char *slots;
	size_t size; /* of one request */
	size_t signature_at, body_at, id_at, result_at;
	unsigned count;
	uint64_t prefix;
	uint64_t next, late;
	EVP_MAC_CTX *mac; /* keyed once */
};

struct connection {
	int fd;
	const char *request; /* in flight, or NULL */
	size_t sent;
	uint64_t started_ns;
	size_t got;
	char answer[ANSWER_MAX + 1];
};

struct tally {
	uint64_t ok;	     /* 200, with the expected text */
	uint64_t unexpected; /* 200, without it */
	uint64_t status_503;
	uint64_t refused; /* any other status */
	uint64_t errors;  /* no answer */
	uint64_t reconnects;
	uint32_t *latency_us; /* of each answer */
	size_t answers, room;
	uint64_t last_ns;
};

struct run {
	const struct options *options;
	struct stock stock;
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
	    "            [-c CONNECTIONS] [-H HEADER] [-e TEXT] [-b PREPARED]\n");
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

static void
options_read(struct options *o, int argc, char **argv)
{
	char *end;
	int c;

	memset(o, 0, sizeof(*o));
	o->connections = 1;
	o->header = "X-Webhook-Signature";
	while ((c = getopt(argc, argv, "u:p:U:s:n:d:c:H:e:b:")) != -1) {
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
			o->seconds = strtod(optarg, &end);
			if (end == optarg || *end != '\0' || !(o->seconds > 0 && o->seconds <= 3600))
				usage();
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
		case 'b':
			o->prepared = number(optarg, REQUESTS_MAX);
			break;
		default:
			usage();
		}
	}
	if (optind != argc || o->path == NULL || o->path[0] != '/' || o->secret_file == NULL)
		usage();
	if ((o->port == 0) == (o->unix_path == NULL) || (o->requests == 0) == (o->seconds == 0))
		usage();
	if (o->prepared == 0)
		o->prepared = o->requests ? o->requests : (unsigned)(o->seconds * PREPARED_PER_SECOND);
	/* A slot is made anew only long after its request has gone out. */
	if (o->prepared < 2 * o->connections)
		o->prepared = 2 * o->connections;
}

/* The key is the file's bytes without the line feed that editors leave at its end. */
static EVP_MAC_CTX *
mac_new(const char *file)
{
	unsigned char secret[SECRET_MAX];
	char digest[] = "SHA256";
	OSSL_PARAM params[2] = {
	    OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0), OSSL_PARAM_construct_end()};
	EVP_MAC *hmac;
	EVP_MAC_CTX *mac;
	FILE *f;
	size_t len;

	if ((f = fopen(file, "re")) == NULL)
		fatal(file);
	len = fread(secret, 1, sizeof(secret), f);
	fclose(f);
	if (len > 0 && secret[len - 1] == '\n')
		len--;
	errno = 0;
	if (len == 0)
		fatal("the secret file is empty");
	hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	mac = hmac != NULL ? EVP_MAC_CTX_new(hmac) : NULL;
	if (mac == NULL || EVP_MAC_init(mac, secret, len, params) != 1)
		fatal("no HMAC-SHA256 in libcrypto");
	EVP_MAC_free(hmac);
	OPENSSL_cleanse(secret, sizeof(secret));
	return mac;
}

static void
hex_put(char *out, const unsigned char *bytes, size_t n)
{
	static const char digits[] = "0123456789abcdef";
	size_t i;

	for (i = 0; i < n; i++) {
		out[2 * i] = digits[bytes[i] >> 4];
		out[2 * i + 1] = digits[bytes[i] & 15];
	}
}

/* One to one, and scattered: the last step of splitmix64. */
static uint64_t
scatter(uint64_t x)
{
	x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
	return x ^ x >> 31;
}

/* Give the request in SLOT the id with this number, and its signature.  Senders' ids come in no order: so do these. */
static void
stock_make(struct stock *s, char *slot, uint64_t id_number)
{
	uint64_t x = scatter(s->prefix + id_number);
	unsigned char digest[EVP_MAX_MD_SIZE];
	char id[ID_LEN + 1];
	size_t len;

	snprintf(id, sizeof(id), "%08" PRIx64 "-%04" PRIx64 "-%04" PRIx64 "-%04" PRIx64 "-%012" PRIx64, x >> 32,
	    x >> 16 & 0xffff, x & 0xffff, s->prefix >> 48, s->prefix & UINT64_C(0xffffffffffff));
	memcpy(slot + s->id_at, id, ID_LEN);
	memcpy(slot + s->result_at, id, ID_LEN);
	if (EVP_MAC_init(s->mac, NULL, 0, NULL) != 1 ||
	    EVP_MAC_update(s->mac, (unsigned char *)slot + s->body_at, s->size - s->body_at) != 1 ||
	    EVP_MAC_final(s->mac, digest, &len, sizeof(digest)) != 1)
		fatal("signing failed");
	hex_put(slot + s->signature_at, digest, SIGNATURE_LEN / 2);
}

static void
stock_fill(struct stock *s, const struct options *o)
{
	static const char id[] = "00000000-0000-0000-0000-000000000000";
	char signature[SIGNATURE_LEN + 1], body[sizeof(event_format) + 2 * ID_LEN], *request;
	int len;
	unsigned i;

	s->mac = mac_new(o->secret_file);
	if (getrandom(&s->prefix, sizeof(s->prefix), 0) != (ssize_t)sizeof(s->prefix))
		fatal("getrandom");
	memset(signature, '0', SIGNATURE_LEN);
	signature[SIGNATURE_LEN] = '\0';
	snprintf(body, sizeof(body), event_format, id, id);
	len = asprintf(&request,
	    "POST %s HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
	    "Content-Length: %zu\r\n%s: %s\r\n\r\n%s",
	    o->path, strlen(body), o->header, signature, body);
	if (len < 0)
		fatal("out of memory");
	s->size = (size_t)len;
	s->body_at = s->size - strlen(body);
	s->signature_at = (size_t)(strstr(request, signature) - request);
	s->id_at = (size_t)(strstr(request, id) - request);
	s->result_at = (size_t)(strstr(request + s->id_at + ID_LEN, id) - request);
	s->count = o->prepared;
	if ((s->slots = calloc(s->count, s->size)) == NULL)
		fatal("out of memory");
	for (i = 0; i < s->count; i++) {
		memcpy(s->slots + i * s->size, request, s->size);
		stock_make(s, s->slots + i * s->size, i);
	}
	free(request);
}

static const char *
stock_take(struct stock *s)
{
	char *slot = s->slots + s->next % s->count * s->size;

	if (s->next >= s->count) {
		stock_make(s, slot, s->next);
		s->late++;
	}
	s->next++;
	return slot;
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
	c->request = NULL;
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
		return r->stock.next < r->options->requests;
	return now < r->stop_ns;
}

/* Put the next request on the connection, when the run still has one.  What does not fit goes out on EPOLLOUT. */
static void
request_start(struct run *r, struct connection *c, uint64_t now)
{
	ssize_t n;

	if (!run_goes_on(r, now))
		return;
	c->request = stock_take(&r->stock);
	c->started_ns = now;
	c->got = 0;
	n = send(c->fd, c->request, r->stock.size, MSG_NOSIGNAL);
	/* A broken connection shows again when it is read, and is counted there. */
	c->sent = n > 0 ? (size_t)n : 0;
	r->in_flight++;
}

/* Length of the body that starts at BODY in chunks, or 0 when its end is not there yet. */
static size_t
chunks_length(const char *body)
{
	const char *p = body;
	char *end;
	unsigned long size;

	for (;;) {
		size = strtoul(p, &end, 16);
		if (end == p || size > ANSWER_MAX || (end = strstr(end, "\r\n")) == NULL)
			return 0;
		if (strlen(end + 2) < size + 2)
			return 0;
		p = end + 2 + size + 2;
		if (size == 0)
			return (size_t)(p - body);
	}
}

/* The answer's body when the answer is complete, or NULL.  *STATUS and *CLOSES say what its head says. */
static const char *
answer_body(struct connection *c, int *status, bool *closes)
{
	char *end, *field;
	const char *body;
	size_t len;

	c->answer[c->got] = '\0';
	if ((end = strstr(c->answer, "\r\n\r\n")) == NULL)
		return NULL;
	body = end + 4;
	end[2] = '\0';
	*status = strncmp(c->answer, "HTTP/1.1 ", 9) == 0 ? atoi(c->answer + 9) : 0;
	*closes = strcasestr(c->answer, "\r\nConnection: close\r\n") != NULL;
	field = strcasestr(c->answer, "\r\nContent-Length:");
	if (field != NULL)
		len = strtoul(field + strlen("\r\nContent-Length:"), NULL, 10);
	else if (strcasestr(c->answer, "\r\nTransfer-Encoding: chunked\r\n") == NULL ||
	    (len = chunks_length(body)) == 0)
		len = SIZE_MAX;
	end[2] = '\r';
	return len <= strlen(body) ? body : NULL;
}

static void
answer_count(struct run *r, struct connection *c, int status, const char *body, uint64_t now)
{
	struct tally *t = &r->tally;
	uint64_t us = (now - c->started_ns) / 1000;
	uint32_t *grown;
	static bool said;

	if (t->answers == t->room) {
		t->room = t->room ? 2 * t->room : 65536;
		if ((grown = realloc(t->latency_us, t->room * sizeof(*grown))) == NULL)
			fatal("out of memory");
		t->latency_us = grown;
	}
	t->latency_us[t->answers++] = us < UINT32_MAX ? (uint32_t)us : UINT32_MAX;
	t->last_ns = now;
	if (status == 200 && (r->options->expected == NULL || strstr(body, r->options->expected) != NULL)) {
		t->ok++;
		return;
	}
	if (status == 200)
		t->unexpected++;
	else if (status == 503)
		t->status_503++;
	else
		t->refused++;
	if (!said)
		fprintf(stderr, "load: the first unexpected answer: %d %.200s\n", status, body);
	said = true;
}

static void
request_failed(struct run *r, struct connection *c)
{
	if (c->request != NULL) {
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

	if (c->request != NULL && c->sent < r->stock.size) {
		n = send(c->fd, c->request + c->sent, r->stock.size - c->sent, MSG_NOSIGNAL);
		c->sent += n > 0 ? (size_t)n : 0;
	}
	for (;;) {
		n = c->got < ANSWER_MAX ? recv(c->fd, c->answer + c->got, ANSWER_MAX - c->got, 0) : 0;
		if (n < 0 && errno == EAGAIN)
			return;
		if (n <= 0 || c->request == NULL) {
			request_failed(r, c);
			return;
		}
		c->got += (size_t)n;
		if ((body = answer_body(c, &status, &closes)) != NULL)
			break;
	}
	now = now_ns();
	answer_count(r, c, status, body, now);
	c->request = NULL;
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
	if (r->tally.last_ns <= start)
		r->tally.last_ns = now_ns();
	r->tally.last_ns -= start;
}

static int
by_size(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

/* The nearest-rank percentile. */
static uint32_t
percentile(const struct tally *t, unsigned percent)
{
	size_t rank = (t->answers * percent + 99) / 100;

	return t->answers == 0 ? 0 : t->latency_us[rank == 0 ? 0 : rank - 1];
}

static double
seconds_of(const struct timeval *after, const struct timeval *before)
{
	return (double)(after->tv_sec - before->tv_sec) + (double)(after->tv_usec - before->tv_usec) / 1e6;
}

static void
report(struct run *r, const struct rusage *before, const struct rusage *after)
{
	struct tally *t = &r->tally;
	double seconds = (double)t->last_ns / (double)NS_PER_S;

	if (t->answers > 0)
		qsort(t->latency_us, t->answers, sizeof(*t->latency_us), by_size);
	printf("answers=%zu ok=%" PRIu64, t->answers, t->ok);
	printf(" s503=%" PRIu64 " refused=%" PRIu64, t->status_503, t->refused);
	printf(" unexpected=%" PRIu64 " errors=%" PRIu64, t->unexpected, t->errors);
	printf(" reconnects=%" PRIu64 " late=%" PRIu64 " seconds=%.3f rate=%.1f", t->reconnects, r->stock.late, seconds,
	    (double)t->ok / seconds);
	printf(" p50_us=%u p99_us=%u max_us=%u", percentile(t, 50), percentile(t, 99), percentile(t, 100));
	printf(" cpu=%.3f hwm_kb=%ld bytes=%zu\n",
	    seconds_of(&after->ru_utime, &before->ru_utime) + seconds_of(&after->ru_stime, &before->ru_stime),
	    after->ru_maxrss, r->stock.size - r->stock.body_at);
}

int
main(int argc, char **argv)
{
	struct options options;
	struct run run = {.options = &options};
	struct rusage before, after;
	unsigned i;

	options_read(&options, argc, argv);
	stock_fill(&run.stock, &options);
	if ((run.epoll = epoll_create1(EPOLL_CLOEXEC)) < 0)
		fatal("epoll");
	if ((run.connections = calloc(options.connections, sizeof(*run.connections))) == NULL)
		fatal("out of memory");
	for (i = 0; i < options.connections; i++)
		connection_open(&run, &run.connections[i]);
	getrusage(RUSAGE_SELF, &before);
	run_all(&run);
	getrusage(RUSAGE_SELF, &after);
	report(&run, &before, &after);
	for (i = 0; i < options.connections; i++)
		close(run.connections[i].fd);
	close(run.epoll);
	free(run.connections);
	free(run.tally.latency_us);
	free(run.stock.slots);
	EVP_MAC_CTX_free(run.stock.mac);
	return run.tally.ok > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
