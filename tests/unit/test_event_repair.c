/* What an operator mends, over a real spool and schedule. */
#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/spool/spool.h"
#include "../../src/spooler/event_repair.h"
#include "../../src/spooler/hook_steer.h"
#include "../../src/spooler/schedule.h"
#include "../../src/spooler/suspension.h"
#include "spooled.h"

static const struct event_repair retry = {.verb = REPAIR_RETRY}, drop = {.verb = REPAIR_DROP};

static enum delivery_state
state(uint64_t number, const char *hook)
{
	struct delivery d;

	return spool_delivery(spooled.spool, number, hook, &d) == 0 ? d.state : 0;
}

/* hookspool-hook(7): it says that it will never succeed with this event. */
static uint64_t
dead_event(void)
{
	uint64_t number = spooled_accept("a.x", "");

	spooled_run(number, 100);
	ck_assert_int_eq(state(number, "s/a.*"), DELIVERY_DEAD);
	return number;
}

START_TEST(a_queued_delivery_is_due_at_once_and_its_attempts_count_anew)
{
	uint64_t number = spooled_accept("a.x", "");

	spooled_run(number, 1);
	spooled_loop();
	ck_assert_uint_eq(spooled_started_number(), 0);
	ck_assert_int_eq(event_repair_one(&spooled, &retry, number), 1);
	spooled_loop();
	ck_assert_uint_eq(spooled_started_number(), number);
}
END_TEST

START_TEST(a_done_delivery_runs_again_only_by_force)
{
	const struct event_repair force = {.verb = REPAIR_RETRY, .force = true};
	uint64_t number = spooled_accept("a.x", "");

	spooled_run(number, 0);
	ck_assert_int_eq(event_repair_one(&spooled, &retry, number), 0);
	ck_assert_int_eq(state(number, "s/a.*"), DELIVERY_DONE);
	ck_assert_int_eq(event_repair_one(&spooled, &force, number), 1);
	ck_assert_int_eq(state(number, "s/a.*"), DELIVERY_QUEUED);
}
END_TEST

START_TEST(what_is_dropped_stays_so_until_it_is_retried)
{
	uint64_t number;

	ck_assert_int_eq(hook_steer_suspend(&spooled, "s/b"), 0);
	number = spooled_accept("b", "");
	ck_assert_int_eq(event_repair_one(&spooled, &drop, number), 1);
	ck_assert_int_eq(state(number, "s/b"), DELIVERY_DROPPED);
	ck_assert_int_eq(event_repair_one(&spooled, &drop, number), 0);
	ck_assert_int_eq(event_repair_one(&spooled, &retry, number), 1);
	ck_assert_int_eq(state(number, "s/b"), DELIVERY_QUEUED);
}
END_TEST

START_TEST(what_runs_is_never_touched)
{
	uint64_t number = spooled_accept("a.x", "");

	spooled_loop();
	ck_assert_uint_eq(spooled_started_number(), number);
	ck_assert_int_eq(event_repair_one(&spooled, &drop, number), -1);
	ck_assert_int_eq(errno, EBUSY);
	ck_assert_int_eq(event_repair_one(&spooled, &retry, number), 0);
	ck_assert_int_eq(state(number, "s/a.*"), DELIVERY_QUEUED);
	ck_assert(schedule_running(spooled.schedule, number, "s/a.*"));
}
END_TEST

START_TEST(only_events_that_were_accepted_can_be_mended)
{
	uint64_t number = spooled_reject("no event type");

	ck_assert_int_eq(event_repair_one(&spooled, &retry, number), -1);
	ck_assert_int_eq(errno, EINVAL);
	ck_assert_int_eq(event_repair_one(&spooled, &drop, 99), -1);
	ck_assert_int_eq(errno, ENOENT);
}
END_TEST

START_TEST(an_event_without_a_hook_gets_those_that_the_configuration_has_now)
{
	uint64_t number;

	spooled_without_b(true);
	number = spooled_accept("b", "");
	ck_assert_uint_eq(spool_counters(spooled.spool)->unhandled, 1);
	ck_assert_int_eq(event_repair_one(&spooled, &retry, number), 0);
	spooled_without_b(false);
	ck_assert_int_eq(event_repair_one(&spooled, &retry, number), 1);
	ck_assert_uint_eq(spool_counters(spooled.spool)->unhandled, 0);
	spooled_loop();
	ck_assert_uint_eq(spooled_started_number(), number);
}
END_TEST

START_TEST(an_event_without_a_hook_can_be_dropped)
{
	uint64_t number;

	spooled_without_b(true);
	number = spooled_accept("b", "");
	ck_assert_int_eq(event_repair_one(&spooled, &drop, number), 1);
	ck_assert_uint_eq(spool_counters(spooled.spool)->unhandled, 0);
	ck_assert_uint_eq(spool_counters(spooled.spool)->dropped, 1);
}
END_TEST

START_TEST(all_that_fit_are_mended_and_nothing_else)
{
	struct event_repair all = {.verb = REPAIR_RETRY, .state = STATE_DEAD};
	uint64_t one = dead_event(), two = dead_event(), from = 1;

	all.events.source = "other";
	ck_assert_int_eq(event_repair_all(&spooled, &all, &from), 0);
	ck_assert_uint_eq(from, 0);
	from = 1;
	all.events = (struct event_filter){.source = "s", .type = "b*"};
	ck_assert_int_eq(event_repair_all(&spooled, &all, &from), 0);
	from = 1;
	all.events.type = "a.*";
	all.hook = "b";
	ck_assert_int_eq(event_repair_all(&spooled, &all, &from), 0);
	from = two;
	all.hook = "a.*"; /* a title is enough */
	ck_assert_int_eq(event_repair_all(&spooled, &all, &from), 1);
	ck_assert_int_eq(state(one, "s/a.*"), DELIVERY_DEAD);
	ck_assert_int_eq(state(two, "s/a.*"), DELIVERY_QUEUED);
}
END_TEST

START_TEST(many_are_mended_some_at_a_time)
{
	const struct event_repair all = {.verb = REPAIR_DROP, .state = STATE_QUEUED};
	uint64_t from = 1;
	int changed;

	ck_assert_int_eq(hook_steer_suspend(&spooled, "s/b"), 0);
	for (int i = 0; i < 600; i++)
		spooled_accept("b", "");
	changed = event_repair_all(&spooled, &all, &from);
	ck_assert_int_ge(changed, 1);
	ck_assert_int_lt(changed, 600);
	ck_assert_uint_ne(from, 0);
	changed += event_repair_all(&spooled, &all, &from);
	ck_assert_int_eq(changed, 600);
	ck_assert_uint_eq(from, 0);
}
END_TEST

START_TEST(a_hook_is_steered_by_its_identity)
{
	uint64_t since;

	ck_assert_int_eq(hook_steer_suspend(&spooled, "s/none"), -1);
	ck_assert_int_eq(errno, ENOENT);
	ck_assert_int_eq(hook_steer_resume(&spooled, "s/none"), -1);
	ck_assert_int_eq(hook_steer_suspend(&spooled, "s/b"), 0);
	ck_assert(schedule_suspension(spooled.schedule, "s/b")->by_hand);
	ck_assert_int_eq(spool_suspended(spooled.spool, "s/b", &since), 0);
	spooled_without_b(true);
	spooled_without_b(false);
	ck_assert(schedule_suspension(spooled.schedule, "s/b")->by_hand);
	ck_assert_int_eq(hook_steer_resume(&spooled, "s/b"), 0);
	ck_assert(!schedule_suspension(spooled.schedule, "s/b")->by_hand);
	ck_assert_int_eq(spool_suspended(spooled.spool, "s/b", &since), -1);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("event_repair");
	TCase *repair = tcase_create("repair");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(repair, spooled_set_up, spooled_tear_down);
	tcase_add_test(repair, a_queued_delivery_is_due_at_once_and_its_attempts_count_anew);
	tcase_add_test(repair, a_done_delivery_runs_again_only_by_force);
	tcase_add_test(repair, what_is_dropped_stays_so_until_it_is_retried);
	tcase_add_test(repair, what_runs_is_never_touched);
	tcase_add_test(repair, only_events_that_were_accepted_can_be_mended);
	tcase_add_test(repair, an_event_without_a_hook_gets_those_that_the_configuration_has_now);
	tcase_add_test(repair, an_event_without_a_hook_can_be_dropped);
	tcase_add_test(repair, all_that_fit_are_mended_and_nothing_else);
	tcase_add_test(repair, many_are_mended_some_at_a_time);
	tcase_add_test(repair, a_hook_is_steered_by_its_identity);
	tcase_set_timeout(repair, 60); /* hundreds of transactions on a slow disk */
	suite_add_tcase(suite, repair);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
