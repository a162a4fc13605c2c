/*
 * The submit socket: the real client, group commit, claims and their checks, over a socket pair; only the spool below is a counter.
 * Whatever comes, what reaches the spool is an event that fits the configuration, and what is answered is whole frames.
 */
#include <event2/event.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../../src/conf/conf.h"
#include "../../src/lib/log.h"
#include "../../src/lib/wire.h"
#include "../../src/protocol/event.h"
#include "../../src/protocol/submit.h"
#include "../../src/spool/spool.h"
#include "../../src/spooler/batch.h"
#include "../../src/spooler/broken.h"
#include "../../src/spooler/client.h"
#include "../../src/spooler/space.h"
#include "../../src/spooler/spooler.h"
#include "fuzz.h"

#define PEERS 3

const char fuzz_name[] = "submit";
const unsigned long fuzz_runs = 5000;
unsigned long fuzz_accepted;

static struct selector body = {.kind = SELECTOR_BODY}, header = {.kind = SELECTOR_HEADER};
static struct env_map env[] = {{(char *)"CUSTOMER_ID", &body}, {(char *)"PLAN", &header}};
static struct hook hooks[] = {{.title = (char *)"*"}};
static struct source sources[] = {{.name = (char *)"anycheck",
				      .max_body = 4096,
				      .ids = {&body, &body},
				      .nids = 2,
				      .lane = &body,
				      .env = env,
				      .nenv = 2,
				      .hooks = hooks,
				      .nhooks = 1,
				      .replay_guard = true},
    {.name = (char *)"open",
	.max_body = 64,
	.unsigned_allowed = true,
	.ids = {&header},
	.nids = 1,
	.payload = PAYLOAD_FORM}};
static struct conf conf = {.sources = sources, .nsources = 2, .max_queued = 1000};
static struct spooler spooler = {.conf = &conf};
static const struct spool_counters counters;
static bool in_transaction;
static ptrdiff_t large;

/* A responder's end of a connection. */
static struct peer {
	int socket;
	bool ended;
} peers[PEERS];

int
spool_begin(struct spool *spool)
{
	(void)spool;
	FUZZ_HOLDS(!in_transaction);
	in_transaction = true;
	return 0;
}

int
spool_commit(struct spool *spool)
{
	(void)spool;
	FUZZ_HOLDS(in_transaction);
	in_transaction = false;
	return 0;
}

void
spool_abort(struct spool *spool)
{
	(void)spool;
	in_transaction = false;
}

bool
spool_broken(const struct spool *spool)
{
	(void)spool;
	return false;
}

const struct spool_counters *
spool_counters(const struct spool *spool)
{
	(void)spool;
	return &counters;
}

bool
space_enough(const struct space *space)
{
	(void)space;
	return true;
}

void
broken_check(const struct spool *of)
{
	if (spool_broken(of))
		abort();
}

static void
check_variables(const struct source *source, const struct event *event)
{
	FUZZ_HOLDS(event->nenv <= source->nenv);
	for (size_t i = 0; i < event->nenv; i++) {
		FUZZ_HOLDS(event->env[i].name == env[0].name || event->env[i].name == env[1].name);
		FUZZ_HOLDS(event->env[i].name_len == strlen(event->env[i].name));
		FUZZ_HOLDS(i == 0 || event->env[i].name != event->env[0].name);
	}
}

enum spool_accept
spool_accept(struct spool *spool, const struct spool_submission *s, uint64_t now_ms, uint64_t *number)
{
	const struct event *e = s->event;
	const struct source *source = NULL;

	(void)spool;
	FUZZ_HOLDS(in_transaction);
	for (size_t i = 0; i < conf.nsources; i++)
		if (e->text[EVENT_SOURCE] == sources[i].name)
			source = &sources[i];
	FUZZ_HOLDS(source != NULL && e->received_ms == now_ms && now_ms > 1700000000000);
	FUZZ_HOLDS(e->kind == EVENT_ACCEPTED || e->kind == EVENT_REJECTED);
	FUZZ_HOLDS(e->body_len <= source->max_body && (e->secret == 0) == source->unsigned_allowed);
	FUZZ_HOLDS(event_head_size(e) <= EVENT_HEAD_MAX);
	FUZZ_HOLDS(e->kind == EVENT_REJECTED
		? s->n == 0 && e->len[EVENT_KEY] == 0 && e->nenv == 0
		: e->len[EVENT_KEY] > 0 && e->len[EVENT_TYPE] > 0 && s->n == source->nhooks);
	FUZZ_HOLDS(source->lane != NULL || e->len[EVENT_LANE] == 0);
	check_variables(source, e);
	*number = ++fuzz_accepted;
	return SPOOL_STORED;
}

static void
on_ended(void *context, struct client *client)
{
	struct peer *peer = context;

	(void)client;
	peer->ended = true;
}

static bool
on_room(void *context, ptrdiff_t more)
{
	(void)context;
	if (more > 0 && large + more > 1 << 20)
		return false;
	large += more;
	FUZZ_HOLDS(large >= 0);
	return true;
}

/* Whole frames of answers, and nothing else. */
static void
read_answers(int socket)
{
	static unsigned char answers[1 << 20];
	size_t len = 0;
	ssize_t n;

	while ((n = recv(socket, answers + len, sizeof answers - len, MSG_DONTWAIT)) > 0)
		len += (size_t)n;
	for (size_t at = 0; at < len;) {
		size_t size = (size_t)wire_u32_at(answers + at) + 4;

		FUZZ_HOLDS(len - at >= SUBMIT_HELLO_SIZE && len - at >= size);
		FUZZ_HOLDS((size == SUBMIT_HELLO_SIZE && answers[at + 4] == SUBMIT_HELLO) ||
		    (size == SUBMIT_ACK_SIZE && answers[at + 4] == SUBMIT_ACK));
		at += size;
	}
}

static void
loop(void)
{
	for (int i = 0; i < 6; i++)
		event_base_loop(spooler.base, EVLOOP_NONBLOCK);
}

static size_t
on_share(void *context)
{
	(void)context;
	return 1u << 20; /* all that a test sends */
}

static void
begin(void)
{
	log_open("fuzz", "/dev/null");
	spooler.base = event_base_new();
	spooler.batch = batch_new(spooler.base, spooler.spool);
}

static void
on_wait(void *context, struct client *client)
{
	(void)context;
	(void)client;
	FUZZ_HOLDS(false);
}

static void
connect_peer(struct peer *peer, bool greets)
{
	static struct client_owner owners[PEERS];
	unsigned char hello[SUBMIT_HELLO_SIZE];
	int pair[2];

	owners[peer - peers] = (struct client_owner){peer, on_ended, on_room, on_share, on_wait};
	FUZZ_HOLDS(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair) == 0);
	*peer = (struct peer){pair[1], false};
	FUZZ_HOLDS(client_new(&spooler, pair[0], &owners[peer - peers]) != NULL);
	submit_put_hello(hello);
	if (greets)
		FUZZ_HOLDS(send(peer->socket, hello, sizeof hello, 0) == sizeof hello);
}

static void
send_piece(struct peer *peer, const uint8_t *bytes, size_t len)
{
	if (!peer->ended)
		(void)!send(peer->socket, bytes, len, MSG_NOSIGNAL);
	loop();
	read_answers(peer->socket);
}

/* All over one connection, in N pieces. */
static void
send_even(const uint8_t *bytes, size_t len, size_t n)
{
	size_t piece = 1 + len / n;

	for (size_t at = 0; at < len && !peers[0].ended; at += piece)
		send_piece(&peers[0], bytes + at, len - at < piece ? len - at : piece);
}

/* Before each piece a byte says how long it is, and over which connection it goes. */
static void
send_pieces(const uint8_t *bytes, size_t len)
{
	while (len > 0) {
		size_t n = 1 + bytes[0] / 4;
		struct peer *peer = &peers[bytes[0] % 4 % PEERS];

		bytes++;
		len--;
		n = n < len ? n : len;
		send_piece(peer, bytes, n);
		bytes += n;
		len -= n;
	}
}

/* The first byte says in which pieces the rest comes, and whether a greeting is before it. */
int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	if (len == 0)
		return 0;
	if (spooler.base == NULL)
		begin();
	for (size_t i = 0; i < PEERS; i++)
		connect_peer(&peers[i], (bytes[0] & 1) == 0);
	if (bytes[0] >= 0x80)
		send_pieces(bytes + 1, len - 1);
	else
		send_even(bytes + 1, len - 1, 1 + (bytes[0] >> 1) % 8u);
	for (size_t i = 0; i < PEERS; i++)
		close(peers[i].socket);
	loop();
	for (size_t i = 0; i < PEERS; i++)
		FUZZ_HOLDS(peers[i].ended);
	FUZZ_HOLDS(large == 0 && !in_transaction);
	return 0;
}
