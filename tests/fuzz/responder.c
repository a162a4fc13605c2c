/*
 * The responder's real loop, with its threads, between a web server and a spooler that both are the target: over several connections come
 * requests in the pieces that the input says, good ones, others, and what is none.  Each connection gets its end; what it got before is whole
 * FastCGI records with a status; what is handed over is a claim that the spooler would believe; no more are told that they are stored than are.
 *
 * No byte that is sent is above 127: libfcgi, which reads what is long or slow to come, allocates what a variable's length says before it is there,
 * so that a few bytes would take gigabytes.  Only the web server itself could send such, and whole.c, of which fastcgi.c sends all bytes, never
 * allocates.
 *
 * The input is a program: a byte says over which connection comes what (enum step), some have arguments behind it.
 */
#include <errno.h>
#include <fcgiapp.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "../../src/conf/conf.h"
#include "../../src/lib/log.h"
#include "../../src/lib/wire.h"
#include "../../src/protocol/submit.h"
#include "../../src/responder/handover.h"
#include "../../src/responder/loop.h"
#include "../../src/responder/rules.h"
#include "../../src/spooler/claim.h"
#include "fuzz.h"

#define SERVERS 4
#define SENT_MAX 150000 /* bytes over a connection: they fit into its socket */
#define REPLY_MAX (1u << 18)
#define END_MS 30000 /* nothing that the loop waits for takes so long */

const char fuzz_name[] = "responder";
const unsigned long fuzz_runs = 2500;
unsigned long fuzz_accepted;

enum step { RAW, BEGIN, PARAM, PARAMS_END, STDIN, STDIN_LONG, STDIN_END, POST };
enum { TYPE_BEGIN = 1, TYPE_PARAMS = 4, TYPE_STDIN = 5, TYPE_STDOUT = 6 };

static struct server {
	int fd; /* -1: not connected, or ended */
	size_t sent, len;
	unsigned char reply[REPLY_MAX];
} servers[SERVERS];

static struct rules_book book;
static struct loop *loop;
static struct conf *conf;
static struct sockaddr_un web = {.sun_family = AF_UNIX}, submit = {.sun_family = AF_UNIX};
static char directory[] = "/tmp/hookspool-fuzz.XXXXXX", path[64]; /* of the configuration */
static int listener, spooler = -1;
static unsigned char in[1u << 19]; /* from the responder */
static size_t in_len;
static unsigned how; /* the spooler acknowledges */
static unsigned long stored, told;

/* libfcgi (2.4.2) forgets 48 bytes with each management record of a type that it does not know.  Called by the sanitizer. */
const char *__lsan_default_suppressions(void);
const char *
__lsan_default_suppressions(void)
{
	return "leak:libfcgi";
}

static void
clean_up(void)
{
	loop_end(loop);
	unlink(path);
	unlink(web.sun_path);
	unlink(submit.sun_path);
	rmdir(directory);
}

static int
listen_at(struct sockaddr_un *address, const char *name)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(address->sun_path, sizeof address->sun_path, "%s/%s", directory, name);
	FUZZ_HOLDS(bind(fd, (struct sockaddr *)address, sizeof *address) == 0 && listen(fd, 64) == 0);
	return fd;
}

/* It stays there: who would start a spooler wants to know where it is. */
static struct conf *
read_conf(void)
{
	FILE *file;
	struct conf *read;

	snprintf(path, sizeof path, "%s/conf", directory);
	FUZZ_HOLDS((file = fopen(path, "we")) != NULL);
	fprintf(file,
	    "spool = '%s'\nsocket = '%s/submit'\nautostart = false\nthreads = 2\nhealth-path = '/health'\n"
	    "source 's' { path = '/s' unsigned = true event = 'body:/type' id = 'body:/id' max-body = '60k'\n"
	    "  lane = 'header:X-Lane' answer 'hello' { when = { 'body:/type=hello' } body = 'body:/id' } }\n",
	    directory, directory);
	fclose(file);
	FUZZ_HOLDS((read = conf_read(path, CONF_SECRETS, stderr)) != NULL);
	return read;
}

static void
begin(void)
{
	struct handover_owner owner = {loop_done, loop_watch, NULL};
	struct handover *handover;
	int fd;

	umask(077);
	signal(SIGPIPE, SIG_IGN);
	log_open("fuzz", "/dev/null");
	FUZZ_HOLDS(mkdtemp(directory) != NULL && FCGX_Init() == 0);
	conf = read_conf();
	fd = listen_at(&web, "web");
	FUZZ_HOLDS(dup2(fd, 0) == 0);
	close(fd);
	listener = listen_at(&submit, "submit");
	FUZZ_HOLDS((owner.context = loop = loop_new(&book, conf->threads)) != NULL);
	FUZZ_HOLDS((handover = handover_new(conf, &owner)) != NULL);
	FUZZ_HOLDS(rules_book_init(&book, read_conf()) == 0 && loop_begin(loop, handover) == 0);
	atexit(clean_up);
}

/* What is handed over would be believed. */
static enum submit_ack
take_webhook(const unsigned char *record, size_t len, uint64_t sequence)
{
	static const enum submit_ack acks[] = {SUBMIT_STORED, SUBMIT_STORED, SUBMIT_DUPLICATE, SUBMIT_BUSY, SUBMIT_DISK,
	    SUBMIT_UNFIT, SUBMIT_STORED, SUBMIT_UNKNOWN};
	uint8_t *copy = fuzz_copy(record, len);
	struct claim claim;
	struct event event;

	FUZZ_HOLDS(claim_decode(&claim, copy, len) == 0);
	FUZZ_HOLDS(claim_check(&claim, conf, 1700000000000u, &event).result == CLAIM_GOOD);
	free(copy);
	if (event.kind == EVENT_REJECTED)
		return SUBMIT_KEPT;
	return acks[(how >> sequence % 4) % (sizeof acks / sizeof acks[0])];
}

static void
take_frame(const unsigned char *frame, size_t size)
{
	unsigned char answer[SUBMIT_ACK_SIZE];
	uint64_t sequence;
	enum submit_ack ack = SUBMIT_READY;
	struct wire_reader r;

	if (frame[4] == SUBMIT_HELLO) {
		submit_put_hello(answer);
		(void)!send(spooler, answer, SUBMIT_HELLO_SIZE, MSG_NOSIGNAL);
		return;
	}
	FUZZ_HOLDS(frame[4] == SUBMIT_WEBHOOK && size >= SUBMIT_WEBHOOK_SIZE);
	wire_reader_init(&r, frame + SUBMIT_HEADER, 8);
	sequence = wire_get_u64(&r);
	if (size > SUBMIT_WEBHOOK_SIZE)
		ack = take_webhook(frame + SUBMIT_WEBHOOK_SIZE, size - SUBMIT_WEBHOOK_SIZE, sequence);
	stored += ack == SUBMIT_STORED;
	submit_put_ack(answer, sequence, ack, ack == SUBMIT_STORED || ack == SUBMIT_DUPLICATE ? 7 : 0);
	(void)!send(spooler, answer, SUBMIT_ACK_SIZE, MSG_NOSIGNAL);
}

static void
be_spooler(void)
{
	ssize_t n = recv(spooler, in + in_len, sizeof in - in_len, MSG_DONTWAIT);
	size_t at = 0, size;

	if (n <= 0) {
		close(spooler);
		spooler = -1;
		return;
	}
	in_len += (size_t)n;
	while (in_len - at >= 4 && in_len - at >= (size = (size_t)wire_u32_at(in + at) + 4)) {
		FUZZ_HOLDS(size <= sizeof in);
		take_frame(in + at, size);
		at += size;
	}
	memmove(in, in + at, in_len -= at);
}

static void
be_server(struct server *server)
{
	ssize_t n = recv(server->fd, server->reply + server->len, REPLY_MAX - server->len, MSG_DONTWAIT);

	FUZZ_HOLDS(server->len < REPLY_MAX);
	if (n > 0) {
		server->len += (size_t)n;
		return;
	}
	close(server->fd);
	server->fd = -1;
}

/* Be both for what has come within MS.  Returns whether anything had. */
static bool
turn(int ms)
{
	struct pollfd all[SERVERS + 2];
	int n;

	for (int i = 0; i < SERVERS; i++)
		all[i] = (struct pollfd){.fd = servers[i].fd, .events = POLLIN};
	all[SERVERS] = (struct pollfd){.fd = spooler, .events = POLLIN};
	all[SERVERS + 1] = (struct pollfd){.fd = spooler == -1 ? listener : -1, .events = POLLIN};
	if ((n = poll(all, SERVERS + 2, ms)) <= 0)
		return n == -1 && errno == EINTR && ms != 0; /* libFuzzer's alarm */
	for (int i = 0; i < SERVERS; i++)
		if (all[i].revents != 0)
			be_server(&servers[i]);
	if (all[SERVERS].revents != 0)
		be_spooler();
	if (all[SERVERS + 1].revents != 0) {
		spooler = accept(listener, NULL, NULL);
		in_len = 0;
	}
	return true;
}

static void
send_over(struct server *server, const void *bytes, size_t len)
{
	static unsigned char sent[SENT_MAX];

	if (server->fd == -1 && server->sent == 0) {
		server->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
		FUZZ_HOLDS(connect(server->fd, (struct sockaddr *)&web, sizeof web) == 0);
	}
	if (server->fd == -1 || server->sent + len > SENT_MAX)
		return;
	server->sent += len;
	for (size_t i = 0; i < len; i++)
		sent[i] = ((const unsigned char *)bytes)[i] & 127;
	(void)!send(server->fd, sent, len, MSG_NOSIGNAL | MSG_DONTWAIT);
	while (turn(0))
		continue;
}

static void
send_record(struct server *server, int type, const void *bytes, size_t len)
{
	static unsigned char record[65536 + 8];

	memcpy(
	    record, (unsigned char[8]){1, (unsigned char)type, 0, 1, (unsigned char)(len >> 8), (unsigned char)len}, 8);
	if (len > 0)
		memcpy(record + 8, bytes, len);
	send_over(server, record, 8 + len);
}

static void
send_param(struct server *server, const char *name, const uint8_t *value, size_t len)
{
	unsigned char pair[512];
	size_t name_len = strlen(name);

	pair[0] = (unsigned char)name_len;
	pair[1] = (unsigned char)(len & 127);
	memcpy(pair + 2, name, name_len);
	memcpy(pair + 2 + name_len, value, len & 127);
	send_record(server, TYPE_PARAMS, pair, 2 + name_len + (len & 127));
}

/* One with an ID of its own. */
static void
post(struct server *server, unsigned id, bool keep)
{
	static const char *const variables[][2] = {{"REQUEST_METHOD", "POST"}, {"REQUEST_URI", "/s"},
	    {"CONTENT_TYPE", "application/json"}, {"HTTPS", "on"}, {"REMOTE_ADDR", "192.0.2.7"}};
	char body[64], length[8];
	int len = snprintf(body, sizeof body, "{\"type\":\"%s\",\"id\":%u}", id % 8 == 7 ? "hello" : "t", id);

	send_record(server, TYPE_BEGIN, (unsigned char[8]){0, 1, keep}, 8);
	for (size_t i = 0; i < sizeof variables / sizeof variables[0]; i++)
		send_param(server, variables[i][0], (const uint8_t *)variables[i][1], strlen(variables[i][1]));
	snprintf(length, sizeof length, "%d", len);
	send_param(server, "CONTENT_LENGTH", (const uint8_t *)length, strlen(length));
	send_record(server, TYPE_PARAMS, NULL, 0);
	send_record(server, TYPE_STDIN, body, (size_t)len);
	send_record(server, TYPE_STDIN, NULL, 0);
}

struct program {
	const uint8_t *at, *end;
};

static unsigned
next_byte(struct program *p)
{
	return p->at < p->end ? *p->at++ : 0;
}

/* So many bytes as the next one says. */
static const uint8_t *
next_bytes(struct program *p, size_t *len)
{
	const uint8_t *bytes;

	*len = next_byte(p);
	if (*len > (size_t)(p->end - p->at))
		*len = (size_t)(p->end - p->at);
	bytes = p->at;
	p->at += *len;
	return bytes;
}

static void
step(struct program *p)
{
	static const char *const names[] = {"REQUEST_METHOD", "REQUEST_URI", "CONTENT_TYPE", "CONTENT_LENGTH", "HTTPS",
	    "REMOTE_ADDR", "HTTP_X_LANE", "HTTP_TRANSFER_ENCODING"};
	static const uint8_t blanks[256 * 127];
	unsigned what = next_byte(p);
	struct server *server = &servers[what % SERVERS];
	const uint8_t *bytes;
	size_t len;

	switch (what / SERVERS % 8) {
	case BEGIN:
		send_record(server, TYPE_BEGIN, (unsigned char[8]){0, 1, next_byte(p) & 1}, 8);
		break;
	case PARAM:
		what = next_byte(p);
		bytes = next_bytes(p, &len);
		send_param(server, names[what % 8], bytes, len);
		break;
	case PARAMS_END:
		send_record(server, TYPE_PARAMS, NULL, 0);
		break;
	case STDIN:
		bytes = next_bytes(p, &len);
		send_record(server, TYPE_STDIN, bytes, len);
		break;
	case STDIN_LONG:
		send_record(server, TYPE_STDIN, blanks, 256 * (next_byte(p) & 127));
		break;
	case STDIN_END:
		send_record(server, TYPE_STDIN, NULL, 0);
		break;
	case POST:
		what = next_byte(p);
		post(server, what, what & 1);
		break;
	default:
		bytes = next_bytes(p, &len);
		send_over(server, bytes, len);
	}
}

static bool
any_left(void)
{
	for (int i = 0; i < SERVERS; i++)
		if (servers[i].fd != -1)
			return true;
	return false;
}

/* Whole records; each request's output begins with its status. */
static void
check_reply(struct server *server)
{
	bool in_output = false;

	for (size_t at = 0, size; at < server->len; at += size) {
		const unsigned char *record = server->reply + at;

		FUZZ_HOLDS(server->len - at >= 8 && record[0] == 1);
		size = 8 + (size_t)(record[4] << 8 | record[5]) + record[6];
		FUZZ_HOLDS(server->len - at >= size);
		if (record[1] == TYPE_STDOUT && !in_output)
			FUZZ_HOLDS(size > 16 && memcmp(record + 8, "Status: ", 8) == 0);
		in_output = record[1] == TYPE_STDOUT;
		told += record[1] == TYPE_STDOUT && memmem(record, size, "\"stored\"", 8) != NULL;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct program program = {bytes, bytes + len};

	if (loop == NULL)
		begin();
	for (int i = 0; i < SERVERS; i++)
		servers[i].fd = -1, servers[i].sent = servers[i].len = 0;
	how = next_byte(&program);
	while (program.at < program.end)
		step(&program);
	for (int i = 0; i < SERVERS; i++)
		if (servers[i].fd != -1)
			shutdown(servers[i].fd, SHUT_WR);
	while (any_left())
		FUZZ_HOLDS(turn(END_MS));
	for (int i = 0; i < SERVERS; i++)
		check_reply(&servers[i]);
	FUZZ_HOLDS(told <= stored);
	fuzz_accepted = told;
	return 0;
}
