/* Whether a file can be trusted: modes, owners, directories, links.  '@' in the texts below stands for the test's directory. */
#include "../../src/lib/trust.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SOMEBODY 65534
#define ELSE 65533

static char directory[] = "/tmp/hookspool-trust-XXXXXX", file[PATH_MAX], above[PATH_MAX], in[PATH_MAX];
static char why[TRUST_TEXT_MAX];

static const char *
path(char *out, const char *name)
{
	snprintf(out, PATH_MAX, "%s%s%s", directory, name[0] != '\0' ? "/" : "", name);
	return out;
}

/* @/above/in/file */
static void
set_up(void)
{
	strcpy(strrchr(directory, '-') + 1, "XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(directory));
	ck_assert_int_eq(chmod(directory, 0755), 0);
	ck_assert_int_eq(mkdir(path(above, "above"), 0755), 0);
	ck_assert_int_eq(mkdir(path(in, "above/in"), 0755), 0);
	close(open(path(file, "above/in/file"), O_WRONLY | O_CREAT, 0644));
}

static int
remove_one(const char *name, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st;
	(void)flag;
	(void)ftw;
	return remove(name);
}

static void
tear_down(void)
{
	nftw(directory, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static void
trusted(const char *name, enum trust_owner owner)
{
	int fd = open(name, O_RDONLY);

	ck_assert_msg(trust_file(name, fd, owner, why, sizeof why) == 0, "%s: %s", name, why);
	ck_assert_msg(trust_file(name, -1, owner, why, sizeof why) == 0, "%s: %s", name, why);
	close(fd);
}

/* For a reason with WORDS in it. */
static void
refused(const char *name, enum trust_owner owner, const char *words)
{
	int fd = open(name, O_RDONLY);

	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(trust_file(name, i == 0 ? fd : -1, owner, why, sizeof why), -1);
		ck_assert_int_eq(errno, EPERM);
		ck_assert_msg(strstr(why, words) != NULL, "expected \"%s\", found \"%s\"", words, why);
	}
	close(fd);
}

static const enum trust_owner owners[] = {TRUST_ANYBODY, TRUST_READER, TRUST_SECRET};
#define OWNERS (int)(sizeof owners / sizeof owners[0])

START_TEST(what_nobody_else_may_change_is_trusted)
{
	trusted(file, owners[_i]);
	ck_assert_int_eq(chmod(file, 0400), 0);
	trusted(file, owners[_i]);
}
END_TEST

START_TEST(a_file_that_others_may_change_is_not)
{
	ck_assert_int_eq(chmod(file, 0646), 0);
	refused(file, owners[_i], "may be written to by others (mode 0646); chmod go-w");
	ck_assert_int_eq(chmod(file, 0664), 0);
	refused(file, owners[_i], "may be written to by its group (mode 0664); chmod go-w");
}
END_TEST

START_TEST(nor_is_one_that_others_may_replace)
{
	ck_assert_int_eq(chmod(in, 0775), 0);
	refused(file, owners[_i], "/above/in', which may be written to by its group (mode 0775); chmod go-w");
	ck_assert_int_eq(chmod(in, 01777), 0);
	trusted(file, owners[_i]);
	ck_assert_int_eq(chmod(in, 0755), 0);
	ck_assert_int_eq(chmod(above, 0777), 0);
	refused(file, owners[_i], "/above', which may be written to by others (mode 0777); chmod go-w");
	ck_assert_int_eq(chmod(above, 0775), 0);
	trusted(file, owners[_i]);
}
END_TEST

START_TEST(a_link_is_as_good_as_where_it_is_and_where_it_leads)
{
	char links[PATH_MAX], name[PATH_MAX];

	ck_assert_int_eq(mkdir(path(links, "links"), 0755), 0);
	ck_assert_int_eq(symlink(file, path(name, "links/link")), 0);
	trusted(name, owners[_i]);
	ck_assert_int_eq(chmod(links, 0777), 0);
	refused(name, owners[_i], "/links', which may be written to by others");
	ck_assert_int_eq(chmod(links, 0755), 0);
	ck_assert_int_eq(chmod(in, 0777), 0);
	refused(name, owners[_i], "/above/in', which may be written to by others");
}
END_TEST

START_TEST(a_relative_path_is_looked_at_up_to_the_root)
{
	ck_assert_int_eq(chdir(in), 0);
	trusted("file", owners[_i]);
	ck_assert_int_eq(chmod(above, 0777), 0);
	refused("file", owners[_i], "/above', which may be written to by others");
	ck_assert_int_eq(chdir("/"), 0);
}
END_TEST

START_TEST(what_was_opened_is_what_is_looked_at)
{
	char other[PATH_MAX];
	int fd = open(file, O_RDONLY);

	close(open(path(other, "above/in/other"), O_WRONLY | O_CREAT, 0644));
	ck_assert_int_eq(rename(other, file), 0);
	ck_assert_int_eq(trust_file(file, fd, TRUST_READER, why, sizeof why), -1);
	ck_assert_int_eq(errno, EPERM);
	ck_assert_str_eq(why, "was replaced while it was read");
	close(fd);
}
END_TEST

START_TEST(what_is_not_there_is_no_question_of_trust)
{
	char none[PATH_MAX];

	ck_assert_int_eq(trust_program(path(none, "none"), why, sizeof why), -1);
	ck_assert_int_eq(errno, ENOENT);
}
END_TEST

/* Only root can make files that are another's: else there is nothing to see.  Check runs each test in a process of its own. */
START_TEST(root_reads_what_is_its_own)
{
	if (geteuid() != 0)
		return;
	ck_assert_int_eq(chown(file, SOMEBODY, SOMEBODY), 0);
	trusted(file, TRUST_ANYBODY);
	trusted(file, TRUST_SECRET);
	refused(file, TRUST_READER, "belongs to user 65534, not to root or to who reads it (user 0); chown root");
	ck_assert_int_eq(chown(file, 0, 0), 0);
	ck_assert_int_eq(chown(in, SOMEBODY, SOMEBODY), 0);
	refused(file, TRUST_READER, "/above/in', which belongs to user 65534");
}
END_TEST

START_TEST(others_read_what_is_roots_or_their_own)
{
	if (geteuid() != 0)
		return;
	ck_assert_int_eq(chmod(directory, 0755), 0);
	ck_assert_int_eq(seteuid(SOMEBODY), 0);
	trusted(file, owners[_i]);
	ck_assert_int_eq(seteuid(0), 0);
	ck_assert_int_eq(chown(file, SOMEBODY, SOMEBODY), 0);
	ck_assert_int_eq(chown(in, SOMEBODY, SOMEBODY), 0);
	ck_assert_int_eq(seteuid(SOMEBODY), 0);
	trusted(file, owners[_i]);
	ck_assert_int_eq(seteuid(0), 0);
	ck_assert_int_eq(seteuid(ELSE), 0);
	if (owners[_i] == TRUST_ANYBODY)
		trusted(file, owners[_i]);
	else
		refused(file, owners[_i], "belongs to user 65534, not to root or to who reads it (user 65533)");
	ck_assert_int_eq(seteuid(0), 0);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("trust");
	TCase *tc = tcase_create("trust");
	SRunner *runner;
	int failed;

	suite_add_tcase(suite, tc);
	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_loop_test(tc, what_nobody_else_may_change_is_trusted, 0, OWNERS);
	tcase_add_loop_test(tc, a_file_that_others_may_change_is_not, 0, OWNERS);
	tcase_add_loop_test(tc, nor_is_one_that_others_may_replace, 0, OWNERS);
	tcase_add_loop_test(tc, a_link_is_as_good_as_where_it_is_and_where_it_leads, 0, OWNERS);
	tcase_add_loop_test(tc, a_relative_path_is_looked_at_up_to_the_root, 0, OWNERS);
	tcase_add_test(tc, what_was_opened_is_what_is_looked_at);
	tcase_add_test(tc, what_is_not_there_is_no_question_of_trust);
	tcase_add_test(tc, root_reads_what_is_its_own);
	tcase_add_loop_test(tc, others_read_what_is_roots_or_their_own, 0, OWNERS);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
