/* The dedup window over real tables: a key is found wherever it lies, with a filter and without. */
#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/spool/seen.h"
#include "../../src/spool/seen_filter.h"
#include "stored.h"

static struct seen seen;
static struct store_table *meta;

static void
open_all(uint64_t keys)
{
	memset(&seen, 0, sizeof seen);
	seen.store = stored;
	seen.meta = meta;
	ck_assert_int_eq(seen_open(&seen, 1, keys), 0);
}

static void
set_up(void)
{
	stored_set_up();
	ck_assert_ptr_nonnull(meta = store_table_make(stored, STORE_META, STORE_ONE));
	stored_make_late();
	open_all(0);
}

static void
settle(void)
{
	while (seen.files.jobs > 0)
		store_wait(stored);
}

static void
close_all(void)
{
	settle();
	seen_close(&seen);
}

static void
tear_down(void)
{
	close_all();
	store_table_close(meta);
	stored_tear_down();
}

static struct store_bytes
key(const char *text)
{
	return (struct store_bytes){text, strlen(text)};
}

static void
put(const char *text, uint64_t number)
{
	ck_assert_int_eq(store_begin(stored), 0);
	ck_assert_int_eq(seen_put(&seen, key(text), &number), 1);
	ck_assert_int_eq(store_commit(stored), 0);
}

/* Its number, or 0. */
static uint64_t
found(const char *text)
{
	uint64_t number;

	if (seen_find(&seen, key(text), &number) == 0)
		return number;
	ck_assert_int_eq(errno, ENOENT);
	return 0;
}

static void
begin(uint64_t first)
{
	const struct seen_turn turn = {first, 50, 60};

	seen_prepare(&seen);
	settle();
	ck_assert_int_eq(store_begin(stored), 0);
	ck_assert_int_eq(seen_begin(&seen, &turn), 0);
	ck_assert_int_eq(store_commit(stored), 0);
	seen_begun(&seen, &turn);
}

START_TEST(a_key_is_found_in_each_generation_with_filters_and_without)
{
	put("one", 1);
	begin(2);
	put("two", 2);
	begin(3);
	put("three", 3);
	for (int with = 0; with < 2; with++) {
		ck_assert_int_eq(seen.all[1]->filter != NULL, with);
		ck_assert_uint_eq(found("one"), 1);
		ck_assert_uint_eq(found("two"), 2);
		ck_assert_uint_eq(found("three"), 3);
		ck_assert_uint_eq(found("four"), 0);
		seen_prepare(&seen);
		settle();
	}
	ck_assert_uint_eq(seen_keys(&seen), 3);
	ck_assert_uint_eq(seen.all[1]->last_ms, 50);
	close_all();
	open_all(1);
	ck_assert_uint_eq(found("one"), 1);
	ck_assert_uint_eq(found("three"), 3);
	ck_assert_uint_eq(seen_keys(&seen), 3);
}
END_TEST

START_TEST(a_key_in_the_newest_is_not_put_again)
{
	uint64_t number = 9;

	put("one", 1);
	ck_assert_int_eq(store_begin(stored), 0);
	ck_assert_int_eq(seen_put(&seen, key("one"), &number), 0);
	store_abort(stored);
	ck_assert_uint_eq(number, 1);
}
END_TEST

START_TEST(the_oldest_goes_with_its_files)
{
	put("one", 1);
	begin(2);
	put("two", 2);
	seen_prepare(&seen);
	settle();
	ck_assert(stored_has("seen.00000001.filter"));
	ck_assert_int_eq(store_begin(stored), 0);
	ck_assert_int_eq(seen_forget(&seen), 0);
	ck_assert_int_eq(store_commit(stored), 0);
	seen_forgotten(&seen);
	settle();
	ck_assert_uint_eq(found("one"), 0);
	ck_assert_uint_eq(found("two"), 2);
	ck_assert(!stored_has("seen.00000001") && !stored_has("seen.00000001.filter"));
}
END_TEST

START_TEST(a_late_key_goes_only_with_its_own_event)
{
	ck_assert_int_eq(store_begin(stored), 0);
	ck_assert_int_eq(seen_late_put(&seen, key("late"), 5), 0);
	ck_assert_int_eq(store_commit(stored), 0);
	ck_assert_uint_eq(found("late"), 5);
	close_all();
	open_all(0);
	ck_assert_uint_eq(found("late"), 5);
	ck_assert_int_eq(store_begin(stored), 0);
	ck_assert_int_eq(seen_late_delete(&seen, key("late"), 4), 0);
	ck_assert_int_eq(seen_late_delete(&seen, key("none"), 4), 0);
	ck_assert_uint_eq(found("late"), 5);
	ck_assert_int_eq(seen_late_delete(&seen, key("late"), 5), 0);
	ck_assert_int_eq(store_commit(stored), 0);
	ck_assert_uint_eq(found("late"), 0);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("seen");
	TCase *tc = tcase_create("seen");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, tc);
	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, a_key_is_found_in_each_generation_with_filters_and_without);
	tcase_add_test(tc, a_key_in_the_newest_is_not_put_again);
	tcase_add_test(tc, the_oldest_goes_with_its_files);
	tcase_add_test(tc, a_late_key_goes_only_with_its_own_event);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
