/*
 * Rightly signed requests: what the input says, for a source of each preset (sources.h), signed with the right key as its sender would; so all
 * that is behind the signature is reached: payload, JSON, handshakes, fields, event, ids, then frame, claim, group and a real spool over a store
 * in memory.  What is stored is what was judged; what is known already, by its id or its body, is a duplicate of what it repeats.
 */
#include <event2/event.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../../src/lib/log.h"
#include "../../src/lib/wire.h"
#include "../../src/protocol/submit.h"
#include "../../src/spool/filter.h"
#include "../../src/spool/spool.h"
#include "../../src/spooler/batch.h"
#include "../../src/spooler/broken.h"
#include "../../src/spooler/client.h"
#include "../../src/spooler/space.h"
#include "../../src/spooler/spooler.h"
#include "../../src/webhook/address.h"
#include "../../src/webhook/asked.h"
#include "../../src/webhook/signature_sign.h"
#include "../../src/webhook/webhook.h"
#include "fuzz.h"
#include "memory_store.h"
#include "sources.h"

#define KNOWN_MAX 400 /* keys; then a new spool begins */
#define NOW 1700000000000u

const char fuzz_name[] = "signed";
unsigned long fuzz_accepted;

static struct sources sources;
static char key_file[64];
static struct spooler spooler;
static int connection = -1; /* the responder's end */

/* What the spool must know, by source and key. */
static struct {
	uint64_t hash, number;
} known[KNOWN_MAX];
static size_t nknown;

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
on_ended(void *context, struct client *client)
{
	(void)client;
	*(int *)context = -1;
}

static bool
on_room(void *context, ptrdiff_t more)
{
	(void)context;
	(void)more;
	return true;
}

static size_t
on_share(void *context)
{
	(void)context;
	return 1u << 20; /* all that a test sends */
}

static void
on_wait(void *context, struct client *client)
{
	(void)context;
	(void)client;
	FUZZ_HOLDS(false);
}

static void
loop(void)
{
	for (int i = 0; i < 4; i++)
		event_base_loop(spooler.base, EVLOOP_NONBLOCK);
}

static void
end_spool(void)
{
	if (connection != -1)
		close(connection);
	connection = -1;
	loop();
	batch_free(spooler.batch);
	spool_close(spooler.spool);
	memory_clear(&memory_disk);
	nknown = 0;
}

static void
begin_spool(void)
{
	static const struct client_owner owner = {&connection, on_ended, on_room, on_share, on_wait};
	unsigned char hello[SUBMIT_HELLO_SIZE], answer[SUBMIT_HELLO_SIZE];
	int pair[2];

	FUZZ_HOLDS((spooler.spool = spool_open(sources.conf, -1)) != NULL);
	spooler.batch = batch_new(spooler.base, spooler.spool);
	FUZZ_HOLDS(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair) == 0);
	FUZZ_HOLDS(client_new(&spooler, pair[0], &owner) != NULL);
	connection = pair[1];
	submit_put_hello(hello);
	FUZZ_HOLDS(send(connection, hello, sizeof hello, 0) == sizeof hello);
	loop();
	FUZZ_HOLDS(recv(connection, answer, sizeof answer, 0) == sizeof answer);
}

static void
begin(void)
{
	log_open("fuzz", "/dev/null");
	sources_read(&sources);
	snprintf(key_file, sizeof key_file, "%s/%s", sources.directory, SOURCES_KEY);
	free(sources.conf->spool);
	sources.conf->spool = strdup(sources.directory);
	spooler.conf = sources.conf;
	spooler.base = event_base_new();
	begin_spool();
	atexit(end_spool);
}

static void
send_all(const void *bytes, size_t len)
{
	for (size_t at = 0; at < len;) {
		ssize_t n = send(connection, (const char *)bytes + at, len - at, MSG_NOSIGNAL);

		FUZZ_HOLDS(n > 0 || connection != -1);
		at += n > 0 ? (size_t)n : 0;
		loop();
	}
}

/* As a responder does. */
static enum submit_ack
submit(const struct event *event, uint64_t *number)
{
	static uint64_t sequence;
	static unsigned char head[SUBMIT_WEBHOOK_SIZE + EVENT_HEAD_MAX];
	unsigned char ack[SUBMIT_ACK_SIZE + 1];
	struct wire_reader r;
	enum submit_ack result;
	size_t size = event_head_size(event);

	FUZZ_HOLDS(size <= EVENT_HEAD_MAX);
	submit_put_webhook(head, ++sequence, size + event->body_len);
	event_encode_head(event, head + SUBMIT_WEBHOOK_SIZE);
	send_all(head, SUBMIT_WEBHOOK_SIZE + size);
	send_all(event->body, event->body_len);
	loop();
	FUZZ_HOLDS(recv(connection, ack, sizeof ack, 0) == SUBMIT_ACK_SIZE && ack[4] == SUBMIT_ACK);
	wire_reader_init(&r, ack + SUBMIT_HEADER, SUBMIT_ACK_SIZE - SUBMIT_HEADER);
	FUZZ_HOLDS(wire_get_u64(&r) == sequence);
	result = (enum submit_ack)wire_get_u8(&r);
	*number = wire_get_u64(&r);
	return result;
}

static uint64_t
hash_of(const struct event *event, enum event_text which)
{
	return filter_hash(event->text[EVENT_SOURCE], event->len[EVENT_SOURCE]) * 31 +
	    filter_hash(event->text[which], event->len[which]);
}

/* The number that the spool knows the event by; 0: by none. */
static uint64_t
known_as(const struct event *event)
{
	for (enum event_text which = EVENT_KEY; which <= EVENT_GUARD; which += EVENT_GUARD - EVENT_KEY)
		for (size_t i = 0; event->len[which] > 0 && i < nknown; i++)
			if (known[i].hash == hash_of(event, which))
				return known[i].number;
	return 0;
}

static void
know(const struct event *event, uint64_t number)
{
	known[nknown].hash = hash_of(event, EVENT_KEY);
	known[nknown++].number = number;
	if (event->len[EVENT_GUARD] > 0) {
		known[nknown].hash = hash_of(event, EVENT_GUARD);
		known[nknown++].number = number;
	}
}

/* What is in the spool is what was judged. */
static void
check_stored(const struct event *event, uint64_t number)
{
	struct event stored;

	FUZZ_HOLDS(spool_event(spooler.spool, number, &stored) == 0 && stored.kind == event->kind);
	for (int i = 0; i < EVENT_TEXTS; i++)
		FUZZ_HOLDS(stored.len[i] == event->len[i] &&
		    (event->len[i] == 0 || memcmp(stored.text[i], event->text[i], event->len[i]) == 0));
	FUZZ_HOLDS(stored.nenv == event->nenv && stored.secret == event->secret);
	FUZZ_HOLDS(stored.body_len == event->body_len && memcmp(stored.body, event->body, event->body_len) == 0);
}

static void
hand_over(const struct event *event)
{
	uint64_t number, again, before = known_as(event);
	enum submit_ack ack = submit(event, &number);

	if (before != 0) {
		FUZZ_HOLDS(ack == SUBMIT_DUPLICATE && number != 0);
		return;
	}
	FUZZ_HOLDS(ack == SUBMIT_STORED && number != 0);
	check_stored(event, number);
	know(event, number);
	FUZZ_HOLDS(submit(event, &again) == SUBMIT_DUPLICATE && again == number);
	fuzz_accepted++;
}

static void
hand_over_rejected(const struct event *event)
{
	uint64_t number;

	FUZZ_HOLDS(event->kind == EVENT_REJECTED && event->len[EVENT_REASON] > 0);
	FUZZ_HOLDS(submit(event, &number) == SUBMIT_KEPT);
}

/* Returns whether the request is signed now; the values are VALUE's and TIMESTAMP's. */
static bool
sign(struct sources_request *request, struct webhook *webhook, char value[SIGNATURE_TEXT_MAX], char timestamp[32])
{
	const struct source *source = &sources.conf->sources[request->index];
	struct signature_signing signing = {
	    .source = source, .rule = source->signatures, .private_key = key_file, .timestamp = timestamp};

	if (source->nsignatures == 0)
		return true;
	snprintf(timestamp, 32, "%llu",
	    (unsigned long long)(signing.rule->timestamp_unit_ms > 0 ? NOW / signing.rule->timestamp_unit_ms : 0));
	if (signing.rule->from->kind != SELECTOR_HEADER)
		return false;
	if (signing.rule->timestamp != NULL)
		sources_set(request, signing.rule->timestamp->name, timestamp);
	if (signature_sign(&signing, webhook, value, SIGNATURE_TEXT_MAX) != NULL)
		return false;
	sources_set(request, signing.rule->from->name, value);
	return true;
}

static void
judge(struct sources_request *request, struct asked *asked, const struct webhook *webhook, bool is_signed)
{
	static struct verdict verdict;
	const struct source *source = &sources.conf->sources[request->index];

	verdict.step = verdict_asked(source, asked);
	if (verdict.step != VERDICT_GOES_ON)
		return;
	verdict_reach(sources.rules[request->index], webhook, &verdict);
	if (is_signed)
		FUZZ_HOLDS(verdict.step != VERDICT_SIGNATURE && verdict.step != VERDICT_NO_MEMORY);
	if (verdict.step == VERDICT_HANDSHAKE)
		FUZZ_HOLDS(verdict.handshake.len < HANDSHAKE_BODY_MAX);
	else if (verdict.step == VERDICT_EVENT)
		hand_over(&verdict.event);
	else if (verdict.step == VERDICT_PAYLOAD || verdict.step == VERDICT_SYNTAX || verdict.step == VERDICT_FIELD)
		hand_over_rejected(&verdict.event);
}

static void
take(struct sources_request *request)
{
	const struct source *source = &sources.conf->sources[request->index];
	char value[SIGNATURE_TEXT_MAX], timestamp[32], address[ADDRESS_TEXT_SIZE];
	struct asked asked;
	struct webhook webhook = {&asked, request->body, request->body_len, NOW};
	bool is_signed;

	if (sources_param(request, "REQUEST_METHOD") == NULL)
		sources_set(request, "REQUEST_METHOD", "POST");
	if (sources_param(request, "CONTENT_TYPE") == NULL)
		sources_set(request, "CONTENT_TYPE",
		    source->payload == PAYLOAD_JSON ? "application/json" : "application/x-www-form-urlencoded");
	if (sources_param(request, "HTTPS") == NULL)
		sources_set(request, "HTTPS", "on");
	sources_set(request, "REMOTE_ADDR", "192.0.2.1");
	asked_read(&asked, sources_param, request);
	is_signed = sign(request, &webhook, value, timestamp);
	asked.address = address_of(sources.conf, &asked, address);
	judge(request, &asked, &webhook, is_signed);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	char *text = malloc(len + 1), *copy;
	struct sources_request request;

	if (sources.conf == NULL)
		begin();
	if (nknown > KNOWN_MAX - 2) {
		end_spool();
		begin_spool();
	}
	memcpy(text, bytes, len);
	text[len] = '\0';
	if (sources_split(&sources, text, len, &request) == 0) {
		request.body = copy = (char *)fuzz_copy((uint8_t *)request.body, request.body_len);
		take(&request);
		free(copy);
	}
	free(text);
	return 0;
}
