/* The spool on a real disk: accepting once, lanes, outcomes, bringing back, forgetting. */
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../src/conf/conf.h"
#include "../../src/protocol/event.h"
#include "../../src/spool/jumps.h"
#include "../../src/spool/spool.h"

static char dir[] = "/tmp/test_spool.XXXXXX";
static struct conf conf = {.max_rejected = 3, .cache = 1u << 20};
static struct spool *spool;

static void
open_spool(void)
{
	int lock = spool_lock(conf.spool);

	ck_assert_int_ge(lock, 0);
	spool = spool_open(&conf, lock);
	ck_assert_ptr_nonnull(spool);
}

static void
set_up(void)
{
	strcpy(dir, "/tmp/test_spool.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	conf.spool = dir;
	open_spool();
}

static void
tear_down(void)
{
	char command[64];

	spool_close(spool);
	snprintf(command, sizeof command, "rm -r %s", dir);
	ck_assert_int_eq(system(command), 0);
}

static void
again(void)
{
	spool_close(spool);
	open_spool();
}

struct webhook {
	enum event_kind kind;
	const char *id, *lane, *hook;
	uint64_t received_ms;
	size_t body_len;
	const char *guard; /* NULL: none */
};

static enum spool_accept
put(const struct webhook *w, uint64_t *number)
{
	static char body[200000];
	struct event event = {.kind = w->kind, .received_ms = w->received_ms, .body = body, .body_len = w->body_len};
	struct spool_submission submission = {&event, &w->hook, w->hook != NULL};
	char key[64];
	size_t key_len = 0;
	enum spool_accept result;

	for (int i = 0; i < EVENT_TEXTS; i++)
		event.text[i] = "";
	ck_assert_int_eq(event_key_add(key, sizeof key, &key_len, 's', w->id, strlen(w->id)), 0);
	event.text[EVENT_SOURCE] = "src";
	event.len[EVENT_SOURCE] = 3;
	event.text[EVENT_TYPE] = "type";
	event.len[EVENT_TYPE] = 4;
	event.text[EVENT_KEY] = key;
	event.len[EVENT_KEY] = (uint32_t)key_len;
	event.text[EVENT_LANE] = w->lane;
	event.len[EVENT_LANE] = (uint32_t)strlen(w->lane);
	event.text[EVENT_GUARD] = w->guard != NULL ? w->guard : "";
	event.len[EVENT_GUARD] = (uint32_t)strlen(event.text[EVENT_GUARD]);
	for (size_t i = 0; i < w->body_len; i++)
		body[i] = (char)('a' + i % 26);
	ck_assert_int_eq(spool_begin(spool), 0);
	result = spool_accept(spool, &submission, w->received_ms, number);
	ck_assert_int_eq(spool_commit(spool), 0);
	return result;
}

static uint64_t
accept_event(const char *id, const char *lane)
{
	uint64_t number;

	ck_assert_int_eq(put(&(struct webhook){EVENT_ACCEPTED, id, lane, "src/h", 5, 10, NULL}, &number), SPOOL_STORED);
	return number;
}

/* The numbers due for the hook, as text. */
static const char *
due(const char *hook)
{
	static char text[256];
	uint64_t at = 0, number = 0;
	size_t n = 0;

	text[0] = '\0';
	while (spool_due(spool, hook, &at, &number) == 0)
		n +=
		    (size_t)snprintf(text + n, sizeof text - n, "%s%llu", n > 0 ? " " : "", (unsigned long long)number);
	ck_assert_int_eq(errno, ENOENT);
	return text;
}

static void
ends(uint64_t number, enum delivery_state state, uint64_t next_ms)
{
	struct delivery d;
	struct attempt attempt = {.end = RUN_EXITED, .out = "hello", .out_len = 5, .err = ""};

	ck_assert_int_eq(spool_delivery(spool, number, "src/h", &d), 0);
	d.state = state;
	d.attempts++;
	d.attempts_all++;
	d.next_ms = next_ms;
	ck_assert_int_eq(spool_begin(spool), 0);
	ck_assert_int_eq(spool_outcome(spool, &(struct spool_outcome){number, "src/h", &d, &attempt}), 0);
	ck_assert_int_eq(spool_commit(spool), 0);
}

static void
requeue(uint64_t number)
{
	ck_assert_int_eq(spool_begin(spool), 0);
	ck_assert_int_eq(spool_requeue(spool, &(struct spool_repair){number, "src/h", 2000}), 0);
	ck_assert_int_eq(spool_commit(spool), 0);
}

START_TEST(a_repeated_id_is_one_event)
{
	uint64_t number;

	ck_assert_uint_eq(accept_event("one", ""), 1);
	ck_assert_int_eq(
	    put(&(struct webhook){EVENT_ACCEPTED, "one", "", "src/h", 5, 10, NULL}, &number), SPOOL_DUPLICATE);
	ck_assert_uint_eq(number, 1);
	again();
	ck_assert_int_eq(
	    put(&(struct webhook){EVENT_ACCEPTED, "one", "", "src/h", 5, 10, NULL}, &number), SPOOL_DUPLICATE);
	ck_assert_uint_eq(accept_event("two", ""), 2);
	ck_assert_str_eq(due("src/h"), "1 2");
	ck_assert_uint_eq(spool_counters(spool)->duplicates, 2);
}
END_TEST

START_TEST(large_and_small_bodies_come_back_byte_for_byte)
{
	static const size_t sizes[] = {0, 1, 900, 1100, 4096, 5000, 150000};

	for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
		char id[16];
		uint64_t number;
		struct event event;

		snprintf(id, sizeof id, "%zu", sizes[i]);
		ck_assert_int_eq(
		    put(&(struct webhook){EVENT_ACCEPTED, id, "", NULL, 5, sizes[i], NULL}, &number), SPOOL_STORED);
		ck_assert_int_eq(spool_event_head(spool, number, &event), 0);
		ck_assert_uint_eq(event.body_len, sizes[i]);
		ck_assert_int_eq(spool_event(spool, number, &event), 0);
		for (size_t j = 0; j < sizes[i]; j++)
			ck_assert_int_eq(event.body[j], (int)('a' + j % 26));
	}
}
END_TEST

START_TEST(a_lane_lets_one_event_run_at_a_time)
{
	accept_event("a1", "A");
	accept_event("a2", "A");
	accept_event("b1", "B");
	accept_event("a3", "A");
	ck_assert_str_eq(due("src/h"), "1 3");
	ends(1, DELIVERY_QUEUED, 9000);
	ck_assert_str_eq(due("src/h"), "3 1");
	again();
	ends(1, DELIVERY_DONE, 0);
	ck_assert_str_eq(due("src/h"), "2 3");
	ends(2, DELIVERY_DEAD, 0);
	ck_assert_str_eq(due("src/h"), "3 4");
	ends(3, DELIVERY_DONE, 0);
	ends(4, DELIVERY_DONE, 0);
	ck_assert_str_eq(due("src/h"), "");
	ck_assert_uint_eq(spool_counters(spool)->queued, 0);
	ck_assert_uint_eq(spool_counters(spool)->done, 3);
	ck_assert_uint_eq(spool_counters(spool)->dead, 1);
}
END_TEST

START_TEST(an_event_that_is_brought_back_goes_before_later_ones_of_its_lane)
{
	accept_event("a1", "A");
	accept_event("a2", "A");
	accept_event("a3", "A");
	ends(1, DELIVERY_DEAD, 0);
	ck_assert_str_eq(due("src/h"), "2");
	requeue(1);
	ck_assert_str_eq(due("src/h"), "1");
	ends(2, DELIVERY_QUEUED, 5000); /* it was running when 1 came back, and failed: it waits behind 1 */
	ck_assert_str_eq(due("src/h"), "1");
	ends(1, DELIVERY_DONE, 0);
	ck_assert_str_eq(due("src/h"), "2");
	ends(2, DELIVERY_DONE, 0);
	ck_assert_str_eq(due("src/h"), "3");
}
END_TEST

START_TEST(a_later_event_that_is_brought_back_waits)
{
	accept_event("a1", "A");
	accept_event("a2", "A");
	ends(1, DELIVERY_DONE, 0);
	ends(2, DELIVERY_DEAD, 0);
	requeue(1);
	requeue(2);
	ck_assert_str_eq(due("src/h"), "1");
}
END_TEST

START_TEST(attempts_are_kept_with_their_output_up_to_a_bound)
{
	struct delivery d;

	accept_event("x", "");
	for (int i = 0; i < SPOOL_ATTEMPTS_KEPT + 3; i++)
		ends(1, DELIVERY_QUEUED, 1000);
	ck_assert_int_eq(spool_delivery(spool, 1, "src/h", &d), 0);
	ck_assert_uint_eq(d.attempts_all, SPOOL_ATTEMPTS_KEPT + 3);
}
END_TEST

static int
count_attempt(void *context, uint32_t which, const struct attempt *attempt)
{
	int *seen = context;

	ck_assert_uint_eq(which, (uint32_t)(*seen + 4));
	ck_assert_mem_eq(attempt->out, "hello", 5);
	++*seen;
	return 0;
}

START_TEST(kept_attempts_are_the_last_ones_in_order)
{
	int seen = 0;

	accept_event("x", "");
	for (int i = 0; i < SPOOL_ATTEMPTS_KEPT + 3; i++)
		ends(1, DELIVERY_QUEUED, 1000);
	ck_assert_int_eq(spool_attempts(spool, 1, "src/h", &(struct spool_reader){count_attempt, &seen}), 0);
	ck_assert_int_eq(seen, SPOOL_ATTEMPTS_KEPT);
}
END_TEST

START_TEST(rejected_webhooks_are_bounded)
{
	uint64_t number, first;

	for (int i = 0; i < 5; i++)
		ck_assert_int_eq(
		    put(&(struct webhook){EVENT_REJECTED, "same", "", NULL, 5, 3, NULL}, &number), SPOOL_STORED);
	ck_assert_uint_eq(spool_counters(spool)->rejected, 3);
	ck_assert_int_eq(spool_next(spool, 0, &first), 0);
	ck_assert_uint_eq(first, 3);
}
END_TEST

/* As if it had been looked at often enough. */
static void
retain(const struct spool_ages *ages)
{
	int quiet = 0;

	while (quiet < 4) {
		int more = spool_retain(spool, ages);

		ck_assert_int_ge(more, 0);
		spool_wait(spool);
		quiet = more > 0 ? 0 : quiet + 1;
	}
}

/* At this time with these spans. */
static void
retain_at(uint64_t now_ms, uint64_t keep_ms, uint64_t dedup_ms)
{
	retain(&(struct spool_ages){now_ms, keep_ms, dedup_ms, true});
}

START_TEST(an_id_is_remembered_longer_than_its_event)
{
	struct event event;
	uint64_t number;

	accept_event("one", "");
	ends(1, DELIVERY_DONE, 0);
	retain_at(10000, 9000, 20000);
	ck_assert_int_eq(spool_event_head(spool, 1, &event), -1);
	ck_assert_int_eq(errno, ENOENT);
	ck_assert_int_eq(put(&(struct webhook){EVENT_ACCEPTED, "one", "", NULL, 5, 0, NULL}, &number), SPOOL_DUPLICATE);
	ck_assert_uint_eq(number, 1);
	again();
	ck_assert_int_eq(put(&(struct webhook){EVENT_ACCEPTED, "one", "", NULL, 5, 0, NULL}, &number), SPOOL_DUPLICATE);
	retain_at(30000, 9000, 20000);
	ck_assert_uint_eq(accept_event("one", ""), 2);
	ck_assert_uint_eq(spool_counters(spool)->events, 1);
	ck_assert_uint_eq(spool_counters(spool)->done, 0);
}
END_TEST

START_TEST(a_guarded_body_is_a_duplicate_under_any_id_until_it_is_forgotten)
{
	struct webhook w = {EVENT_ACCEPTED, "one", "", NULL, 5, 10, "gdigest\1"};
	uint64_t number;

	ck_assert_int_eq(put(&w, &number), SPOOL_STORED);
	ck_assert_uint_eq(number, 1);
	w.id = "two";
	ck_assert_int_eq(put(&w, &number), SPOOL_DUPLICATE);
	ck_assert_uint_eq(number, 1);
	w.guard = "gother\1";
	ck_assert_int_eq(put(&w, &number), SPOOL_STORED);
	ck_assert_uint_eq(number, 2);
	w.guard = "gthird\1";
	ck_assert_int_eq(put(&w, &number), SPOOL_DUPLICATE);
	ck_assert_uint_eq(number, 2);
	/* The duplicate by its id left nothing: its body is new. */
	w.id = "three";
	ck_assert_int_eq(put(&w, &number), SPOOL_STORED);
	retain_at(10000, 9000, 20000);
	again();
	w = (struct webhook){EVENT_ACCEPTED, "four", "", NULL, 5, 10, "gdigest\1"};
	ck_assert_int_eq(put(&w, &number), SPOOL_DUPLICATE);
	retain_at(30000, 9000, 20000);
	ck_assert_int_eq(put(&w, &number), SPOOL_STORED);
}
END_TEST

/* A finished event of this time. */
static uint64_t
finished_at(const char *id, uint64_t ms)
{
	uint64_t number;

	ck_assert_int_eq(put(&(struct webhook){EVENT_ACCEPTED, id, "", NULL, ms, 0, NULL}, &number), SPOOL_STORED);
	return number;
}

static int64_t
look(uint64_t wall_ms, uint64_t boot_ms)
{
	int64_t by_ms;

	ck_assert_int_eq(spool_clocks(spool, &(struct clocks){wall_ms, boot_ms}, &by_ms), 0);
	return by_ms;
}

static bool
is_there(uint64_t number)
{
	struct event event;

	return spool_event_head(spool, number, &event) == 0;
}

#define DAY ((uint64_t)86400000)

START_TEST(a_clock_that_was_ahead_does_not_stop_retention_or_forget_too_soon)
{
	const uint64_t keep = 30 * DAY;

	look(1000 * DAY, 1);
	finished_at("before", 1000 * DAY);
	ck_assert_int_eq(look(1365 * DAY, 2), (int64_t)(365 * DAY - 1));
	finished_at("while it was wrong", 1365 * DAY);
	ck_assert_int_eq(look(1000 * DAY + 5000, 10000), -(int64_t)(365 * DAY - 5000 + 9998));
	finished_at("behind", 1001 * DAY);
	again();
	/* Nothing goes before its time, whatever the clock showed … */
	retain_at(1029 * DAY, keep, keep);
	ck_assert(is_there(1) && is_there(2) && is_there(3));
	/* … and nothing stays beyond it. */
	retain_at(1032 * DAY, keep, keep);
	ck_assert(!is_there(1) && !is_there(2) && !is_there(3));
}
END_TEST

START_TEST(a_clock_that_was_set_back_between_two_starts_is_noticed)
{
	const uint64_t keep = 30 * DAY;

	look(1000 * DAY, 1);
	finished_at("right", 1000 * DAY);
	again();
	look(2000 * DAY, 1); /* it can't be told from a thousand days of nothing */
	finished_at("wrong", 2000 * DAY);
	again();
	ck_assert_int_lt(look(1001 * DAY, 1), 0);
	finished_at("right again", 1001 * DAY);
	retain_at(1020 * DAY, keep, keep);
	ck_assert(is_there(1) && is_there(2) && is_there(3));
	retain_at(1040 * DAY, keep, keep);
	ck_assert(!is_there(1) && !is_there(2) && !is_there(3));
}
END_TEST

START_TEST(a_clock_that_was_set_a_moment_ago_makes_no_event_old)
{
	const struct clocks set = {1001 * DAY, 2000};

	look(1000 * DAY, 1000);
	finished_at("a moment ago", 1000 * DAY);
	ck_assert_uint_eq(spool_received(spool, 1, 1000 * DAY), 1000 * DAY);
	ck_assert_uint_eq(spool_received_by(spool, &set, 1, 1000 * DAY), 1001 * DAY - 1000);
	ck_assert_uint_eq(
	    spool_received_by(spool, &(struct clocks){1000 * DAY + 3000, 4000}, 1, 1000 * DAY), 1000 * DAY);
	ck_assert_int_eq(look(1001 * DAY, 2000), (int64_t)(DAY - 1000));
	ck_assert_uint_eq(spool_received_by(spool, &set, 1, 1000 * DAY), 1001 * DAY - 1000);
}
END_TEST

START_TEST(an_event_of_the_future_holds_nobody_up)
{
	const uint64_t keep = 30 * DAY;

	finished_at("future", 5000 * DAY);
	finished_at("behind", 1000 * DAY);
	retain_at(1040 * DAY, keep, keep);
	ck_assert(!is_there(1) && !is_there(2));
	finished_at("future again", 5000 * DAY);
	retain_at(1040 * DAY, keep, keep);
	finished_at("behind it", 1041 * DAY);
	retain_at(1060 * DAY, keep, keep);
	ck_assert(is_there(3) && is_there(4));
	retain_at(1080 * DAY, keep, keep);
	ck_assert(!is_there(3) && !is_there(4));
}
END_TEST

START_TEST(an_unfinished_event_is_never_forgotten)
{
	struct event event;

	accept_event("one", "");
	retain_at(30 * DAY, 9000, 9000);
	ck_assert_int_eq(spool_event_head(spool, 1, &event), 0);
	ck_assert_int_eq(event.kind, EVENT_ACCEPTED);
	ck_assert_str_eq(due("src/h"), "1");
}
END_TEST

START_TEST(an_unhandled_event_can_be_bound)
{
	const char *hooks[] = {"src/h"};
	uint64_t number;

	put(&(struct webhook){EVENT_ACCEPTED, "u", "L", NULL, 5, 1, NULL}, &number);
	ck_assert_uint_eq(spool_counters(spool)->unhandled, 1);
	ck_assert_int_eq(spool_begin(spool), 0);
	ck_assert_int_eq(spool_bind(spool, &(struct spool_repair){number, NULL, 3000}, hooks, 1), 0);
	ck_assert_int_eq(spool_commit(spool), 0);
	ck_assert_uint_eq(spool_counters(spool)->unhandled, 0);
	ck_assert_str_eq(due("src/h"), "1");
}
END_TEST

START_TEST(a_delivery_moves_to_another_hook)
{
	const struct spool_repair repair = {1, "src/h", 3000};
	const char *hooks[] = {"src/new"};

	accept_event("one", "L");
	ck_assert_int_eq(spool_begin(spool), 0);
	ck_assert_int_eq(spool_bind(spool, &repair, hooks, 1), 0);
	ck_assert_int_eq(spool_unbind(spool, &repair), 0);
	ck_assert_int_eq(spool_commit(spool), 0);
	ck_assert_str_eq(due("src/h"), "");
	ck_assert_str_eq(due("src/new"), "1");
	ck_assert_uint_eq(spool_counters(spool)->queued, 1);
}
END_TEST

static void
drop(uint64_t number, const char *hook)
{
	ck_assert_int_eq(spool_begin(spool), 0);
	ck_assert_int_eq(spool_drop(spool, &(struct spool_repair){number, hook, 2000}), 0);
	ck_assert_int_eq(spool_commit(spool), 0);
}

START_TEST(a_dropped_event_frees_its_lane_and_can_be_brought_back)
{
	accept_event("a1", "A");
	accept_event("a2", "A");
	drop(1, "src/h");
	ck_assert_str_eq(due("src/h"), "2");
	ck_assert_uint_eq(spool_counters(spool)->dropped, 1);
	again();
	ck_assert_uint_eq(spool_counters(spool)->dropped, 1);
	requeue(1);
	ck_assert_str_eq(due("src/h"), "1");
	ck_assert_uint_eq(spool_counters(spool)->dropped, 0);
	drop(2, "src/h");
	ck_assert_str_eq(due("src/h"), "1");
	ends(1, DELIVERY_DONE, 0);
	ck_assert_str_eq(due("src/h"), "");
}
END_TEST

START_TEST(an_unhandled_event_can_be_dropped_and_unbound_again)
{
	uint64_t number;

	put(&(struct webhook){EVENT_ACCEPTED, "u", "L", NULL, 5, 1, NULL}, &number);
	drop(number, "src/");
	ck_assert_uint_eq(spool_counters(spool)->unhandled, 0);
	ck_assert_uint_eq(spool_counters(spool)->dropped, 1);
	ck_assert_int_eq(spool_begin(spool), 0);
	ck_assert_int_eq(spool_unbind(spool, &(struct spool_repair){number, "src/", 0}), 0);
	ck_assert_int_eq(spool_commit(spool), 0);
	ck_assert_uint_eq(spool_counters(spool)->unhandled, 1);
	ck_assert_uint_eq(spool_counters(spool)->dropped, 0);
}
END_TEST

START_TEST(a_suspended_hook_is_remembered_until_it_is_resumed)
{
	uint64_t since;

	ck_assert_int_eq(spool_suspended(spool, "src/h", &since), -1);
	ck_assert_int_eq(spool_begin(spool), 0);
	ck_assert_int_eq(spool_suspend(spool, "src/h", 77), 0);
	ck_assert_int_eq(spool_commit(spool), 0);
	again();
	ck_assert_int_eq(spool_suspended(spool, "src/h", &since), 0);
	ck_assert_uint_eq(since, 77);
	ck_assert_int_eq(spool_begin(spool), 0);
	ck_assert_int_eq(spool_suspend(spool, "src/h", 0), 0);
	ck_assert_int_eq(spool_commit(spool), 0);
	ck_assert_int_eq(spool_suspended(spool, "src/h", &since), -1);
	ck_assert_int_eq(errno, ENOENT);
}
END_TEST

START_TEST(an_aborted_transaction_leaves_nothing)
{
	accept_event("one", "");
	ck_assert_int_eq(spool_begin(spool), 0);
	ck_assert_int_eq(spool_requeue(spool, &(struct spool_repair){1, "src/h", 9999}), 0);
	spool_abort(spool);
	ck_assert_uint_eq(spool_counters(spool)->queued, 1);
	ck_assert_uint_eq(accept_event("two", ""), 2);
}
END_TEST

START_TEST(a_second_owner_is_refused)
{
	int status;
	pid_t pid = fork();

	if (pid == 0)
		_exit(spool_lock(dir) == -1 && errno == EBUSY ? 0 : 1);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
}
END_TEST

START_TEST(what_was_committed_survives_a_killed_owner)
{
	int ready[2], status;
	pid_t pid;
	char byte;

	spool_close(spool);
	ck_assert_int_eq(pipe(ready), 0);
	if ((pid = fork()) == 0) {
		open_spool();
		for (int i = 0; i < 200; i++) {
			char id[16];

			snprintf(id, sizeof id, "%d", i);
			accept_event(id, "L");
		}
		(void)!write(ready[1], "x", 1);
		pause();
	}
	ck_assert_int_eq(read(ready[0], &byte, 1), 1);
	kill(pid, SIGKILL);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	open_spool();
	ck_assert_uint_eq(spool_counters(spool)->events, 200);
	ck_assert_uint_eq(spool_counters(spool)->next, 201);
	ck_assert_str_eq(due("src/h"), "1");
	ck_assert_uint_eq(accept_event("new", ""), 201);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("spool");
	TCase *tc = tcase_create("spool");
	SRunner *runner;
	int failed;

	suite_add_tcase(suite, tc);
	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, a_repeated_id_is_one_event);
	tcase_add_test(tc, large_and_small_bodies_come_back_byte_for_byte);
	tcase_add_test(tc, a_lane_lets_one_event_run_at_a_time);
	tcase_add_test(tc, an_event_that_is_brought_back_goes_before_later_ones_of_its_lane);
	tcase_add_test(tc, a_later_event_that_is_brought_back_waits);
	tcase_add_test(tc, attempts_are_kept_with_their_output_up_to_a_bound);
	tcase_add_test(tc, kept_attempts_are_the_last_ones_in_order);
	tcase_add_test(tc, rejected_webhooks_are_bounded);
	tcase_add_test(tc, an_id_is_remembered_longer_than_its_event);
	tcase_add_test(tc, a_guarded_body_is_a_duplicate_under_any_id_until_it_is_forgotten);
	tcase_add_test(tc, a_clock_that_was_ahead_does_not_stop_retention_or_forget_too_soon);
	tcase_add_test(tc, a_clock_that_was_set_back_between_two_starts_is_noticed);
	tcase_add_test(tc, a_clock_that_was_set_a_moment_ago_makes_no_event_old);
	tcase_add_test(tc, an_event_of_the_future_holds_nobody_up);
	tcase_add_test(tc, an_unfinished_event_is_never_forgotten);
	tcase_add_test(tc, an_unhandled_event_can_be_bound);
	tcase_add_test(tc, a_delivery_moves_to_another_hook);
	tcase_add_test(tc, a_dropped_event_frees_its_lane_and_can_be_brought_back);
	tcase_add_test(tc, an_unhandled_event_can_be_dropped_and_unbound_again);
	tcase_add_test(tc, a_suspended_hook_is_remembered_until_it_is_resumed);
	tcase_add_test(tc, an_aborted_transaction_leaves_nothing);
	tcase_add_test(tc, a_second_owner_is_refused);
	tcase_add_test(tc, what_was_committed_survives_a_killed_owner);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
