/* States: their words, their order of attention, and whose state an event's is. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/protocol/event.h"
#include "../../src/spool/spool.h"
#include "../../src/spooler/state.h"
#include "spooled.h"

START_TEST(each_word_is_read_as_it_is_written)
{
	for (enum event_state state = STATE_DONE; state <= STATE_REJECTED; state++)
		ck_assert_int_eq(state_of_word(state_word(state)), state);
	ck_assert_str_eq(state_word(STATE_UNHANDLED), "unhandled");
	ck_assert_int_eq(state_of_word(NULL), STATE_ANY);
	ck_assert_int_eq(state_of_word("any"), STATE_UNKNOWN);
	ck_assert_int_eq(state_of_word(""), STATE_UNKNOWN);
	ck_assert_int_eq(state_of_word("Dead"), STATE_UNKNOWN);
}
END_TEST

START_TEST(any_fits_all_and_an_unknown_one_none)
{
	for (enum event_state state = STATE_DONE; state <= STATE_REJECTED; state++) {
		ck_assert(state_fits(STATE_ANY, state));
		ck_assert(state_fits(state, state));
		ck_assert(!state_fits(STATE_UNKNOWN, state));
	}
	ck_assert(!state_fits(STATE_DEAD, STATE_DONE));
}
END_TEST

START_TEST(a_queued_delivery_runs_or_waits_or_has_lost_its_hook)
{
	struct spool_delivery d = {.hook = "s/a.*", .delivery.state = DELIVERY_QUEUED};
	uint64_t number = spooled_accept("a.x", "");

	ck_assert_int_eq(state_of_delivery(&spooled, number, &d), STATE_QUEUED);
	spooled_loop();
	ck_assert_int_eq(state_of_delivery(&spooled, number, &d), STATE_RUNNING);
	strcpy(d.hook, "s/none");
	ck_assert_int_eq(state_of_delivery(&spooled, number, &d), STATE_UNHANDLED);
	d.delivery.state = DELIVERY_DROPPED;
	ck_assert_int_eq(state_of_delivery(&spooled, number, &d), STATE_DROPPED);
}
END_TEST

static enum event_state
of_event(const struct event *event, const struct spool_delivery *all, int n)
{
	return state_of_event(&spooled, &(struct state_event){1, event, all, n});
}

START_TEST(an_event_is_as_the_delivery_that_needs_attention_first)
{
	struct spool_delivery all[] = {{.hook = "s/b", .delivery.state = DELIVERY_DONE},
	    {.hook = "s/b", .delivery.state = DELIVERY_DEAD}, {.hook = "s/b", .delivery.state = DELIVERY_QUEUED}};
	struct event event = {.kind = EVENT_ACCEPTED};

	ck_assert_int_eq(of_event(&event, all, 0), STATE_UNHANDLED);
	ck_assert_int_eq(of_event(&event, all, 1), STATE_DONE);
	ck_assert_int_eq(of_event(&event, all, 3), STATE_DEAD);
	all[1].delivery.state = DELIVERY_DROPPED;
	ck_assert_int_eq(of_event(&event, all, 2), STATE_DROPPED);
	ck_assert_int_eq(of_event(&event, all, 3), STATE_QUEUED);
	event.kind = EVENT_REJECTED;
	ck_assert_int_eq(of_event(&event, all, 0), STATE_REJECTED);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("state");
	TCase *words = tcase_create("words"), *states = tcase_create("states");
	SRunner *runner;
	int failed;

	tcase_add_test(words, each_word_is_read_as_it_is_written);
	tcase_add_test(words, any_fits_all_and_an_unknown_one_none);
	tcase_add_checked_fixture(states, spooled_set_up, spooled_tear_down);
	tcase_add_test(states, a_queued_delivery_runs_or_waits_or_has_lost_its_hook);
	tcase_add_test(states, an_event_is_as_the_delivery_that_needs_attention_first);
	suite_add_tcase(suite, words);
	suite_add_tcase(suite, states);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
