/* Pages that wait: found, replaced, taken, and back again. */
#include <check.h>
#include <string.h>

#include "../../src/spool/store_waiting.h"

#define ROOM 8

static struct store_waiting *waiting;
static struct store_taken taken[ROOM];
static const int one, two; /* owners */

static bool
any(void *context, const void *owner)
{
	return context == NULL || context == owner;
}

static int
put(const void *owner, uint32_t number, int fill)
{
	unsigned char page[STORE_PAGE];

	memset(page, fill, sizeof page);
	return store_waiting_put(waiting, owner, number, page);
}

/* What the page is full of; -1: it is not here. */
static int
found(const void *owner, uint32_t number)
{
	const unsigned char *page = store_waiting_find(waiting, owner, number);

	ck_assert(page == NULL || page[0] == page[STORE_PAGE - 1]);
	return page != NULL ? page[0] : -1;
}

static void
set_up(void)
{
	ck_assert_ptr_nonnull(waiting = store_waiting_new(ROOM));
}

static void
tear_down(void)
{
	store_waiting_free(waiting);
}

START_TEST(a_page_put_again_replaces_the_one_that_waits)
{
	ck_assert_int_eq(put(&one, 7, 'a') | put(&two, 7, 'b') | put(&one, 7, 'c'), 0);
	ck_assert_int_eq(found(&one, 7), 'c');
	ck_assert_int_eq(found(&two, 7), 'b');
	ck_assert_int_eq(found(&one, 8), -1);
	ck_assert_uint_eq(store_waiting_count(waiting), 2);
}
END_TEST

START_TEST(one_that_is_taken_is_found_until_it_is_written)
{
	put(&one, 1, 'a');
	ck_assert_uint_eq(store_waiting_take(waiting, taken, ROOM, any, NULL), 1);
	ck_assert_int_eq(found(&one, 1), 'a');
	put(&one, 1, 'b');
	ck_assert_int_eq(found(&one, 1), 'b');
	ck_assert_int_eq(taken[0].bytes[0], 'a');
	store_waiting_settle(waiting, true);
	ck_assert_int_eq(found(&one, 1), 'b');
	ck_assert_uint_eq(store_waiting_count(waiting), 1);
}
END_TEST

START_TEST(what_could_not_be_written_waits_again_unless_there_is_newer)
{
	put(&one, 1, 'a');
	put(&one, 2, 'b');
	store_waiting_take(waiting, taken, ROOM, any, NULL);
	put(&one, 1, 'c');
	store_waiting_settle(waiting, false);
	ck_assert_int_eq(found(&one, 1), 'c');
	ck_assert_int_eq(found(&one, 2), 'b');
	ck_assert_uint_eq(store_waiting_count(waiting), 2);
	ck_assert_uint_eq(store_waiting_take(waiting, taken, 1, any, NULL), 1);
	ck_assert_uint_eq(taken[0].number, 2); /* it came first */
}
END_TEST

START_TEST(there_is_room_for_so_many_and_no_more)
{
	for (uint32_t i = 0; i < ROOM; i++)
		ck_assert_int_eq(put(&one, i, 'a'), 0);
	ck_assert_int_eq(put(&one, ROOM, 'a'), -1);
	ck_assert_int_eq(put(&one, 0, 'b'), 0);
	store_waiting_take(waiting, taken, 2, any, NULL);
	ck_assert_int_eq(put(&one, ROOM, 'a'), -1);
	store_waiting_settle(waiting, true);
	ck_assert_int_eq(put(&one, ROOM, 'a'), 0);
	ck_assert_int_eq(found(&one, 0), -1);
}
END_TEST

START_TEST(what_is_dropped_is_not_found_nor_comes_back)
{
	put(&one, 1, 'a');
	put(&two, 1, 'b');
	store_waiting_take(waiting, taken, ROOM, any, NULL);
	put(&one, 2, 'c');
	store_waiting_drop(waiting, &one, 0);
	ck_assert(!store_waiting_has(waiting, &one) && store_waiting_has(waiting, &two));
	ck_assert_int_eq(taken[0].bytes[0], 'a'); /* somebody writes it */
	store_waiting_settle(waiting, false);
	ck_assert_int_eq(found(&one, 1), -1);
	ck_assert_int_eq(found(&one, 2), -1);
	ck_assert_int_eq(found(&two, 1), 'b');
}
END_TEST

START_TEST(the_first_that_waits_has_the_lowest_rank)
{
	uint64_t before;

	put(&one, 1, 'a');
	put(&one, 2, 'a');
	before = store_waiting_next(waiting);
	put(&one, 1, 'b');
	put(&one, 3, 'a');
	ck_assert_uint_lt(store_waiting_first(waiting), before);
	store_waiting_take(waiting, taken, 2, any, NULL);
	ck_assert_uint_ge(store_waiting_first(waiting), before);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("store_waiting");
	TCase *tcase = tcase_create("waiting");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, a_page_put_again_replaces_the_one_that_waits);
	tcase_add_test(tcase, one_that_is_taken_is_found_until_it_is_written);
	tcase_add_test(tcase, what_could_not_be_written_waits_again_unless_there_is_newer);
	tcase_add_test(tcase, there_is_room_for_so_many_and_no_more);
	tcase_add_test(tcase, what_is_dropped_is_not_found_nor_comes_back);
	tcase_add_test(tcase, the_first_that_waits_has_the_lowest_rank);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
