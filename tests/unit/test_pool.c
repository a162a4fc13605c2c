/* Which event gets which crew. */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../src/runner/pool.h"
#include "../../src/runner/reports.h"
#include "spooler_end.h"

/* Answers each line with its process id as the message. */
#define ANSWER \
	"n=${l#*:}; n=${n%%,*}; echo \"{\\\"number\\\":$n,\\\"result\\\":\\\"done\\\",\\\"message\\\":\\\"$$\\\"}\"; "
#define GOOD "while read -r l; do " ANSWER "done"

static struct pool *pool;

static void
on_reaped(pid_t pid, int status)
{
	pool_reaped(pool, pid, status);
}

static void
set_up(void)
{
	end_set_up();
	pool = pool_new(&means);
	ck_assert_ptr_nonnull(pool);
}

static void
tear_down(void)
{
	pool_stop(pool);
	while (pool_any(pool))
		end_turn(on_reaped);
	pool_free(pool);
	end_tear_down();
}

static void
run(const char *script, uint64_t number)
{
	static unsigned char message[RUN_MESSAGE_MAX];

	reports_owe(means.reports);
	pool_run(pool, message, run_encode_start(end_run(script, number), message), end_body("{}", 2));
}

START_TEST(an_idle_worker_gets_the_next_event)
{
	int first, second;

	ck_assert(!pool_any(pool));
	run(GOOD, 1);
	first = end_answered(on_reaped);
	run(GOOD, 2);
	second = end_answered(on_reaped);
	ck_assert_int_gt(first, 1);
	ck_assert_int_eq(first, second);
	ck_assert(pool_any(pool));
	ck_assert_uint_eq(reports_owed(means.reports), 0);
}
END_TEST

START_TEST(what_differs_in_anything_has_workers_of_its_own)
{
	int first;

	run(GOOD, 1);
	first = end_answered(on_reaped);
	run(GOOD " ", 2);
	ck_assert_int_ne(end_answered(on_reaped), first);
}
END_TEST

START_TEST(a_crew_that_all_have_left_is_formed_again)
{
	static const char script[] = "read -r l; " ANSWER "exit 0";
	int first;

	run(script, 1);
	first = end_answered(on_reaped);
	while (pool_any(pool))
		end_turn(on_reaped);
	run(script, 2);
	ck_assert_int_ne(end_answered(on_reaped), first);
}
END_TEST

START_TEST(who_follows_is_told_by_the_worker_that_has_the_event)
{
	struct end_message m;

	run("read -r l; echo trouble >&2; exec sleep 60", 7);
	pool_follow(pool, 7);
	do
		end_turn(on_reaped);
	while (!end_receive(&m) || m.output.len == 0);
	ck_assert(m.output.token == 7 && end_has(m.output.bytes, m.output.len, "trouble\n"));
}
END_TEST

START_TEST(no_other_process_is_a_worker)
{
	run(GOOD, 1);
	end_answered(on_reaped);
	ck_assert(!pool_reaped(pool, getpid(), 0));
}
END_TEST

START_TEST(the_stop_ends_all)
{
	run("read -r l; exec sleep 60", 1);
	run(GOOD, 2);
	end_answered(on_reaped);
	reports_stop(means.reports);
	pool_stop(pool);
	while (pool_any(pool))
		end_turn(on_reaped);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("pool");
	TCase *tc = tcase_create("pool");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, tc);
	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, an_idle_worker_gets_the_next_event);
	tcase_add_test(tc, what_differs_in_anything_has_workers_of_its_own);
	tcase_add_test(tc, a_crew_that_all_have_left_is_formed_again);
	tcase_add_test(tc, who_follows_is_told_by_the_worker_that_has_the_event);
	tcase_add_test(tc, no_other_process_is_a_worker);
	tcase_add_test(tc, the_stop_ends_all);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
