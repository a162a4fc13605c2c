/* One process for each case: what is static here is new each time. */
#include "spooled.h"

#include <check.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../../src/conf/conf.h"
#include "../../src/lib/clock.h"
#include "../../src/lib/log.h"
#include "../../src/protocol/event.h"
#include "../../src/spool/spool.h"
#include "../../src/spooler/batch.h"
#include "../../src/spooler/binding.h"
#include "../../src/spooler/followers.h"
#include "../../src/spooler/schedule.h"
#include "../../src/spooler/space.h"
#include "runner_end.h"

static char dir[] = "/tmp/test_spooled.XXXXXX";
static char *command[] = {(char *)"/bin/true", NULL};

#define HOOK(TITLE)                                                                                    \
	.title = (char *)(TITLE), .command = command, .timeout_ms = 1000, .as = {.uid = ACCOUNT_SAME}, \
	.backoff = {.first_ms = 60000, .factor = 2, .max_ms = 600000, .give_up_ms = 86400000, .attempts = 3}

static struct hook hooks[SPOOLED_HOOKS] = {{HOOK("a.*"), .max_running = 1}, {HOOK("b"), .suspend_after = 2}};
static struct selector body = {.kind = SELECTOR_BODY};
static struct source sources[] = {{.name = (char *)"s",
    .max_body = 1u << 20,
    .unsigned_allowed = true,
    .ids = {&body},
    .nids = 1,
    .lane = &body,
    .hooks = hooks,
    .nhooks = SPOOLED_HOOKS}};
static struct conf conf = {.file = (char *)"/nonexistent/hookspool.conf",
    .sources = sources,
    .nsources = 1,
    .max_queued = 1000,
    .max_rejected = 10,
    .cache = 1u << 20,
    .max_running = 8};
static struct account same = {.uid = ACCOUNT_SAME};
static unsigned ids;

struct spooler spooled = {.conf = &conf, .accounts = {&same, 1}};
int spooled_runner;

/* Also of a case that ends the process. */
static void
at_the_end(void)
{
	char words[64];

	spool_close(spooled.spool);
	snprintf(words, sizeof words, "rm -rf %s", dir);
	(void)!system(words);
}

void
spooled_set_up(void)
{
	int pair[2], lock;

	log_open("test", "/dev/null");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	ck_assert_int_eq(atexit(at_the_end), 0);
	conf.spool = dir;
	ck_assert_int_ge(lock = spool_lock(dir), 0);
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair), 0);
	spooled_runner = pair[1];
	ck_assert_ptr_nonnull(spooled.base = event_base_new());
	ck_assert_ptr_nonnull(spooled.spool = spool_open(&conf, lock));
	ck_assert_ptr_nonnull(spooled.followers = followers_new());
	ck_assert_ptr_nonnull(spooled.batch = batch_new(spooled.base, spooled.spool));
	ck_assert_ptr_nonnull(spooled.space = space_new(&spooled));
	ck_assert_ptr_nonnull(spooled.schedule = schedule_new(&spooled, pair[0]));
}

void
spooled_tear_down(void)
{
	schedule_free(spooled.schedule);
	space_free(spooled.space);
	batch_free(spooled.batch);
	followers_free(spooled.followers);
	spool_close(spooled.spool);
	spooled.spool = NULL;
	event_base_free(spooled.base);
	close(spooled_runner);
}

void
spooled_without_b(bool without)
{
	sources[0].nhooks = without ? 1 : 2;
	ck_assert_int_eq(schedule_reload(spooled.schedule, &conf), 0);
}

static void
set_text(struct event *event, enum event_text which, const char *text)
{
	event->text[which] = text;
	event->len[which] = (uint32_t)strlen(text);
}

static uint64_t
accept_event(struct event *event)
{
	const char *accounts[SPOOL_DELIVERIES_MAX];
	struct spool_submission s = {event, accounts, 0};
	struct binding binding;
	uint64_t number;
	char key[32];

	snprintf(key, sizeof key, "s%u\x01", ++ids);
	set_text(event, EVENT_SOURCE, "s");
	set_text(event, EVENT_KEY, event->kind == EVENT_ACCEPTED ? key : "");
	event->received_ms = clock_wall_ms();
	binding_hooks(&sources[0], event, &binding);
	for (; s.n < binding.n; s.n++)
		accounts[s.n] = binding.identity[s.n];
	ck_assert_int_eq(batch_begin(spooled.batch), 0);
	ck_assert_int_eq(spool_accept(spooled.spool, &s, event->received_ms, &number), SPOOL_STORED);
	ck_assert_int_eq(batch_end(spooled.batch, 0), 0);
	return number;
}

static struct event
event_of(enum event_kind kind)
{
	struct event event = {.kind = kind, .body = "{}", .body_len = 2};

	for (int i = 0; i < EVENT_TEXTS; i++)
		event.text[i] = "";
	return event;
}

uint64_t
spooled_accept(const char *type, const char *lane)
{
	struct event event = event_of(EVENT_ACCEPTED);

	set_text(&event, EVENT_TYPE, type);
	set_text(&event, EVENT_LANE, lane);
	return accept_event(&event);
}

uint64_t
spooled_reject(const char *why)
{
	struct event event = event_of(EVENT_REJECTED);

	set_text(&event, EVENT_REASON, why);
	return accept_event(&event);
}

void
spooled_loop(void)
{
	for (int i = 0; i < 8; i++)
		event_base_loop(spooled.base, EVLOOP_NONBLOCK);
}

bool
spooled_started(struct run_start *run)
{
	static unsigned char message[RUN_MESSAGE_MAX];
	size_t len;
	int fd;

	while ((len = runner_end_receive(spooled_runner, message, &fd)) > 0) {
		if (fd != -1)
			close(fd);
		if (run_decode_start(run, message, len, &spooled.accounts) == 0)
			return true;
	}
	return false;
}

uint64_t
spooled_started_number(void)
{
	static struct run_start run;

	return spooled_started(&run) ? run.number : 0;
}

void
spooled_ends(uint64_t token, int status)
{
	static unsigned char message[RUN_MESSAGE_MAX];
	struct run_report report = {.token = token,
	    .end = RUN_EXITED,
	    .code = status,
	    .started_ms = clock_wall_ms(),
	    .ended_ms = clock_wall_ms(),
	    .out = "said",
	    .out_len = 4,
	    .out_total = 4,
	    .err = ""};
	size_t len = run_encode_report(&report, message);

	ck_assert_int_eq(send(spooled_runner, message, len, 0), (ssize_t)len);
	spooled_loop();
}

void
spooled_run(uint64_t number, int status)
{
	static struct run_start run;

	spooled_loop();
	ck_assert(spooled_started(&run));
	ck_assert_uint_eq(run.number, number);
	spooled_ends(run.token, status);
}
