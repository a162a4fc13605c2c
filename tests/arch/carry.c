/*
 * carry DIRECTORY HAVE WANT: opens the spool there, finds webhooks 1 to HAVE in it as this program puts them, on whatever processor it did so, and
 * the like of each is a duplicate; then puts in those up to WANT.  Exits with 1 and a line where that is not so.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/conf/conf.h"
#include "../../src/protocol/event.h"
#include "../../src/spool/spool.h"

#define HOOK "src/h"
#define BEGIN_MS 1000000000u
#define APART_MS 500u
#define KEEP_MS 80000u /* generations of 10 s: 20 webhooks; nothing is forgotten */
#define BODY_MAX 70000u

static struct conf conf = {.max_rejected = 1000, .cache = 1u << 20, .min_free = UINT64_MAX / 2};
static struct spool *spool;
static char body[BODY_MAX], id[32], key[64];

static void
fail(const char *format, ...)
{
	int why = errno;
	va_list args;

	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf(" (%s)\n", strerror(why));
	exit(1);
}

static bool
is_rejected(unsigned n)
{
	return n % 11 == 0;
}

static bool
is_done(unsigned n)
{
	return n % 3 == 0 && !is_rejected(n);
}

static void
set_text(struct event *event, enum event_text which, const char *text)
{
	event->text[which] = text;
	event->len[which] = (uint32_t)strlen(text);
}

/* The Nth webhook, until the next one is made. */
static struct event
webhook(unsigned n)
{
	struct event event = {.kind = is_rejected(n) ? EVENT_REJECTED : EVENT_ACCEPTED,
	    .received_ms = BEGIN_MS + (uint64_t)n * APART_MS,
	    .body = body,
	    .body_len = n % 17 == 0 ? BODY_MAX : n * 7919u % 3000};
	size_t len = 0;

	for (int i = 0; i < EVENT_TEXTS; i++)
		event.text[i] = "";
	for (size_t i = 0; i < event.body_len; i++)
		body[i] = (char)(n + i);
	snprintf(id, sizeof id, "id-%u", n);
	if (event_key_add(key, sizeof key, &len, 's', id, strlen(id)) != 0)
		fail("webhook %u: no key", n);
	set_text(&event, EVENT_SOURCE, "src");
	set_text(&event, EVENT_TYPE, n % 2 == 0 ? "even" : "odd");
	set_text(&event, EVENT_ID, id);
	set_text(&event, EVENT_LANE, n % 5 == 0 ? "lane" : "");
	set_text(&event, EVENT_REASON, is_rejected(n) ? "as agreed" : "");
	event.text[EVENT_KEY] = key;
	event.len[EVENT_KEY] = (uint32_t)len;
	return event;
}

static enum spool_accept
put(unsigned n, uint64_t *number)
{
	const struct event event = webhook(n);
	const char *hooks[] = {HOOK};
	enum spool_accept result;

	if (spool_begin(spool) != 0)
		fail("webhook %u: no transaction", n);
	result =
	    spool_accept(spool, &(struct spool_submission){&event, hooks, !is_rejected(n)}, event.received_ms, number);
	if (result == SPOOL_FAILED || spool_commit(spool) != 0)
		fail("webhook %u is not stored", n);
	return result;
}

static void
end_run(unsigned n)
{
	const struct attempt attempt = {.end = RUN_EXITED, .out = id, .out_len = (uint32_t)strlen(id), .err = ""};
	struct delivery delivery;

	if (spool_delivery(spool, n, HOOK, &delivery) != 0)
		fail("event %u has no delivery", n);
	delivery.state = DELIVERY_DONE;
	delivery.attempts = delivery.attempts_all = 1;
	delivery.ended_ms = BEGIN_MS;
	if (spool_begin(spool) != 0 ||
	    spool_outcome(spool, &(struct spool_outcome){n, HOOK, &delivery, &attempt}) != 0 ||
	    spool_commit(spool) != 0)
		fail("the outcome of event %u is not stored", n);
}

static void
retain(uint64_t now_ms)
{
	const struct spool_ages ages = {now_ms, KEEP_MS, 2 * KEEP_MS, false};

	if (spool_retain(spool, &ages) < 0)
		fail("no new generation");
	spool_wait(spool);
}

static void
put_up_to(unsigned have, unsigned want)
{
	uint64_t number;

	for (unsigned n = have + 1; n <= want; n++) {
		if (put(n, &number) != SPOOL_STORED || number != n)
			fail("webhook %u is event %llu", n, (unsigned long long)number);
		if (is_done(n))
			end_run(n);
		retain(BEGIN_MS + (uint64_t)n * APART_MS);
	}
	if (spool_begin(spool) != 0 || spool_suspend(spool, HOOK, want) != 0 || spool_commit(spool) != 0)
		fail("no suspension");
}

static int
is_the_attempt(void *context, uint32_t number, const struct attempt *attempt)
{
	(void)context;
	return number == 1 && attempt->out_len == strlen(id) && memcmp(attempt->out, id, attempt->out_len) == 0 ? 1 : 2;
}

static void
look_at_delivery(unsigned n)
{
	struct delivery delivery;

	if (spool_delivery(spool, n, HOOK, &delivery) != 0)
		fail("event %u has no delivery", n);
	if (delivery.state != (is_done(n) ? DELIVERY_DONE : DELIVERY_QUEUED))
		fail("event %u: state %d", n, (int)delivery.state);
	if (spool_attempts(spool, n, HOOK, &(struct spool_reader){is_the_attempt, NULL}) != (is_done(n) ? 1 : 0))
		fail("event %u has another attempt", n);
}

static void
look_at(unsigned n)
{
	static struct event there;
	const struct event event = webhook(n);
	uint64_t number = 0;

	if (spool_event(spool, n, &there) != 0)
		fail("event %u is not there", n);
	if (there.kind != event.kind || there.received_ms != event.received_ms || there.body_len != event.body_len ||
	    memcmp(there.body, event.body, event.body_len) != 0)
		fail("event %u is another one", n);
	for (int i = 0; i < EVENT_TEXTS; i++)
		if (there.len[i] != event.len[i] || memcmp(there.text[i], event.text[i], event.len[i]) != 0)
			fail("event %u: text %d", n, i);
	if (is_rejected(n))
		return;
	look_at_delivery(n);
	if (put(n, &number) != SPOOL_DUPLICATE || number != n)
		fail("webhook %u is new again: event %llu", n, (unsigned long long)number);
}

static void
look_up_to(unsigned have)
{
	uint64_t since, after_ms = 0, after = 0;
	unsigned due = 0;

	for (unsigned n = 1; n <= have; n++)
		look_at(n);
	if (have == 0)
		return;
	if (spool_counters(spool)->next != have + 1)
		fail("the next event is %llu", (unsigned long long)spool_counters(spool)->next);
	if (spool_suspended(spool, HOOK, &since) != 0 || since != have)
		fail("the hook is not suspended");
	while (spool_due(spool, HOOK, &after_ms, &after) == 0)
		due++;
	if (errno != ENOENT || due == 0)
		fail("what is due can't be read");
}

int
main(int argc, char **argv)
{
	unsigned have, want;

	if (argc != 4)
		return 2;
	have = (unsigned)strtoul(argv[2], NULL, 10);
	want = (unsigned)strtoul(argv[3], NULL, 10);
	conf.spool = argv[1];
	if ((spool = spool_open(&conf, spool_lock(argv[1]))) == NULL)
		fail("%s can't be opened", argv[1]);
	look_up_to(have);
	put_up_to(have, want);
	spool_close(spool);
	printf("%u webhooks are there, %u are new\n", have, want - have);
	return 0;
}
