/* Tables on a real disk: what was put is read, in order, and stays where it was read to. */
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stored.h"

static struct store_table *table;

static struct store_bytes
text(const char *bytes)
{
	return (struct store_bytes){bytes, strlen(bytes)};
}

static void
put(const char *key, const char *value)
{
	ck_assert_int_eq(store_begin(stored), 0);
	ck_assert_int_eq(store_put(table, text(key), text(value)), 0);
	ck_assert_int_eq(store_commit(stored), 0);
}

static void
set_up(void)
{
	stored_set_up();
	ck_assert_ptr_nonnull(table = store_table_make(stored, STORE_EVENT, 7));
}

static void
tear_down(void)
{
	store_table_close(table);
	stored_tear_down();
}

START_TEST(a_table_of_a_generation_is_a_file_with_its_number)
{
	char name[STORE_NAME_MAX];

	ck_assert(stored_has("event.00000007"));
	store_name(name, STORE_SEEN, 4294967295u);
	ck_assert_str_eq(name, "seen.4294967295");
	store_name(name, STORE_LANE, STORE_ONE);
	ck_assert_str_eq(name, "lane.db");
}
END_TEST

START_TEST(what_was_read_stays_when_the_same_is_read_again)
{
	static char large[9000];
	struct store_bytes first, second;
	struct store_entry entry;

	memset(large, 'l', sizeof large - 1);
	put("a", "one");
	put("b", large);
	ck_assert_int_eq(store_get(table, text("b"), &first), 0);
	ck_assert_uint_eq(first.len, sizeof large - 1);
	ck_assert_int_eq(store_get(table, text("b"), &second), 0);
	ck_assert_ptr_eq(first.bytes, second.bytes);
	ck_assert_int_eq(store_has(table, text("a")), 1);
	ck_assert_mem_eq(first.bytes, large, first.len);
	ck_assert_int_eq(store_seek(table, text("aa"), &entry), 0);
	ck_assert_mem_eq(entry.key.bytes, "b", 1);
	ck_assert_mem_eq(entry.value.bytes, large, entry.value.len);
}
END_TEST

START_TEST(a_value_larger_than_any_before_is_read_by_a_cursor_too)
{
	static char large[2 << 20];
	struct store_entry entry;
	struct store_bytes value;

	memset(large, 'l', sizeof large - 1);
	put("k", large);
	ck_assert_int_eq(store_seek(table, text(""), &entry), 0);
	ck_assert_uint_eq(entry.key.len, 1);
	ck_assert_uint_eq(entry.value.len, sizeof large - 1);
	ck_assert_mem_eq(entry.value.bytes, large, sizeof large - 1);
	put("j", "small");
	ck_assert_int_eq(store_get(table, text("j"), &value), 0);
	ck_assert_mem_eq(value.bytes, "small", 5);
}
END_TEST

START_TEST(what_is_not_there_is_said_to_be_missing)
{
	struct store_bytes value;

	put("a", "one");
	ck_assert_int_eq(store_has(table, text("b")), 0);
	ck_assert_int_eq(store_get(table, text("b"), &value), -1);
	ck_assert_int_eq(errno, ENOENT);
	ck_assert_int_eq(store_seek_key(table, text("b"), &value), -1);
	ck_assert_int_eq(errno, ENOENT);
	ck_assert_int_eq(store_begin(stored), 0);
	ck_assert_int_eq(store_add(table, text("a"), text("two")), -1);
	ck_assert_int_eq(errno, EEXIST);
	store_abort(stored);
}
END_TEST

static int
count_key(void *n, struct store_bytes key)
{
	unsigned *seen = n;

	ck_assert_uint_eq(key.len, 8);
	return ++*seen == 5000 ? 7 : 0;
}

START_TEST(a_walk_sees_each_key_and_can_be_stopped)
{
	unsigned n = 0;

	ck_assert_int_eq(store_begin(stored), 0);
	for (unsigned i = 0; i < 4000; i++) {
		char key[9];

		snprintf(key, sizeof key, "%08u", i);
		ck_assert_int_eq(store_put(table, text(key), text("a value that is walked past")), 0);
	}
	ck_assert_int_eq(store_commit(stored), 0);
	ck_assert_int_eq(store_walk(table, count_key, &n), 0);
	ck_assert_uint_eq(n, 4000);
	ck_assert_int_eq(store_walk(table, count_key, &n), 7);
	ck_assert_uint_eq(n, 5000);
}
END_TEST

static int
note_file(void *found, enum store_kind kind, uint32_t generation, const char *suffix)
{
	char *text = found;

	sprintf(text + strlen(text), "%d.%u%s ", (int)kind, (unsigned)generation, suffix);
	return 0;
}

START_TEST(a_removed_table_is_no_file_any_more)
{
	char found[256] = "";

	ck_assert_int_eq(store_files(stored, note_file, found), 0);
	ck_assert_str_eq(found, "0.7 ");
	put("a", "one");
	store_table_close(table);
	ck_assert_int_eq(store_table_remove(stored, STORE_EVENT, 7), 0);
	ck_assert_int_eq(store_table_remove(stored, STORE_EVENT, 7), 0);
	ck_assert(!stored_has("event.00000007"));
	ck_assert_ptr_nonnull(table = store_table_make(stored, STORE_EVENT, 7));
	ck_assert_int_eq(store_has(table, text("a")), 0);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("store_table");
	TCase *tc = tcase_create("store_table");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, tc);
	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, a_table_of_a_generation_is_a_file_with_its_number);
	tcase_add_test(tc, what_was_read_stays_when_the_same_is_read_again);
	tcase_add_test(tc, a_value_larger_than_any_before_is_read_by_a_cursor_too);
	tcase_add_test(tc, what_is_not_there_is_said_to_be_missing);
	tcase_add_test(tc, a_walk_sees_each_key_and_can_be_stopped);
	tcase_add_test(tc, a_removed_table_is_no_file_any_more);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
