/* The schedule over a real spool: what starts, what follows from how it ended; the test is the runner. */
#include <check.h>
#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../../src/conf/conf.h"
#include "../../src/lib/clock.h"
#include "../../src/lib/log.h"
#include "../../src/spool/spool.h"
#include "../../src/spooler/hook_steer.h"
#include "../../src/spooler/schedule.h"
#include "../../src/spooler/suspension.h"
#include "runner_end.h"
#include "spooled.h"

#define MANY 300

static struct run_start run;

static struct delivery
delivery(uint64_t number, const char *hook)
{
	struct delivery d;

	ck_assert_int_eq(spool_delivery(spooled.spool, number, hook, &d), 0);
	return d;
}

static uint64_t
next_started(void)
{
	uint64_t number;

	while ((number = spooled_started_number()) == 0)
		spooled_loop();
	return number;
}

START_TEST(an_accepted_event_starts_its_hook)
{
	uint64_t number = spooled_accept("a.x", "");

	spooled_loop();
	ck_assert(spooled_started(&run));
	ck_assert_uint_eq(run.number, number);
	ck_assert_str_eq(run.arguments[0], "/bin/true");
	ck_assert_str_eq(runner_end_variable(&run, "HOOKSPOOL_HOOK"), "a.*");
	ck_assert_str_eq(runner_end_variable(&run, "HOOKSPOOL_EVENT"), "a.x");
	ck_assert_str_eq(runner_end_variable(&run, "HOOKSPOOL_ATTEMPT"), "1");
	ck_assert(schedule_running(spooled.schedule, number, "s/a.*"));
	ck_assert(!schedule_running(spooled.schedule, number, "s/b"));
	ck_assert_uint_eq(schedule_count(spooled.schedule, NULL), 1);
	ck_assert_uint_eq(schedule_count(spooled.schedule, "s/a.*"), 1);
	ck_assert_uint_eq(schedule_count(spooled.schedule, "s/b"), 0);
	ck_assert(!spooled_started(&run));
}
END_TEST

START_TEST(what_ended_well_is_done_and_starts_no_more)
{
	uint64_t number = spooled_accept("a.x", "");

	spooled_run(number, 0);
	ck_assert_int_eq(delivery(number, "s/a.*").state, DELIVERY_DONE);
	ck_assert_uint_eq(schedule_count(spooled.schedule, NULL), 0);
	ck_assert_uint_eq(spool_counters(spooled.spool)->done, 1);
	ck_assert_uint_eq(spooled_started_number(), 0);
}
END_TEST

START_TEST(what_failed_waits_for_its_time)
{
	uint64_t number = spooled_accept("a.x", ""), now = clock_wall_ms();

	spooled_run(number, 1);
	ck_assert_int_eq(delivery(number, "s/a.*").state, DELIVERY_QUEUED);
	ck_assert_uint_eq(delivery(number, "s/a.*").attempts, 1);
	ck_assert_uint_gt(delivery(number, "s/a.*").next_ms, now + 50000);
	ck_assert_uint_eq(spooled_started_number(), 0);
}
END_TEST

START_TEST(a_hook_has_no_more_runs_than_its_limit)
{
	uint64_t first = spooled_accept("a.x", ""), second = spooled_accept("a.y", "");

	spooled_loop();
	ck_assert(spooled_started(&run));
	ck_assert_uint_eq(run.number, first);
	ck_assert_uint_eq(spooled_started_number(), 0);
	spooled_ends(run.token, 0);
	ck_assert_uint_eq(spooled_started_number(), second);
}
END_TEST

START_TEST(outcomes_that_wait_for_company_are_stored_all_the_same)
{
	uint64_t first = spooled_accept("b", ""), second = spooled_accept("b", ""), longest = spooled_accept("b", "");
	uint64_t tokens[2];

	spooled_loop();
	for (int i = 0; i < 2; i++) {
		ck_assert(spooled_started(&run));
		tokens[i] = run.token;
	}
	spooled_ends(tokens[0], 0);
	ck_assert(delivery(first, "s/b").state == DELIVERY_DONE || schedule_running(spooled.schedule, first, "s/b"));
	spooled_ends(tokens[1], 0);
	while (schedule_count(spooled.schedule, NULL) > 1)
		spooled_loop();
	ck_assert_int_eq(delivery(first, "s/b").state, DELIVERY_DONE);
	ck_assert_int_eq(delivery(second, "s/b").state, DELIVERY_DONE);
	ck_assert(schedule_running(spooled.schedule, longest, "s/b"));
}
END_TEST

START_TEST(who_ends_need_not_wait_for_company)
{
	uint64_t first = spooled_accept("b", "");

	spooled_accept("b", "");
	spooled_loop();
	ck_assert(spooled_started(&run));
	spooled_ends(run.token, 0);
	schedule_store(spooled.schedule);
	spooled_loop();
	ck_assert_int_eq(delivery(first, "s/b").state, DELIVERY_DONE);
}
END_TEST

START_TEST(a_backlog_is_started_in_its_order_and_what_comes_before_it_is_not_forgotten)
{
	uint64_t numbers[20], failed;

	for (int i = 0; i < 20; i++)
		numbers[i] = spooled_accept("b", "");
	spooled_loop();
	failed = numbers[0];
	for (int i = 0; i < 20; i++) {
		struct run_start one;

		while (!spooled_started(&one))
			spooled_loop();
		ck_assert_uint_eq(one.number, numbers[i]);
		spooled_ends(one.token, i == 0 ? 1 : 0);
	}
	while (schedule_count(spooled.schedule, NULL) > 0)
		spooled_loop();
	ck_assert_int_eq(delivery(failed, "s/b").state, DELIVERY_QUEUED);
	ck_assert_uint_eq(delivery(failed, "s/b").attempts, 1);
}
END_TEST

START_TEST(events_of_a_lane_run_one_after_another)
{
	uint64_t first = spooled_accept("b", "lane"), second = spooled_accept("b", "lane"),
		 other = spooled_accept("b", "");

	spooled_loop();
	ck_assert(spooled_started(&run));
	ck_assert_uint_eq(run.number, first);
	ck_assert_uint_eq(spooled_started_number(), other);
	ck_assert_uint_eq(spooled_started_number(), 0);
	spooled_ends(run.token, 0);
	ck_assert_uint_eq(next_started(), second); /* the first one's end waits for company, as another runs */
}
END_TEST

START_TEST(a_failure_in_a_lane_holds_the_next_up)
{
	uint64_t first = spooled_accept("b", "lane");

	spooled_accept("b", "lane");
	spooled_run(first, 1);
	ck_assert_uint_eq(spooled_started_number(), 0);
}
END_TEST

START_TEST(a_stopped_schedule_starts_nothing_but_takes_reports)
{
	uint64_t first = spooled_accept("a.x", "");

	spooled_loop();
	ck_assert(spooled_started(&run));
	schedule_stop(spooled.schedule);
	spooled_accept("b", "");
	spooled_loop();
	ck_assert_uint_eq(spooled_started_number(), 0);
	spooled_ends(run.token, 0);
	ck_assert_int_eq(delivery(first, "s/a.*").state, DELIVERY_DONE);
	ck_assert_uint_eq(schedule_count(spooled.schedule, NULL), 0);
}
END_TEST

START_TEST(a_hook_that_is_suspended_by_hand_starts_nothing_until_it_is_resumed)
{
	uint64_t number;

	schedule_suspend(spooled.schedule, "s/b", 1);
	number = spooled_accept("b", "");
	spooled_loop();
	ck_assert_uint_eq(spooled_started_number(), 0);
	ck_assert(schedule_suspension(spooled.schedule, "s/b")->by_hand);
	schedule_suspend(spooled.schedule, "s/b", 0);
	spooled_loop();
	ck_assert_uint_eq(spooled_started_number(), number);
}
END_TEST

START_TEST(what_is_paused_starts_nothing_also_in_the_next_life)
{
	uint64_t number;
	int pair[2];

	ck_assert_int_eq(hook_steer_pause(&spooled), 0);
	ck_assert_uint_gt(schedule_paused(spooled.schedule), 0);
	number = spooled_accept("b", "");
	spooled_loop();
	ck_assert_uint_eq(spooled_started_number(), 0);
	schedule_free(spooled.schedule);
	close(spooled_runner);
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair), 0);
	spooled_runner = pair[1];
	ck_assert_ptr_nonnull(spooled.schedule = schedule_new(&spooled, pair[0]));
	spooled_loop();
	ck_assert_uint_eq(spooled_started_number(), 0);
	ck_assert_int_eq(hook_steer_go_on(&spooled), 0);
	ck_assert_uint_eq(schedule_paused(spooled.schedule), 0);
	spooled_loop();
	ck_assert_uint_eq(spooled_started_number(), number);
}
END_TEST

START_TEST(a_hook_that_fails_again_and_again_is_suspended)
{
	for (int i = 0; i < 2; i++) {
		ck_assert(!schedule_suspension(spooled.schedule, "s/b")->suspended);
		spooled_run(spooled_accept("b", ""), 1);
	}
	ck_assert(schedule_suspension(spooled.schedule, "s/b")->suspended);
	spooled_accept("b", "");
	spooled_loop();
	ck_assert_uint_eq(spooled_started_number(), 0);
	ck_assert_ptr_null(schedule_suspension(spooled.schedule, "s/none"));
}
END_TEST

START_TEST(a_hook_that_is_gone_finishes_what_runs_and_starts_nothing)
{
	uint64_t first = spooled_accept("b", ""), second;

	spooled_loop();
	ck_assert(spooled_started(&run));
	second = spooled_accept("b", "lane");
	spooled_without_b(true);
	spooled_ends(run.token, 0);
	ck_assert_int_eq(delivery(first, "s/b").state, DELIVERY_DONE);
	ck_assert_ptr_null(schedule_suspension(spooled.schedule, "s/b"));
	ck_assert_uint_eq(spooled_started_number(), 0);
	spooled_without_b(false);
	spooled_loop();
	ck_assert_uint_eq(spooled_started_number(), second);
}
END_TEST

START_TEST(a_report_of_no_run_changes_nothing)
{
	uint64_t number = spooled_accept("a.x", "");

	spooled_loop();
	ck_assert(spooled_started(&run));
	spooled_ends(run.token + 1, 0);
	ck_assert(schedule_running(spooled.schedule, number, "s/a.*"));
	spooled_ends(run.token, 0);
	spooled_ends(run.token, 1);
	ck_assert_int_eq(delivery(number, "s/a.*").state, DELIVERY_DONE);
	ck_assert_uint_eq(delivery(number, "s/a.*").attempts_all, 1);
}
END_TEST

START_TEST(only_what_runs_can_be_followed)
{
	static unsigned char message[RUN_MESSAGE_MAX];
	uint64_t number = spooled_accept("a.x", ""), token;
	ssize_t n;

	ck_assert_uint_eq(schedule_follow(spooled.schedule, number, NULL), 0);
	spooled_loop();
	ck_assert(spooled_started(&run));
	ck_assert_uint_eq(schedule_follow(spooled.schedule, number, "s/b"), 0);
	ck_assert_uint_eq(schedule_follow(spooled.schedule, number, NULL), run.token);
	n = recv(spooled_runner, message, sizeof message, MSG_DONTWAIT);
	ck_assert_int_gt(n, 0);
	ck_assert_int_eq(run_decode_follow(&token, message, (size_t)n), 0);
	ck_assert_uint_eq(token, run.token);
}
END_TEST

static unsigned
failed_starts(void)
{
	unsigned n = 0;

	for (uint64_t number = 1; number <= 100; number++)
		n += delivery(number, "s/a.*").attempts_all;
	return n;
}

static unsigned looked;

/* A socket that always has something to read. */
static void
on_always(evutil_socket_t fd, short what, void *event)
{
	(void)fd;
	(void)what;
	looked++;
	if (failed_starts() == 100 || looked == 100000)
		event_del(event);
}

START_TEST(starts_that_fail_at_once_leave_the_sockets_their_turn)
{
	struct event *always;
	int pair[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	ck_assert_int_eq(write(pair[1], "x", 1), 1);
	always = event_new(spooled.base, pair[0], EV_READ | EV_PERSIST, on_always, event_self_cbarg());
	ck_assert_int_eq(event_add(always, NULL), 0);
	for (int i = 0; i < 100; i++)
		spooled_accept("a.x", "");
	spooled.conf->sources[0].hooks[0].as.uid = 12345; /* whom it runs as is not in the runner's table */
	event_base_loop(spooled.base, EVLOOP_NONBLOCK);
	ck_assert_uint_eq(failed_starts(), 100);
	ck_assert_uint_ge(looked, 100 / spooled.conf->max_running); /* so many may wait for the disk */
	event_free(always);
	close(pair[0]);
	close(pair[1]);
}
END_TEST

/* So many that its socket is full before all have begun. */
START_TEST(what_the_runner_has_no_room_for_is_started_a_moment_later)
{
	unsigned n = 0;

	spooled.conf->max_running = 2 * MANY;
	for (int i = 0; i < MANY; i++)
		spooled_accept("b", "");
	while (schedule_count(spooled.schedule, NULL) < MANY) {
		spooled_loop();
		while (n < schedule_count(spooled.schedule, NULL) && spooled_started(&run))
			ck_assert_uint_eq(run.number, ++n);
	}
	while (spooled_started(&run))
		ck_assert_uint_eq(run.number, ++n);
	ck_assert_uint_eq(n, MANY); /* each once, in their order */
}
END_TEST

static uint64_t unreadable;

int __real_spool_event(struct spool *, uint64_t number, struct event *);
int __wrap_spool_event(struct spool *, uint64_t number, struct event *);

int
__wrap_spool_event(struct spool *spool, uint64_t number, struct event *event)
{
	if (number != unreadable)
		return __real_spool_event(spool, number, event);
	errno = ENOTSUP;
	return -1;
}

static unsigned
lines_in(int log)
{
	static char text[1u << 16];
	ssize_t len = pread(log, text, sizeof text - 1, 0);
	unsigned lines = 0;

	text[len > 0 ? len : 0] = '\0';
	for (const char *at = text; (at = strstr(at, "can't be read")) != NULL; at++)
		lines++;
	return lines;
}

START_TEST(an_event_that_can_not_be_read_stops_nobody_and_does_not_flood_the_log)
{
	int log = memfd_create("log", MFD_CLOEXEC);

	dup2(log, STDERR_FILENO);
	ck_assert_int_eq(log_open("test", "stderr"), 0);
	unreadable = spooled_accept("b", "");
	for (int i = 0; i < 40; i++)
		spooled_run(spooled_accept("b", ""), 0);
	ck_assert_int_eq(delivery(unreadable, "s/b").state, DELIVERY_QUEUED);
	ck_assert_uint_eq(delivery(unreadable, "s/b").attempts_all, 0);
	ck_assert_uint_ge(lines_in(log), 1);
	ck_assert_uint_lt(lines_in(log), 20);
	unreadable = 0; /* a program that knows it */
	schedule_clock_was_set(spooled.schedule);
	spooled_loop();
	ck_assert_uint_eq(spooled_started_number(), 1);
}
END_TEST

static bool due_fails;

int __real_spool_due(struct spool *, const char *hook, uint64_t *due_ms, uint64_t *number);
int __wrap_spool_due(struct spool *, const char *hook, uint64_t *due_ms, uint64_t *number);

int
__wrap_spool_due(struct spool *spool, const char *hook, uint64_t *due_ms, uint64_t *number)
{
	if (!due_fails)
		return __real_spool_due(spool, hook, due_ms, number);
	errno = EIO;
	return -1;
}

START_TEST(what_is_due_is_found_once_it_can_be_read_again)
{
	due_fails = true;
	spooled_accept("b", "");
	spooled_loop();
	ck_assert_uint_eq(spooled_started_number(), 0);
	due_fails = false;
	spooled_accept("b", "");
	spooled_loop();
	ck_assert_uint_eq(spooled_started_number(), 1);
	ck_assert_uint_eq(spooled_started_number(), 2);
}
END_TEST

START_TEST(without_the_runner_the_spooler_ends)
{
	close(spooled_runner);
	spooled_loop();
	_exit(0);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("schedule");
	TCase *runs = tcase_create("runs");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(runs, spooled_set_up, spooled_tear_down);
	tcase_add_test(runs, an_accepted_event_starts_its_hook);
	tcase_add_test(runs, what_ended_well_is_done_and_starts_no_more);
	tcase_add_test(runs, what_failed_waits_for_its_time);
	tcase_add_test(runs, a_hook_has_no_more_runs_than_its_limit);
	tcase_add_test(runs, events_of_a_lane_run_one_after_another);
	tcase_add_test(runs, outcomes_that_wait_for_company_are_stored_all_the_same);
	tcase_add_test(runs, who_ends_need_not_wait_for_company);
	tcase_add_test(runs, a_backlog_is_started_in_its_order_and_what_comes_before_it_is_not_forgotten);
	tcase_add_test(runs, a_failure_in_a_lane_holds_the_next_up);
	tcase_add_test(runs, a_stopped_schedule_starts_nothing_but_takes_reports);
	tcase_add_test(runs, a_hook_that_is_suspended_by_hand_starts_nothing_until_it_is_resumed);
	tcase_add_test(runs, what_is_paused_starts_nothing_also_in_the_next_life);
	tcase_add_test(runs, a_hook_that_fails_again_and_again_is_suspended);
	tcase_add_test(runs, a_hook_that_is_gone_finishes_what_runs_and_starts_nothing);
	tcase_add_test(runs, a_report_of_no_run_changes_nothing);
	tcase_add_test(runs, only_what_runs_can_be_followed);
	tcase_add_test(runs, starts_that_fail_at_once_leave_the_sockets_their_turn);
	tcase_add_test(runs, what_the_runner_has_no_room_for_is_started_a_moment_later);
	tcase_add_test(runs, an_event_that_can_not_be_read_stops_nobody_and_does_not_flood_the_log);
	tcase_add_test(runs, what_is_due_is_found_once_it_can_be_read_again);
	tcase_add_exit_test(runs, without_the_runner_the_spooler_ends, EXIT_FAILURE);
	suite_add_tcase(suite, runs);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
