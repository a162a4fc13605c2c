/* Whose rights a process has; what only root can do is not tried by anybody else. */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../../src/lib/log.h"
#include "../../src/spooler/rights.h"

#define GROUP 60001 /* any that root is not in */

static uid_t uid;
static gid_t gid;

static void
set_up(void)
{
	const struct passwd *nobody = getpwnam("nobody");

	log_open("test", "/dev/null");
	ck_assert_ptr_nonnull(nobody);
	uid = nobody->pw_uid;
	gid = nobody->pw_gid;
}

/* Supplementary groups, too: as many as there were. */
static void
check_is(uid_t user, gid_t group, int groups)
{
	ck_assert_uint_eq(geteuid(), user);
	ck_assert_uint_eq(getegid(), group);
	ck_assert_int_eq(getgroups(0, NULL), groups);
}

START_TEST(without_a_name_they_are_nobodys)
{
	struct rights rights = rights_of(NULL);
	gid_t group = getegid();
	int groups = getgroups(0, NULL);

	ck_assert_ptr_null(rights.user);
	ck_assert_uint_eq(rights.uid, (uid_t)-1);
	rights_assume(&rights, RIGHTS_SAME_GROUP);
	check_is(geteuid(), group, groups);
	rights_resume();
	rights_become(&rights);
	check_is(geteuid(), group, groups);
}
END_TEST

START_TEST(who_is_not_root_stays_who_it_is)
{
	struct rights rights = rights_of("root");

	ck_assert_ptr_null(rights.user);
}
END_TEST

START_TEST(they_are_had_for_a_while)
{
	struct rights rights = rights_of("nobody");
	gid_t group = getegid(), all[] = {0, GROUP + 1};

	ck_assert_int_eq(setgroups(2, all), 0);
	rights_assume(&rights, RIGHTS_SAME_GROUP);
	ck_assert_uint_eq(geteuid(), uid);
	ck_assert_uint_eq(getegid(), gid);
	ck_assert_int_eq(open("/etc/shadow", O_RDONLY | O_CLOEXEC), -1);
	errno = E2BIG;
	rights_resume();
	ck_assert_int_eq(errno, E2BIG);
	check_is(0, group, 2);
	rights_assume(&rights, GROUP);
	ck_assert_uint_eq(geteuid(), uid);
	ck_assert_uint_eq(getegid(), GROUP);
	rights_resume();
	check_is(0, group, 2);
}
END_TEST

START_TEST(without_a_user_only_the_group_changes)
{
	struct rights rights = rights_of(NULL);
	gid_t group = getegid();

	rights_assume(&rights, GROUP);
	ck_assert_uint_eq(geteuid(), 0);
	ck_assert_uint_eq(getegid(), GROUP);
	rights_resume();
	ck_assert_uint_eq(getegid(), group);
}
END_TEST

START_TEST(they_are_had_for_good)
{
	struct rights rights = rights_of("nobody");
	uid_t real, effective, saved;

	rights_become(&rights);
	ck_assert_int_eq(getresuid(&real, &effective, &saved), 0);
	ck_assert(real == uid && effective == uid && saved == uid);
	ck_assert_uint_eq(getegid(), gid);
	ck_assert_int_eq(seteuid(0), -1);
}
END_TEST

START_TEST(a_user_that_is_none_ends_the_process)
{
	rights_of("no such user");
	_exit(EXIT_SUCCESS);
}
END_TEST

/* Root without this capability, as in a container. */
static void
give_up_groups(void)
{
	struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
	struct __user_cap_data_struct all[2];

	ck_assert_int_eq(syscall(SYS_capget, &header, all), 0);
	all[0].effective &= ~(1u << CAP_SETGID);
	ck_assert_int_eq(syscall(SYS_capset, &header, all), 0);
}

START_TEST(a_root_that_can_not_become_it_ends)
{
	struct rights rights = rights_of("nobody");

	give_up_groups();
	rights_become(&rights);
	_exit(EXIT_SUCCESS);
}
END_TEST

START_TEST(a_root_that_can_not_have_them_for_a_while_ends)
{
	struct rights rights = rights_of("nobody");

	give_up_groups();
	rights_assume(&rights, RIGHTS_SAME_GROUP);
	_exit(EXIT_SUCCESS);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("rights");
	TCase *tc = tcase_create("rights");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, tc);
	tcase_add_checked_fixture(tc, set_up, NULL);
	tcase_add_test(tc, without_a_name_they_are_nobodys);
	if (geteuid() == 0) {
		tcase_add_test(tc, they_are_had_for_a_while);
		tcase_add_test(tc, without_a_user_only_the_group_changes);
		tcase_add_test(tc, they_are_had_for_good);
		tcase_add_exit_test(tc, a_user_that_is_none_ends_the_process, EXIT_FAILURE);
		tcase_add_exit_test(tc, a_root_that_can_not_become_it_ends, EXIT_FAILURE);
		tcase_add_exit_test(tc, a_root_that_can_not_have_them_for_a_while_ends, EXIT_FAILURE);
	} else {
		tcase_add_test(tc, who_is_not_root_stays_who_it_is);
	}
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
