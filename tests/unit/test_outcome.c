/* What follows from how a run ended. */
#include <check.h>
#include <errno.h>
#include <stdlib.h>

#include "../../src/conf/conf.h"
#include "../../src/spooler/outcome.h"

#define ENDED 1000000u

static const struct backoff backoff = {
    .first_ms = 1000, .factor = 2, .max_ms = 60000, .give_up_ms = 500000, .attempts = 5};
static struct outcome_terms terms;
static struct delivery before;

static void
set_up(void)
{
	terms = (struct outcome_terms){.backoff = &backoff, .received_ms = ENDED - 1000, .jitter = 7};
	before = (struct delivery){.state = DELIVERY_QUEUED, .attempts = 1, .attempts_all = 4};
}

static struct attempt
attempt(enum run_end end, int code)
{
	return (struct attempt){.end = end, .code = code, .ended_ms = ENDED, .out = "", .err = ""};
}

static struct delivery
after(enum run_end end, int code)
{
	const struct attempt a = attempt(end, code);

	return outcome_decide(&before, &a, &terms);
}

static enum outcome_word
word(enum run_end end, int code)
{
	const struct attempt a = attempt(end, code);

	return outcome_of_hook(&a);
}

START_TEST(success_is_done)
{
	static const enum run_end ends[] = {RUN_EXITED, RUN_ANSWERED};
	struct delivery d = after(ends[_i], 0);

	ck_assert_int_eq(d.state, DELIVERY_DONE);
	ck_assert_uint_eq(d.attempts, 2);
	ck_assert_uint_eq(d.attempts_all, 5);
	ck_assert_uint_eq(d.ended_ms, ENDED);
	ck_assert_int_eq(word(ends[_i], 0), OUTCOME_WORKS);
}
END_TEST

START_TEST(a_permanent_failure_is_dead_and_its_hook_works)
{
	ck_assert_int_eq(after(RUN_EXITED, 100).state, DELIVERY_DEAD);
	ck_assert_uint_eq(after(RUN_EXITED, 100).ended_ms, ENDED);
	ck_assert_int_eq(after(RUN_ANSWERED, 100).state, DELIVERY_DEAD);
	ck_assert_int_eq(word(RUN_EXITED, 100), OUTCOME_WORKS);
}
END_TEST

START_TEST(any_other_end_is_tried_again)
{
	static const struct {
		enum run_end end;
		int code;
	} ends[] = {{RUN_EXITED, 1}, {RUN_SIGNALED, 0}, {RUN_TIMEOUT, 0}, {RUN_FAILED, ENOENT}, {RUN_ANSWERED, 1},
	    {RUN_QUIT, 0}, {RUN_QUIT, 100}, {RUN_NONSENSE, 0}};

	for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
		struct delivery d = after(ends[i].end, ends[i].code);

		ck_assert_int_eq(d.state, DELIVERY_QUEUED);
		ck_assert_uint_eq(d.attempts, 2);
		ck_assert_uint_ge(d.next_ms, ENDED + 1800);
		ck_assert_uint_le(d.next_ms, ENDED + 2200);
		ck_assert_int_eq(word(ends[i].end, ends[i].code), OUTCOME_FAILS);
	}
}
END_TEST

START_TEST(too_many_attempts_or_too_much_time_is_dead)
{
	before.attempts = 3;
	ck_assert_int_eq(after(RUN_EXITED, 1).state, DELIVERY_QUEUED);
	before.attempts = 4;
	ck_assert_int_eq(after(RUN_EXITED, 1).state, DELIVERY_DEAD);
	before.attempts = 1;
	terms.received_ms = ENDED - 499999;
	ck_assert_int_eq(after(RUN_EXITED, 1).state, DELIVERY_QUEUED);
	terms.received_ms = ENDED - 500000;
	ck_assert_int_eq(after(RUN_EXITED, 1).state, DELIVERY_DEAD);
	terms.received_ms = ENDED + 1; /* a clock that was set back */
	ck_assert_int_eq(after(RUN_EXITED, 1).state, DELIVERY_QUEUED);
}
END_TEST

START_TEST(what_the_machine_had_no_room_for_is_no_attempt)
{
	static const int codes[] = {EAGAIN, ENOMEM, EMFILE, ENFILE};
	struct delivery d;

	before.attempts = 4;
	terms.received_ms = 0;
	d = after(RUN_FAILED, codes[_i]);
	ck_assert_int_eq(d.state, DELIVERY_QUEUED);
	ck_assert_uint_eq(d.attempts, 4);
	ck_assert_uint_eq(d.attempts_all, 5);
	ck_assert_uint_gt(d.next_ms, ENDED);
	ck_assert_int_eq(word(RUN_FAILED, codes[_i]), OUTCOME_NO_WORD);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("outcome");
	TCase *ends = tcase_create("ends");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(ends, set_up, NULL);
	tcase_add_loop_test(ends, success_is_done, 0, 2);
	tcase_add_test(ends, a_permanent_failure_is_dead_and_its_hook_works);
	tcase_add_test(ends, any_other_end_is_tried_again);
	tcase_add_test(ends, too_many_attempts_or_too_much_time_is_dead);
	tcase_add_loop_test(ends, what_the_machine_had_no_room_for_is_no_attempt, 0, 4);
	suite_add_tcase(suite, ends);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
