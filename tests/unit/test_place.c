/* Where root may do something by path. */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../src/lib/place.h"

#define SOMEBODY 1 /* no matter who, but not root */

static char top[64]; /* root's, in the sticky /tmp, when the test runs as root */

static const char *
in(const char *name)
{
	static char paths[8][4200];
	static unsigned next;
	char *path = paths[next++ % 8];

	snprintf(path, sizeof paths[0], "%s/%s", top, name);
	return path;
}

static void
make(const char *name, mode_t mode, uid_t uid)
{
	ck_assert_int_eq(mkdir(in(name), 0700), 0);
	ck_assert_int_eq(chown(in(name), uid, (gid_t)-1), 0);
	ck_assert_int_eq(chmod(in(name), mode), 0);
}

static enum place
place_of(const char *path)
{
	enum place place;
	int fd = place_open(path, &place);

	ck_assert_msg(fd != -1, "%s: %s", path, strerror(errno));
	close(fd);
	return place;
}

static void
set_up(void)
{
	strcpy(top, "/tmp/hookspool-place.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(top));
}

static void
tear_down(void)
{
	char command[128];

	snprintf(command, sizeof command, "rm -rf '%s'", top);
	ck_assert_int_eq(system(command), 0);
}

START_TEST(a_directory_of_roots_is_roots)
{
	make("a", 0755, 0);
	make("a/b", 0700, 0);
	ck_assert(place_is_roots("/"));
	ck_assert(place_is_roots("/x"));
	ck_assert(place_is_roots(in("x")));
	ck_assert(place_is_roots(in("a/b/x")));
	ck_assert(place_is_roots(in("a//b/./../b//x")));
}
END_TEST

START_TEST(one_that_others_may_write_to_is_not)
{
	make("group", 0770, 0);
	make("others", 0707, 0);
	make("somebodys", 0700, SOMEBODY);
	ck_assert(!place_is_roots(in("group/x")));
	ck_assert(!place_is_roots(in("others/x")));
	ck_assert(!place_is_roots(in("somebodys/x")));
	make("others/below", 0755, 0);
	make("somebodys/below", 0755, 0);
	ck_assert(!place_is_roots(in("others/below/x")));
	ck_assert(!place_is_roots(in("somebodys/below/x")));
	ck_assert(!place_is_roots(in("somebodys/../x"))); /* it may be a link by then */
}
END_TEST

START_TEST(below_a_sticky_one_root_keeps_what_is_roots)
{
	make("sticky", 01777, 0);
	make("sticky/roots", 0755, 0);
	make("sticky/somebodys", 0755, SOMEBODY);
	make("their-sticky", 01777, SOMEBODY);
	make("their-sticky/roots", 0755, 0);
	ck_assert(place_is_roots(in("sticky/roots/x")));
	ck_assert(!place_is_roots(in("sticky/x"))); /* anybody may have made it */
	ck_assert(!place_is_roots(in("sticky/somebodys/x")));
	ck_assert(!place_is_roots(in("their-sticky/roots/x")));
}
END_TEST

START_TEST(the_way_to_a_link_counts)
{
	make("a", 0755, 0);
	make("sticky", 01777, 0);
	make("somebodys", 0755, SOMEBODY);
	ck_assert_int_eq(symlink(in("a"), in("absolute")), 0);
	ck_assert_int_eq(symlink("a", in("relative")), 0);
	ck_assert_int_eq(symlink("../a", in("somebodys/up")), 0);
	ck_assert_int_eq(symlink(in("somebodys"), in("to-somebodys")), 0);
	ck_assert_int_eq(symlink(in("somebodys/up"), in("through")), 0);
	ck_assert_int_eq(symlink(in("a"), in("sticky/roots")), 0);
	ck_assert_int_eq(symlink(in("a"), in("sticky/theirs")), 0);
	ck_assert_int_eq(lchown(in("sticky/theirs"), SOMEBODY, (gid_t)-1), 0);
	ck_assert(place_is_roots(in("absolute/x")));
	ck_assert(place_is_roots(in("relative/x")));
	ck_assert(place_is_roots(in("sticky/roots/x")));
	ck_assert(!place_is_roots(in("sticky/theirs/x")));
	ck_assert(!place_is_roots(in("somebodys/up/x")));
	ck_assert(!place_is_roots(in("to-somebodys/x")));
	ck_assert(!place_is_roots(in("through/x")));
}
END_TEST

START_TEST(only_the_directory_part_is_looked_at)
{
	make("a", 0755, 0);
	make("a/somebodys", 0777, SOMEBODY);
	ck_assert_int_eq(symlink(in("a/somebodys"), in("a/link")), 0);
	ck_assert(place_is_roots(in("a/somebodys")));
	ck_assert(place_is_roots(in("a/somebodys//")));
	ck_assert(place_is_roots(in("a/link")));
	ck_assert_str_eq(place_name("/a/b"), "b");
	ck_assert_str_eq(place_name("/a/b//"), "b//");
	ck_assert_str_eq(place_name("/b"), "b");
	ck_assert_str_eq(place_name("/"), "/");
}
END_TEST

START_TEST(links_on_the_way_are_told_from_none)
{
	make("somebodys", 0755, SOMEBODY);
	ck_assert_int_eq(symlink("somebodys", in("link")), 0);
	ck_assert_int_eq(place_of(in("somebodys/x")), PLACE_OTHERS);
	ck_assert_int_eq(place_of(in("link/x")), PLACE_LINKED);
	ck_assert_int_eq(place_of(in("x")), PLACE_ROOTS);
}
END_TEST

START_TEST(what_leads_nowhere_is_nobodys)
{
	char long_path[5000];
	enum place place;

	ck_assert_int_eq(symlink("loop", in("loop")), 0);
	close(open(in("file"), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
	ck_assert(!place_is_roots("relative/x"));
	ck_assert(!place_is_roots(""));
	ck_assert_int_eq(place_open(in("nothing/x"), &place), -1);
	ck_assert_int_eq(errno, ENOENT);
	ck_assert_int_eq(place_open(in("loop/x"), &place), -1);
	ck_assert_int_eq(errno, ELOOP);
	ck_assert_int_eq(place_open(in("file/x"), &place), -1);
	ck_assert_int_eq(errno, ENOTDIR);
	memset(long_path, 'a', sizeof long_path - 1);
	long_path[sizeof long_path - 1] = '\0';
	long_path[0] = long_path[300] = '/';
	ck_assert_int_eq(place_open(long_path, &place), -1);
	ck_assert_int_eq(errno, ENAMETOOLONG);
	long_path[4500] = '/';
	ck_assert_int_eq(place_open(long_path, &place), -1);
	ck_assert_int_eq(errno, ENAMETOOLONG);
}
END_TEST

/* Who isn't root has nothing that is root's but what the system has. */
START_TEST(the_systems_own_are_roots_and_ones_own_are_not)
{
	ck_assert(place_is_roots("/etc/passwd"));
	ck_assert(!place_is_roots("/tmp/x"));
	ck_assert_int_eq(place_is_roots(in("x")), geteuid() == 0);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("place");
	TCase *anybody = tcase_create("anybody"), *root = tcase_create("root");
	SRunner *runner;
	int failed;

	suite_add_tcase(suite, anybody);
	tcase_add_checked_fixture(anybody, set_up, tear_down);
	tcase_add_test(anybody, what_leads_nowhere_is_nobodys);
	tcase_add_test(anybody, the_systems_own_are_roots_and_ones_own_are_not);
	suite_add_tcase(suite, root);
	if (geteuid() == 0) {
		tcase_add_checked_fixture(root, set_up, tear_down);
		tcase_add_test(root, a_directory_of_roots_is_roots);
		tcase_add_test(root, one_that_others_may_write_to_is_not);
		tcase_add_test(root, below_a_sticky_one_root_keeps_what_is_roots);
		tcase_add_test(root, the_way_to_a_link_counts);
		tcase_add_test(root, only_the_directory_part_is_looked_at);
		tcase_add_test(root, links_on_the_way_are_told_from_none);
	}
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
