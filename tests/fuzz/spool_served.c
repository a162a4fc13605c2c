/* Times are given, so that the spool is the same one each time. */
#include "spool_served.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "../../src/conf/conf.h"
#include "../../src/protocol/event.h"
#include "../../src/spool/filter.h"
#include "../../src/spool/jumps.h"
#include "../../src/spool/spool.h"
#include "fuzz.h"

#define BEGAN 1700000000000u /* ms */
#define KEEP 16000u	     /* a generation is an eighth of it */
#define RETAINED_MAX 2000    /* steps of retention until there is no more to do */
#define RUN_MAX 100
#define FILTERS_MAX 24

static char dir[] = "/dev/shm/hookspool-fuzz.XXXXXX";
static struct conf conf = {.spool = dir, .max_rejected = 3, .cache = 1u << 20};
static struct spool *spool;
static uint64_t now = BEGAN, dedup = KEEP;
static uint64_t sums[SERVED_NUMBERS]; /* of the events; 0: there is none */

static void
clean_up(void)
{
	char words[64];

	snprintf(words, sizeof words, "rm -rf %s", dir);
	(void)!system(words);
}

static void
set_text(struct event *event, enum event_text which, const char *text)
{
	event->text[which] = text;
	event->len[which] = (uint32_t)strlen(text);
}

/* The webhook that ID stands for: what it is follows from that alone. */
static enum spool_accept
accept_webhook(unsigned id, uint64_t *number)
{
	static char body[8500]; /* the longest are apart from their records */
	static const char *const hooks[] = {"s/a", "s/b"}, *const lanes[] = {"", "l", "", "m"};
	struct event event = {
	    .kind = id % 7 == 6 ? EVENT_REJECTED : EVENT_ACCEPTED, .received_ms = now, .body = body, .secret = 1};
	bool accepted = event.kind == EVENT_ACCEPTED;
	char key[32], guard[32];

	for (int i = 0; i < EVENT_TEXTS; i++)
		set_text(&event, (enum event_text)i, "");
	set_text(&event, EVENT_SOURCE, "s");
	set_text(&event, EVENT_ADDRESS, "192.0.2.1");
	set_text(&event, accepted ? EVENT_TYPE : EVENT_REASON, "a type");
	snprintf(key, sizeof key, "s%u\x01", id);
	snprintf(guard, sizeof guard, "g%u\x01", id);
	set_text(&event, EVENT_KEY, accepted ? key : "");
	set_text(&event, EVENT_GUARD, accepted && id % 3 == 0 ? guard : "");
	set_text(&event, EVENT_LANE, accepted ? lanes[id % 4] : "");
	event.body_len = id % 5 == 4 ? sizeof body : id % 5 == 3 ? 900 : id % 5;
	memset(body, 'a' + (int)(id % 26), event.body_len);
	return spool_accept(spool, &(struct spool_submission){&event, hooks, accepted ? (id + 1) % 3 : 0}, now, number);
}

/* End the transaction as RESULT says.  Returns it, or -1. */
static int
end(int result)
{
	if (result < 0) {
		FUZZ_HOLDS(errno != 0);
		spool_abort(spool);
		return -1;
	}
	return spool_commit(spool) == 0 ? result : -1;
}

static void
begin(void)
{
	FUZZ_HOLDS(spool_begin(spool) == 0);
	errno = 0;
}

static enum spool_accept
take(unsigned id, uint64_t *number)
{
	enum spool_accept result;

	begin();
	result = accept_webhook(id, number);
	return end(result == SPOOL_FAILED ? -1 : 0) == 0 ? result : SPOOL_FAILED;
}

static void
take_new(unsigned from, unsigned to)
{
	uint64_t number;

	for (unsigned id = from; id <= to; id++)
		FUZZ_HOLDS(take(id, &number) == SPOOL_STORED);
}

static int
run_ends(uint64_t number, const char *hook, enum delivery_state state)
{
	struct attempt attempt = {RUN_EXITED, (int)number, now - 5, now, 7, 8, 3, 0, 3, 0, "out", ""};
	struct delivery after;

	begin();
	if (spool_delivery(spool, number, hook, &after) != 0)
		return end(-1);
	after.state = state;
	after.attempts++;
	after.attempts_all++;
	after.next_ms = state == DELIVERY_QUEUED ? now + 100 : 0;
	after.ended_ms = state == DELIVERY_QUEUED ? 0 : now;
	return end(spool_outcome(spool, &(struct spool_outcome){number, hook, &after, &attempt}));
}

/* Until there is no more to do. */
static int
retain(void)
{
	int more = 1;

	for (int i = 0; more > 0 && i < RETAINED_MAX; i++) {
		errno = 0;
		more = spool_retain(spool, &(struct spool_ages){now, KEEP, dedup, true});
		FUZZ_HOLDS(more >= 0 || errno != 0);
		spool_wait(spool);
	}
	FUZZ_HOLDS(more <= 0);
	return more;
}

static void
pass(uint64_t ms)
{
	now += ms;
	FUZZ_HOLDS(retain() == 0 && retain() == 0); /* what is made is taken the next time */
}

static bool
open_spool(void)
{
	errno = 0;
	spool = spool_open(&conf, -1);
	FUZZ_HOLDS(spool != NULL || errno != 0);
	return spool != NULL;
}

static uint64_t
sum_of(uint64_t number)
{
	struct event event;
	uint64_t all = 0;

	if (spool_event(spool, number, &event) != 0)
		return 0;
	for (int i = 0; i < EVENT_TEXTS; i++)
		all = all * 31 + filter_hash(event.text[i], event.len[i]);
	return (all * 31 + filter_hash(event.body, event.body_len)) | 1;
}

/* Late events, finished and not; three generations of events and as many of ids; each state; a clock that was set, a suspended hook. */
void
served_make(void)
{
	int64_t by;

	FUZZ_HOLDS(mkdtemp(dir) != NULL);
	atexit(clean_up);
	FUZZ_HOLDS(open_spool());
	take_new(1, 8);
	FUZZ_HOLDS(run_ends(4, "s/a", DELIVERY_DONE) == 0 && run_ends(4, "s/b", DELIVERY_DEAD) == 0);
	pass(KEEP / 4);
	take_new(9, 16);
	pass(KEEP / 4);
	FUZZ_HOLDS(spool_clocks(spool, &(struct clocks){now, 100000}, &by) == 0);
	FUZZ_HOLDS(spool_clocks(spool, &(struct clocks){now + JUMP_MIN_MS, 100000}, &by) == 0 && by != 0);
	now += JUMP_MIN_MS;
	take_new(17, 22);
	pass(KEEP / 2);
	take_new(23, 30);
	pass(KEEP * 2 / 3);
	FUZZ_HOLDS(run_ends(1, "s/a", DELIVERY_DONE) == 0 && run_ends(1, "s/b", DELIVERY_DONE) == 0);
	for (int i = 0; i < SPOOL_ATTEMPTS_KEPT + 2; i++)
		FUZZ_HOLDS(run_ends(18, "s/a", DELIVERY_QUEUED) == 0);
	FUZZ_HOLDS(run_ends(25, "s/a", DELIVERY_DONE) == 0 && run_ends(25, "s/b", DELIVERY_DEAD) == 0);
	begin();
	FUZZ_HOLDS(end(spool_suspend(spool, "s/b", now)) == 0);
	begin();
	FUZZ_HOLDS(end(spool_drop(spool, &(struct spool_repair){28, "s/a", now})) == 0);
	for (uint64_t number = 1; number < SERVED_NUMBERS; number++)
		sums[number] = sum_of(number);
	FUZZ_HOLDS(spool_counters(spool)->next < SERVED_NUMBERS && sums[1] != 0 && sums[8] == 0 && sums[30] != 0);
	spool_close(spool);
	spool = NULL;
}

static void
look_at_attempt(const struct attempt *attempt)
{
	FUZZ_HOLDS(
	    filter_hash(attempt->out, attempt->out_len) != 0 && filter_hash(attempt->err, attempt->err_len) != 0);
	FUZZ_HOLDS(run_end_word(attempt->end) != NULL);
}

static int
on_attempt(void *context, uint32_t which, const struct attempt *attempt)
{
	(void)which;
	look_at_attempt(attempt);
	return ++*(unsigned *)context > SPOOL_ATTEMPTS_KEPT * 4;
}

/* As "hookspool show" does. */
static void
show(uint64_t number)
{
	struct spool_delivery all[SPOOL_DELIVERIES_MAX];
	struct event event;
	int n = spool_deliveries(spool, number, all, SPOOL_DELIVERIES_MAX);

	for (int i = 0; i < n; i++) {
		unsigned attempts = 0;

		FUZZ_HOLDS(memchr(all[i].hook, '\0', sizeof all[i].hook) != NULL);
		(void)spool_attempts(spool, number, all[i].hook, &(struct spool_reader){on_attempt, &attempts});
		FUZZ_HOLDS(attempts <= SPOOL_ATTEMPTS_KEPT * 4);
	}
	if (spool_event_head(spool, number, &event) == 0)
		FUZZ_HOLDS(event_head_size(&event) <= EVENT_HEAD_MAX && event.body_len <= EVENT_BODY_MAX);
	(void)sum_of(number);
}

static void
list(void)
{
	uint64_t from = 0, number;

	for (unsigned n = 0; spool_next(spool, from, &number) == 0; n++) {
		FUZZ_HOLDS(number >= from);
		if (n < SERVED_NUMBERS)
			show(number);
		if (n > 2 * SERVED_NUMBERS || number == UINT64_MAX) /* a damaged key may name thousands */
			return;
		from = number + 1;
	}
	FUZZ_HOLDS(errno != 0);
}

/* What may run, as the schedule sees it; the first few do. */
static void
run_due(void)
{
	char hook[SPOOL_HOOK_MAX + 1] = "", last[SPOOL_HOOK_MAX + 1] = "";

	for (unsigned hooks = 0; spool_due_hook(spool, hook) == 0; hooks++) {
		uint64_t ms = 0, number = 0, last_ms = 0, last_number = 0;

		FUZZ_HOLDS(hooks < RUN_MAX && strcmp(hook, last) > 0);
		strcpy(last, hook);
		for (unsigned n = 0; spool_due(spool, hook, &ms, &number) == 0; n++) {
			FUZZ_HOLDS(ms > last_ms || (ms == last_ms && number > last_number));
			last_ms = ms;
			last_number = number;
			if (n < 4)
				(void)run_ends(number, hook, n == 0 ? DELIVERY_QUEUED : DELIVERY_DONE);
		}
	}
}

/* An event that nothing is known of but good, and that waits for no other. */
static bool
is_whole(const struct served *served, uint64_t number)
{
	return !served->any && sums[number] != 0 && !served->damaged[number];
}

static void
check_others(const struct served *served)
{
	for (uint64_t number = 1; number < SERVED_NUMBERS; number++)
		if (is_whole(served, number))
			FUZZ_HOLDS(sum_of(number) == sums[number]);
}

static void
repair(const struct served *served)
{
	for (uint64_t number = 1; number <= spool_counters(spool)->next && number < SERVED_NUMBERS; number++) {
		struct spool_repair r = {number, number % 2 ? "s/a" : "s/b", now};
		struct delivery delivery;
		const char *more[] = {"s/c", "s/d"};
		bool there = spool_delivery(spool, number, r.hook, &delivery) == 0;
		int failed;

		begin();
		switch ((number + served->how) % 4) {
		case 0:
			failed = end(spool_drop(spool, &r));
			break;
		case 1:
			failed = end(spool_unbind(spool, &r));
			break;
		case 2:
			failed = end(spool_bind(spool, &r, more, 2));
			break;
		default:
			failed = end(spool_requeue(spool, &r));
			if (there && is_whole(served, number) && number % 2 == 0)
				FUZZ_HOLDS(failed == 0); /* in no lane */
		}
	}
}

static void
accept_more(const struct served *served)
{
	uint64_t number, again;

	for (unsigned id = 42; id < 46; id++)
		if (take(id, &number) == SPOOL_STORED)
			FUZZ_HOLDS(take(id, &again) == SPOOL_DUPLICATE && again == number);
	for (unsigned id = 1; id < 31; id++) {
		enum spool_accept result;

		if (id % 7 == 6) /* one more that is rejected makes the oldest go */
			continue;
		result = take(id, &number);
		if (is_whole(served, id))
			FUZZ_HOLDS(result == SPOOL_DUPLICATE && number == id);
	}
}

static void
serve(const struct served *served)
{
	list();
	check_others(served);
	if (served->how & 1)
		(void)retain();
	run_due();
	accept_more(served);
	check_others(served);
	repair(served);
	check_others(served);
	run_due();
	list();
}

/* Long afterwards, as often as it takes for everything that can be forgotten to be. */
static void
grow_old(void)
{
	int64_t by;

	(void)spool_clocks(spool, &(struct clocks){now, 100000}, &by);
	for (int i = 0; i < 6; i++) {
		now += KEEP / 2;
		(void)retain();
	}
}

/* What the spool before this one has left beside its tables. */
static void
remove_filters(void)
{
	char path[64];

	for (unsigned i = 1; i < FILTERS_MAX; i++) {
		snprintf(path, sizeof path, "%s/seen.%08u.filter", dir, i);
		(void)unlink(path);
	}
}

bool
served_serve(struct served *served)
{
	uint64_t began = now;

	remove_filters();

	if (!open_spool())
		return false;
	serve(served);
	if (served->how & 2)
		grow_old();
	spool_close(spool);
	FUZZ_HOLDS(open_spool() || served->any);
	if (spool != NULL)
		list();
	spool_close(spool);
	spool = NULL;
	now = began;
	return true;
}
