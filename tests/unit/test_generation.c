/* Generations over real tables: where a number is, what is counted, what an end undoes. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/spool/generation.h"
#include "stored.h"

static struct generations gs;
static struct spool_counters sums;
static struct store_table *meta;

static void
open_all(void)
{
	memset(&gs, 0, sizeof gs);
	memset(&sums, 0, sizeof sums);
	gs.store = stored;
	gs.meta = meta;
	gs.sums = &sums;
	ck_assert_int_eq(generations_open(&gs, 1), 0);
}

static void
set_up(void)
{
	stored_set_up();
	ck_assert_ptr_nonnull(meta = store_table_make(stored, STORE_META, STORE_ONE));
	stored_make_late();
	open_all();
}

static void
close_all(void)
{
	while (gs.files.jobs > 0)
		store_wait(stored);
	generations_close(&gs);
}

static void
tear_down(void)
{
	close_all();
	store_table_close(meta);
	stored_tear_down();
}

static void
begin(uint64_t first)
{
	generations_prepare(&gs);
	while (gs.files.jobs > 0)
		store_wait(stored);
	ck_assert_int_eq(store_begin(stored), 0);
	ck_assert_int_eq(generation_begin(&gs, first, first * 1000), 0);
	ck_assert_int_eq(store_commit(stored), 0);
	generation_begun(&gs);
}

static void
end(bool commit)
{
	ck_assert_int_eq(generations_put(&gs), 0);
	if (commit)
		ck_assert_int_eq(store_commit(stored), 0);
	else
		store_abort(stored);
	generations_settle(&gs, commit);
}

START_TEST(a_number_is_in_the_generation_that_began_before_it)
{
	begin(10);
	begin(20);
	ck_assert_uint_eq(gs.n, 3);
	ck_assert_uint_eq(generation_of(&gs, 1)->id, 1);
	ck_assert_uint_eq(generation_of(&gs, 9)->id, 1);
	ck_assert_uint_eq(generation_of(&gs, 10)->id, 2);
	ck_assert_uint_eq(generation_of(&gs, 19)->id, 2);
	ck_assert_uint_eq(generation_of(&gs, 20)->id, 3);
	ck_assert_uint_eq(generation_of(&gs, UINT64_MAX)->id, 3);
	ck_assert_uint_eq(generation_of(&gs, 0)->id, 0);
	close_all();
	open_all();
	ck_assert_uint_eq(gs.n, 3);
	ck_assert_uint_eq(generation_of(&gs, 19)->id, 2);
}
END_TEST

START_TEST(what_is_counted_is_there_again_and_goes_with_its_generation)
{
	begin(10);
	ck_assert_int_eq(store_begin(stored), 0);
	generation_count(&gs, gs.all[0], COUNT_EVENTS, 5);
	generation_count(&gs, gs.all[1], COUNT_EVENTS, 3);
	generation_count(&gs, gs.all[1], COUNT_DEAD, 2);
	generation_count(&gs, &gs.late, COUNT_QUEUED, 1);
	generation_came(gs.all[1], 77);
	end(true);
	close_all();
	open_all();
	ck_assert_uint_eq(sums.events, 8);
	ck_assert_uint_eq(sums.dead, 2);
	ck_assert_uint_eq(sums.queued, 1);
	ck_assert_uint_eq(gs.all[1]->now.last_ms, 77);
	ck_assert_int_eq(store_begin(stored), 0);
	ck_assert_int_eq(generation_forget(&gs), 0);
	ck_assert_int_eq(store_commit(stored), 0);
	generation_forgotten(&gs);
	ck_assert_uint_eq(sums.events, 3);
	close_all();
	ck_assert(!stored_has("event.00000001") && stored_has("event.00000002") && stored_has("event.00000000"));
	open_all();
	ck_assert_uint_eq(gs.n, 1);
	ck_assert_uint_eq(sums.events, 3);
	ck_assert_uint_eq(generation_of(&gs, 9)->id, 0);
}
END_TEST

START_TEST(what_is_undone_is_not_counted)
{
	ck_assert_int_eq(store_begin(stored), 0);
	generation_count(&gs, gs.all[0], COUNT_EVENTS, 5);
	end(false);
	ck_assert_uint_eq(gs.all[0]->now.count[COUNT_EVENTS], 0);
	close_all();
	open_all();
	ck_assert_uint_eq(sums.events, 0);
}
END_TEST

START_TEST(a_generation_whose_begin_is_undone_begins_later)
{
	generations_prepare(&gs);
	while (gs.files.jobs > 0)
		store_wait(stored);
	ck_assert_int_eq(store_begin(stored), 0);
	ck_assert_int_eq(generation_begin(&gs, 5, 5), 0);
	store_abort(stored);
	ck_assert_uint_eq(generation_of(&gs, 6)->id, 1);
	begin(7);
	ck_assert_uint_eq(generation_of(&gs, 6)->id, 1);
	ck_assert_uint_eq(generation_of(&gs, 7)->id, 2);
	close_all();
	open_all();
	ck_assert_uint_eq(gs.n, 2);
	ck_assert_uint_eq(generation_of(&gs, 6)->id, 1);
}
END_TEST

START_TEST(a_spare_one_of_an_earlier_start_is_no_generation)
{
	generations_prepare(&gs);
	close_all();
	ck_assert(stored_has("body.00000002"));
	open_all();
	ck_assert(!stored_has("body.00000002"));
	ck_assert_uint_eq(gs.n, 1);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("generation");
	TCase *tc = tcase_create("generation");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, tc);
	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, a_number_is_in_the_generation_that_began_before_it);
	tcase_add_test(tc, what_is_counted_is_there_again_and_goes_with_its_generation);
	tcase_add_test(tc, what_is_undone_is_not_counted);
	tcase_add_test(tc, a_generation_whose_begin_is_undone_begins_later);
	tcase_add_test(tc, a_spare_one_of_an_earlier_start_is_no_generation);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
