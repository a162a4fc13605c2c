/* Whose turn it is: limits of a hook, of its source and of the whole, and the places that are kept free. */
#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/conf/conf.h"
#include "../../src/lib/log.h"
#include "../../src/spooler/slot.h"

static struct hook hooks[2][3] = {{{.title = (char *)"a"}, {.title = (char *)"b"}, {.title = (char *)"c"}},
    {{.title = (char *)"a"}, {.title = (char *)"b"}, {.title = (char *)"c"}}};
static struct source sources[2] = {
    {.name = (char *)"one", .hooks = hooks[0], .nhooks = 3}, {.name = (char *)"two", .hooks = hooks[1], .nhooks = 3}};
static struct conf conf = {.sources = sources, .nsources = 2};
static struct slots slots;
static const char *suspended = ""; /* what the spool says is suspended by hand */
static int why;			   /* what it can't say why */

int __wrap_spool_suspended(struct spool *, const char *, uint64_t *);

int
__wrap_spool_suspended(struct spool *spool, const char *hook, uint64_t *since_ms)
{
	(void)spool;
	*since_ms = 7;
	errno = why != 0 ? why : ENOENT;
	return why == 0 && strcmp(hook, suspended) == 0 ? 0 : -1;
}

static void
set_up(void)
{
	log_open("test", "/dev/null");
	sources[0].max_running = sources[1].max_running = 0;
	hooks[0][0].max_running = 0;
	conf.nsources = 2;
	ck_assert_int_eq(slots_take(&slots, &conf, NULL), 0);
	for (size_t i = 0; i < slots.n; i++)
		slots.all[i]->next_ms = SLOT_NEVER;
}

static void
tear_down(void)
{
	slots_clear(&slots);
}

/* As many runs of the hook as may start. */
static unsigned
start_all(const char *identity, unsigned max_running)
{
	struct slot *slot = slots_named(&slots, identity), *next;

	slot->next_ms = 0;
	while ((next = slots_next(&slots, max_running, 1000)) != NULL) {
		ck_assert_ptr_eq(next, slot);
		slot->running++;
	}
	slot->next_ms = SLOT_NEVER;
	return slot->running;
}

START_TEST(one_hook_leaves_a_place_for_each_other)
{
	ck_assert_uint_eq(start_all("one/a", 16), 11);
	ck_assert_uint_eq(start_all("two/c", 16), 1);
	ck_assert_uint_eq(start_all("two/b", 16), 1);
}
END_TEST

START_TEST(but_never_leaves_more_than_half)
{
	ck_assert_uint_eq(start_all("one/a", 4), 2);
	ck_assert_uint_eq(start_all("one/b", 4), 1);
	ck_assert_uint_eq(start_all("two/a", 4), 1);
	ck_assert_uint_eq(start_all("two/b", 4), 0);
}
END_TEST

START_TEST(a_single_place_is_used)
{
	ck_assert_uint_eq(start_all("one/a", 1), 1);
}
END_TEST

START_TEST(limits_of_hook_and_source_hold)
{
	hooks[0][0].max_running = 2;
	sources[0].max_running = 3;
	ck_assert_uint_eq(start_all("one/a", 16), 2);
	ck_assert_uint_eq(start_all("one/b", 16), 1);
	ck_assert_uint_eq(start_all("one/c", 16), 0);
	ck_assert_uint_gt(start_all("two/a", 16), 3);
}
END_TEST

START_TEST(hooks_take_turns)
{
	slots_named(&slots, "one/a")->next_ms = slots_named(&slots, "two/b")->next_ms = 0;
	ck_assert_str_eq(slots_next(&slots, 16, 1000)->identity, "one/a");
	ck_assert_str_eq(slots_next(&slots, 16, 1000)->identity, "two/b");
	ck_assert_str_eq(slots_next(&slots, 16, 1000)->identity, "one/a");
}
END_TEST

START_TEST(a_hook_that_is_gone_keeps_its_slot_while_it_runs_and_starts_nothing)
{
	struct slot *gone = slots_named(&slots, "two/a"), *stays = slots_named(&slots, "one/a");

	gone->running = 1;
	conf.nsources = 1;
	ck_assert_int_eq(slots_take(&slots, &conf, NULL), 0);
	ck_assert_ptr_eq(slots_named(&slots, "one/a"), stays);
	ck_assert_ptr_eq(slots_named(&slots, "two/a"), gone);
	ck_assert_ptr_null(slots_named(&slots, "two/b"));
	ck_assert_ptr_null(gone->hook);
	for (size_t i = 0; i < 3; i++)
		slots.all[i]->next_ms = SLOT_NEVER;
	gone->next_ms = 0;
	ck_assert_ptr_null(slots_next(&slots, 16, 1000));
	conf.nsources = 2;
	ck_assert_int_eq(slots_take(&slots, &conf, NULL), 0);
	ck_assert_ptr_eq(slots_named(&slots, "two/a"), gone);
	ck_assert_ptr_nonnull(gone->hook);
	gone->running = 0;
}
END_TEST

static void
take_anew(void)
{
	slots_clear(&slots);
	ck_assert_int_eq(slots_take(&slots, &conf, NULL), 0);
}

START_TEST(one_that_an_operator_suspended_is_when_it_comes)
{
	suspended = "two/b";
	take_anew();
	ck_assert(slots_named(&slots, "two/b")->suspension.by_hand);
	ck_assert_uint_eq(slots_named(&slots, "two/b")->suspension.by_hand_ms, 7);
	ck_assert(!slots_named(&slots, "two/a")->suspension.by_hand);
}
END_TEST

START_TEST(one_of_which_nobody_can_say_it_is_suspended_and_those_that_are_there_stay_as_they_are)
{
	why = EPROTO;
	ck_assert_int_eq(slots_take(&slots, &conf, NULL), 0);
	ck_assert(!slots_named(&slots, "one/a")->suspension.by_hand);
	take_anew();
	ck_assert(slots_named(&slots, "one/a")->suspension.by_hand);
	ck_assert_uint_gt(slots_named(&slots, "one/a")->suspension.by_hand_ms, 7);
	why = 0;
	ck_assert_int_eq(slots_take(&slots, &conf, NULL), 0);
	ck_assert(slots_named(&slots, "one/a")->suspension.by_hand);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("slot");
	TCase *tc = tcase_create("slot");
	SRunner *runner;
	int failed;

	suite_add_tcase(suite, tc);
	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, one_hook_leaves_a_place_for_each_other);
	tcase_add_test(tc, but_never_leaves_more_than_half);
	tcase_add_test(tc, a_single_place_is_used);
	tcase_add_test(tc, limits_of_hook_and_source_hold);
	tcase_add_test(tc, hooks_take_turns);
	tcase_add_test(tc, a_hook_that_is_gone_keeps_its_slot_while_it_runs_and_starts_nothing);
	tcase_add_test(tc, one_that_an_operator_suspended_is_when_it_comes);
	tcase_add_test(tc, one_of_which_nobody_can_say_it_is_suspended_and_those_that_are_there_stay_as_they_are);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
