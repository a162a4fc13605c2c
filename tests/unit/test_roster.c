/* Which generations there are: all of them, in order, or none. */
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/spool/roster.h"
#include "stored.h"

static struct store_table *meta;
static char seen[64];

static int
take(void *context, uint32_t id, const struct store_bytes *value)
{
	size_t n = strlen(seen);

	ck_assert_ptr_eq(context, &meta);
	ck_assert_uint_eq(value->len, 1);
	if (id == 99)
		errno = ENOTSUP;
	else
		snprintf(seen + n, sizeof seen - n, "%u ", (unsigned)id);
	return id == 99 ? -1 : 0;
}

static int
read_them(void)
{
	seen[0] = '\0';
	return roster_read(&(struct roster){"generation", take, &meta}, meta);
}

static void
put(const char *name, uint32_t id)
{
	struct spool_key key = roster_key(name, id);

	ck_assert_int_eq(store_begin(stored), 0);
	ck_assert_int_eq(store_put(meta, spool_key_bytes(&key), (struct store_bytes){"x", 1}), 0);
	ck_assert_int_eq(store_commit(stored), 0);
}

static void
set_up(void)
{
	stored_set_up();
	ck_assert_ptr_nonnull(meta = store_table_make(stored, STORE_META, STORE_ONE));
}

static void
tear_down(void)
{
	store_table_close(meta);
	stored_tear_down();
}

START_TEST(all_of_a_name_are_read_from_the_oldest_on)
{
	ck_assert_int_eq(read_them(), 0);
	put("generation", 8);
	put("generation", 7);
	put("generation", 0);
	put("seen", 2);
	put("a", 1);
	ck_assert_int_eq(read_them(), 0);
	ck_assert_str_eq(seen, "0 7 8 ");
}
END_TEST

START_TEST(one_that_is_missing_is_noticed)
{
	put("generation", 7);
	put("generation", 9);
	ck_assert_int_eq(read_them(), -1);
	ck_assert_int_eq(errno, EPROTO);
}
END_TEST

START_TEST(one_that_is_not_taken_ends_it)
{
	put("generation", 99);
	ck_assert_int_eq(read_them(), -1);
	ck_assert_int_eq(errno, ENOTSUP);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("roster");
	TCase *tc = tcase_create("roster");
	SRunner *runner;
	int failed;

	suite_add_tcase(suite, tc);
	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, all_of_a_name_are_read_from_the_oldest_on);
	tcase_add_test(tc, one_that_is_missing_is_noticed);
	tcase_add_test(tc, one_that_is_not_taken_ends_it);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
