/*
 * The control socket: the real one, with a real spool behind it that has some events, and a runner that takes what it is told and says
 * nothing.  Whatever is asked, the first line of each answer is a JSON object, and counters and table agree afterwards.
 */
#include <event2/event.h>
#include <json-c/json.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "../../src/conf/conf.h"
#include "../../src/lib/clock.h"
#include "../../src/lib/log.h"
#include "../../src/protocol/control.h"
#include "../../src/protocol/event.h"
#include "../../src/spool/spool.h"
#include "../../src/spooler/batch.h"
#include "../../src/spooler/broken.h"
#include "../../src/spooler/control.h"
#include "../../src/spooler/followers.h"
#include "../../src/spooler/schedule.h"
#include "../../src/spooler/space.h"
#include "../../src/spooler/spooler.h"
#include "fuzz.h"

#define EVENTS 6

const char fuzz_name[] = "control";
unsigned long fuzz_accepted;

static char dir[] = "/dev/shm/hookspool-fuzz.XXXXXX";
static char *command[] = {(char *)"/bin/true", NULL};
static struct selector body = {.kind = SELECTOR_BODY};
static struct hook hooks[] = {
    {.title = (char *)"a.*", .command = command, .timeout_ms = 1000, .as = {.uid = ACCOUNT_SAME}},
    {.title = (char *)"*", .command = command, .timeout_ms = 1000, .all = true, .as = {.uid = ACCOUNT_SAME}}};
static struct source sources[] = {
    {.name = (char *)"s", .max_body = 4096, .ids = {&body}, .nids = 1, .hooks = hooks, .nhooks = 2}};
static struct conf conf = {.file = (char *)"/nonexistent",
    .sources = sources,
    .nsources = 1,
    .max_queued = 1000,
    .cache = 1u << 20,
    .max_running = 2};
static struct account same = {.uid = ACCOUNT_SAME};
static struct spooler spooler = {.conf = &conf, .accounts = {&same, 1}};
static struct sockaddr_un address = {.sun_family = AF_UNIX};
static int runner;
static struct control *control;

void
broken_check(const struct spool *of)
{
	if (spool_broken(of))
		abort();
}

/* All of it, so that what is left is a leak. */
static void
clean_up(void)
{
	char words[64];

	control_free(control);
	schedule_free(spooler.schedule);
	space_free(spooler.space);
	batch_free(spooler.batch);
	followers_free(spooler.followers);
	spool_close(spooler.spool);
	event_base_free(spooler.base);
	snprintf(words, sizeof words, "rm -rf %s", dir);
	(void)!system(words);
}

static void
add_event(size_t i)
{
	static const char *const types[] = {"a.b", "a.c", "other"};
	const char *accounts[] = {"s/a.*", "s/*"};
	char key[] = "s0\x01";
	struct event event = {
	    .kind = EVENT_ACCEPTED, .received_ms = clock_wall_ms(), .body = "{\"x\":1}", .body_len = 7};
	uint64_t number;

	key[1] = (char)('0' + i);
	for (int t = 0; t < EVENT_TEXTS; t++)
		event.text[t] = "";
	event.text[EVENT_SOURCE] = "s";
	event.len[EVENT_SOURCE] = 1;
	event.text[EVENT_TYPE] = types[i % 3];
	event.len[EVENT_TYPE] = (uint32_t)strlen(types[i % 3]);
	event.text[EVENT_KEY] = key;
	event.len[EVENT_KEY] = 3;
	FUZZ_HOLDS(spool_begin(spooler.spool) == 0);
	FUZZ_HOLDS(spool_accept(spooler.spool, &(struct spool_submission){&event, accounts, i % 3}, clock_wall_ms(),
		       &number) == SPOOL_STORED);
	FUZZ_HOLDS(spool_commit(spooler.spool) == 0);
}

static void
begin(void)
{
	int pair[2], listener, lock;

	signal(SIGPIPE, SIG_IGN);
	log_open("fuzz", "/dev/null");
	FUZZ_HOLDS(mkdtemp(dir) != NULL);
	atexit(clean_up);
	conf.spool = dir;
	FUZZ_HOLDS((lock = spool_lock(dir)) != -1 && (spooler.base = event_base_new()) != NULL);
	FUZZ_HOLDS((spooler.spool = spool_open(&conf, lock)) != NULL && (spooler.followers = followers_new()) != NULL);
	FUZZ_HOLDS(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair) == 0);
	runner = pair[1];
	spooler.batch = batch_new(spooler.base, spooler.spool);
	spooler.space = space_new(&spooler);
	spooler.schedule = schedule_new(&spooler, pair[0]);
	for (size_t i = 0; i < EVENTS; i++)
		add_event(i);
	snprintf(address.sun_path, sizeof address.sun_path, "%s/control.sock", dir);
	listener = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	FUZZ_HOLDS(bind(listener, (struct sockaddr *)&address, sizeof address) == 0 && listen(listener, 8) == 0);
	FUZZ_HOLDS((control = control_new(&spooler, listener)) != NULL);
}

static void
loop(void)
{
	static char ignored[RUN_MESSAGE_MAX];

	for (int i = 0; i < 4; i++)
		event_base_loop(spooler.base, EVLOOP_NONBLOCK);
	while (recv(runner, ignored, sizeof ignored, MSG_DONTWAIT) > 0)
		continue;
}

/* The first line; a body's bytes may follow one. */
static void
check_answer(int socket)
{
	static char answer[1 << 20];
	size_t len = 0;
	ssize_t n;
	struct json_object *object, *error;
	char *end;

	while ((n = recv(socket, answer + len, sizeof answer - 1 - len, MSG_DONTWAIT)) > 0)
		len += (size_t)n;
	if (len == 0)
		return;
	answer[len] = '\0';
	FUZZ_HOLDS((end = strchr(answer, '\n')) != NULL);
	*end = '\0';
	object = json_tokener_parse(answer);
	FUZZ_HOLDS(json_object_is_type(object, json_type_object));
	fuzz_accepted += !json_object_object_get_ex(object, "error", &error);
	json_object_put(object);
}

static void
check_counters(void)
{
	const struct spool_counters *c = spool_counters(spooler.spool);
	uint64_t deliveries = 0, counted = c->queued + c->done + c->dead + c->dropped;

	for (uint64_t number = 1; number <= EVENTS; number++) {
		struct spool_delivery all[SPOOL_DELIVERIES_MAX];
		int n = spool_deliveries(spooler.spool, number, all, SPOOL_DELIVERIES_MAX);

		FUZZ_HOLDS(n >= 0);
		deliveries += (uint64_t)n;
	}
	FUZZ_HOLDS(deliveries == counted && c->events == EVENTS && c->next == EVENTS + 1);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	int client;

	if (spooler.base == NULL)
		begin();
	client = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	FUZZ_HOLDS(connect(client, (struct sockaddr *)&address, sizeof address) == 0);
	(void)!send(client, bytes, len, MSG_NOSIGNAL | MSG_DONTWAIT);
	(void)!send(client, "\n", 1, MSG_NOSIGNAL | MSG_DONTWAIT);
	loop();
	check_answer(client);
	close(client);
	loop();
	check_counters();
	return 0;
}
