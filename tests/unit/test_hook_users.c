/* The table of those whom hooks run as. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/conf/conf.h"
#include "../../src/spooler/hook_users.h"

static gid_t groups[] = {30, 40}, others[] = {30, 50};
static struct hook hooks[] = {{.as = {.uid = ACCOUNT_SAME}},
    {.as = {.uid = 10, .gid = 20, .groups = groups, .ngroups = 2}},
    {.as = {.uid = 10, .gid = 20, .groups = groups, .ngroups = 2}}, {.as = {.uid = 11, .gid = 20}}};
static struct source sources[] = {{.hooks = hooks, .nhooks = 4}};
static struct conf conf = {.sources = sources, .nsources = 1, .hooks_as = {.uid = 5, .gid = 6}};
static struct accounts table;

static void
set_up(void)
{
	ck_assert_int_eq(hook_users_make(&table, &conf), 0);
}

static void
tear_down(void)
{
	hook_users_clear(&table);
	ck_assert_uint_eq(table.n, 0);
}

START_TEST(each_is_there_once_and_first_whom_hooks_without_a_user_run_as)
{
	ck_assert_uint_eq(table.n, 3);
	ck_assert_uint_eq(table.all[0].uid, 5);
	ck_assert_uint_eq(table.all[1].uid, 10);
	ck_assert_uint_eq(table.all[2].uid, 11);
}
END_TEST

START_TEST(the_table_is_a_copy)
{
	ck_assert_ptr_ne(table.all[1].groups, groups);
	ck_assert_uint_eq(table.all[1].ngroups, 2);
	ck_assert_mem_eq(table.all[1].groups, groups, sizeof groups);
}
END_TEST

START_TEST(a_hook_has_its_place_by_user_and_groups)
{
	struct hook other = {.as = {.uid = 10, .gid = 20, .groups = others, .ngroups = 2}};

	ck_assert_int_eq(hook_users_find(&table, &hooks[0]), 0);
	ck_assert_int_eq(hook_users_find(&table, &hooks[1]), 1);
	ck_assert_int_eq(hook_users_find(&table, &hooks[2]), 1);
	ck_assert_int_eq(hook_users_find(&table, &hooks[3]), 2);
	ck_assert_int_eq(hook_users_find(&table, &other), -1);
	other.as.ngroups = 1;
	ck_assert_int_eq(hook_users_find(&table, &other), -1);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("hook_users");
	TCase *users = tcase_create("users");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(users, set_up, tear_down);
	tcase_add_test(users, each_is_there_once_and_first_whom_hooks_without_a_user_run_as);
	tcase_add_test(users, the_table_is_a_copy);
	tcase_add_test(users, a_hook_has_its_place_by_user_and_groups);
	suite_add_tcase(suite, users);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
