/* Events that outlive their generation: where they are, how long, and that their ids stay with them. */
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/protocol/event.h"
#include "kept.h"

static const struct spool_counters *
counters(void)
{
	return spool_counters(kept);
}

static bool
is_duplicate(const char *id, uint64_t of)
{
	uint64_t number;

	if (kept_put(id, false, &number) != SPOOL_DUPLICATE)
		return false;
	ck_assert_uint_eq(number, of);
	return true;
}

START_TEST(what_is_not_finished_stays_with_its_id_whatever_its_age)
{
	struct delivery d;
	struct event event;
	uint64_t number;

	kept_new("done", false);
	number = kept_new("late", true);
	kept_ends(number, DELIVERY_QUEUED);
	for (int i = 0; i < 50; i++)
		kept_pass(20000);
	ck_assert(!kept_is_there(1));
	ck_assert(kept_is_there(number));
	ck_assert_int_eq(kept_files("event.", ""), 3);
	ck_assert(is_duplicate("late", number));
	kept_again();
	ck_assert(is_duplicate("late", number));
	ck_assert_int_eq(spool_delivery(kept, number, "src/h", &d), 0);
	ck_assert_uint_eq(d.attempts_all, 1);
	ck_assert_int_eq(spool_event(kept, number, &event), 0);
	ck_assert_mem_eq(event.body, "body", 4);
	ck_assert_uint_eq(counters()->events, 1);
	ck_assert_uint_eq(counters()->queued, 1);
}
END_TEST

/* A late event, and its number. */
static uint64_t
late(const char *id)
{
	uint64_t number = kept_new(id, true);

	kept_pass(20000);
	kept_pass(KEEP_MS + 20000);
	ck_assert_int_eq(kept_files("event.", ""), 3);
	return number;
}

START_TEST(a_late_event_is_kept_from_when_it_ended)
{
	uint64_t number = late("late");

	kept_pass(10 * DEDUP_MS);
	kept_ends(number, DELIVERY_DEAD);
	ck_assert_uint_eq(counters()->dead, 1);
	kept_pass(KEEP_MS - 1000);
	ck_assert(kept_is_there(number));
	ck_assert(is_duplicate("late", number));
	kept_pass(2000);
	ck_assert(!kept_is_there(number));
	ck_assert_uint_eq(counters()->dead, 0);
	ck_assert_uint_eq(counters()->events, 0);
	ck_assert(!is_duplicate("late", number));
}
END_TEST

START_TEST(a_late_event_that_is_queued_again_stays)
{
	uint64_t number = late("late");

	kept_ends(number, DELIVERY_DEAD);
	kept_pass(KEEP_MS / 2);
	ck_assert_int_eq(spool_begin(kept), 0);
	ck_assert_int_eq(spool_requeue(kept, &(struct spool_repair){number, "src/h", kept_now}), 0);
	ck_assert_int_eq(spool_commit(kept), 0);
	kept_pass(KEEP_MS);
	ck_assert(kept_is_there(number));
	kept_ends(number, DELIVERY_DONE);
	kept_pass(KEEP_MS - 1000);
	ck_assert(kept_is_there(number));
	kept_pass(2000);
	ck_assert(!kept_is_there(number));
}
END_TEST

/* Its run for HOOK ended at ENDED_MS, and is stored now. */
static void
stored(uint64_t number, const char *hook, uint64_t ended_ms)
{
	struct delivery d = {.state = DELIVERY_DONE, .attempts = 1, .attempts_all = 1, .ended_ms = ended_ms};
	struct attempt attempt = {.end = RUN_EXITED, .out = "", .err = ""};

	ck_assert_int_eq(spool_begin(kept), 0);
	ck_assert_int_eq(spool_outcome(kept, &(struct spool_outcome){number, hook, &d, &attempt}), 0);
	ck_assert_int_eq(spool_commit(kept), 0);
}

/* A late event for two hooks. */
static uint64_t
late_for_two(void)
{
	const char *const more[] = {"src/more"};
	uint64_t number = late("late");

	ck_assert_int_eq(spool_begin(kept), 0);
	ck_assert_int_eq(spool_bind(kept, &(struct spool_repair){number, NULL, kept_now}, more, 1), 0);
	ck_assert_int_eq(spool_commit(kept), 0);
	return number;
}

START_TEST(a_late_event_goes_though_what_ended_first_was_stored_last)
{
	uint64_t number = late_for_two();

	stored(number, "src/h", kept_now);
	stored(number, "src/more", kept_now - 2);
	kept_pass(KEEP_MS);
	ck_assert(kept_is_there(number));
	kept_pass(1000);
	ck_assert(!kept_is_there(number));
	ck_assert(!is_duplicate("late", number));
}
END_TEST

START_TEST(a_late_event_is_not_held_up_by_the_time_of_a_clock_that_was_ahead)
{
	uint64_t number = late_for_two();

	stored(number, "src/h", kept_now + 100 * KEEP_MS);
	stored(number, "src/more", kept_now);
	kept_pass(KEEP_MS + 1000);
	ck_assert(!kept_is_there(number));
}
END_TEST

START_TEST(a_late_event_that_is_dropped_or_unbound_goes)
{
	uint64_t dropped = late("dropped"), unbound = late("unbound");

	ck_assert_int_eq(spool_begin(kept), 0);
	ck_assert_int_eq(spool_drop(kept, &(struct spool_repair){dropped, "src/h", kept_now}), 0);
	ck_assert_int_eq(spool_unbind(kept, &(struct spool_repair){unbound, "src/h", kept_now}), 0);
	ck_assert_int_eq(spool_commit(kept), 0);
	ck_assert_uint_eq(counters()->unhandled, 1);
	kept_pass(KEEP_MS - 1000);
	ck_assert(kept_is_there(dropped) && kept_is_there(unbound));
	kept_pass(2000);
	ck_assert(!kept_is_there(dropped) && !kept_is_there(unbound));
	ck_assert_uint_eq(counters()->unhandled, 0);
	ck_assert_uint_eq(counters()->dropped, 0);
}
END_TEST

START_TEST(many_late_events_move_in_pieces_and_are_found_in_order)
{
	uint64_t number = 0, from = 0;

	for (int i = 0; i < 700; i++) {
		char id[16];

		snprintf(id, sizeof id, "%d", i);
		kept_new(id, true);
	}
	for (uint64_t done = 1; done <= 700; done += 2)
		kept_ends(done, DELIVERY_DONE);
	kept_pass(20000);
	kept_new("young", true);
	kept_now += 10 * DEDUP_MS;
	/* One piece: both places have some of them, and none has lost its id. */
	ck_assert_int_eq(spool_retain(kept, &(struct spool_ages){kept_now, KEEP_MS, DEDUP_MS, true}), 1);
	spool_wait(kept);
	ck_assert(is_duplicate("1", 2) && is_duplicate("699", 700));
	for (uint64_t wanted = 1; wanted <= 701; wanted++, from = number + 1) {
		ck_assert_int_eq(spool_next(kept, from, &number), 0);
		ck_assert_uint_eq(number, wanted);
	}
	kept_again();
	kept_pass(0);
	ck_assert_uint_eq(counters()->events, 351);
	ck_assert_uint_eq(counters()->queued, 351);
	ck_assert_uint_eq(counters()->done, 0);
	from = 0;
	for (uint64_t wanted = 2; wanted <= 700; wanted += 2, from = number + 1) {
		ck_assert_int_eq(spool_next(kept, from, &number), 0);
		ck_assert_uint_eq(number, wanted);
	}
	ck_assert_int_eq(spool_next(kept, from, &number), 0);
	ck_assert_uint_eq(number, 701);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("late");
	TCase *tc = tcase_create("late");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, tc);
	tcase_add_checked_fixture(tc, kept_set_up, kept_tear_down);
	tcase_set_timeout(tc, 120);
	tcase_add_test(tc, what_is_not_finished_stays_with_its_id_whatever_its_age);
	tcase_add_test(tc, a_late_event_is_kept_from_when_it_ended);
	tcase_add_test(tc, a_late_event_that_is_queued_again_stays);
	tcase_add_test(tc, a_late_event_goes_though_what_ended_first_was_stored_last);
	tcase_add_test(tc, a_late_event_is_not_held_up_by_the_time_of_a_clock_that_was_ahead);
	tcase_add_test(tc, a_late_event_that_is_dropped_or_unbound_goes);
	tcase_add_test(tc, many_late_events_move_in_pieces_and_are_found_in_order);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
