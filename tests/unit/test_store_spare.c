/* Log files made in advance: as files. */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../src/spool/store_spare.h"

#define SIZE (1200u << 10) /* not a multiple of what is written at a time */

static char dir[32];
static struct store_spare spare;

static const char *
path_of(const char *name)
{
	static char path[64];

	snprintf(path, sizeof path, "%s/%s", dir, name);
	return path;
}

/* A file with TEXT at AT, in zeros. */
static void
put(const char *name, const char *text, off_t at)
{
	int fd = open(path_of(name), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	ck_assert_int_ne(fd, -1);
	ck_assert_int_eq(ftruncate(fd, SIZE), 0);
	ck_assert_int_eq(pwrite(fd, text, strlen(text), at), (ssize_t)strlen(text));
	close(fd);
}

static bool
is_there(const char *name)
{
	return access(path_of(name), F_OK) == 0;
}

static ino_t
inode_of(const char *name)
{
	struct stat st;

	ck_assert_int_eq(stat(path_of(name), &st), 0);
	return st.st_ino;
}

static void
check_zeros(const char *name)
{
	static unsigned char bytes[SIZE + 1], zeros[SIZE];
	int fd = open(path_of(name), O_RDONLY | O_CLOEXEC);

	ck_assert_int_ne(fd, -1);
	ck_assert_int_eq(read(fd, bytes, sizeof bytes), SIZE);
	ck_assert_mem_eq(bytes, zeros, SIZE);
	close(fd);
}

static int
make(uint32_t number, const char *old, uint64_t min_free)
{
	return store_spare_make(&spare, &(struct store_spare_wish){number, old, min_free});
}

static void
set_up(void)
{
	strcpy(dir, "/tmp/test_store_spare.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	spare = (struct store_spare){.dir = dir, .size = SIZE};
}

static void
tear_down(void)
{
	char command[64];

	snprintf(command, sizeof command, "rm -r %s", dir);
	ck_assert_int_eq(system(command), 0);
}

START_TEST(one_is_zeros_under_the_log_s_name)
{
	struct stat st;

	ck_assert_int_eq(make(7, NULL, 0), 0);
	check_zeros("log.0000000007");
	ck_assert_int_eq(stat(path_of("log.0000000007"), &st), 0);
	ck_assert_uint_eq(st.st_mode & 0777, 0600);
	ck_assert_int_ge(st.st_blocks * 512, SIZE);
	ck_assert_uint_eq(st.st_nlink, 1);
	ck_assert(!is_there("log.spare"));
	ck_assert_int_eq(store_spare_settle(&spare, false), 0);
}
END_TEST

START_TEST(it_never_takes_a_log_s_place)
{
	put("log.0000000007", "what the log wrote", 0);
	put("log.0000000001", "old", 0);
	ck_assert_int_eq(make(7, "log.0000000001", 0), -1);
	ck_assert_int_eq(errno, EEXIST);
	ck_assert(is_there("log.0000000001"));
	ck_assert_int_eq(make(1, NULL, 0), -1);
	ck_assert_int_eq(errno, EEXIST);
}
END_TEST

START_TEST(an_old_one_becomes_a_new_one)
{
	ino_t inode;

	put("log.0000000001", "old", 600);
	inode = inode_of("log.0000000001");
	ck_assert_int_eq(make(3, "log.0000000001", UINT64_MAX), 0);
	ck_assert(!is_there("log.0000000001"));
	ck_assert_uint_eq(inode_of("log.0000000003"), inode);
	check_zeros("log.0000000003");
}
END_TEST

START_TEST(an_old_one_that_somebody_else_has_is_not_written_to)
{
	char other[64];
	ino_t inode;

	put("log.0000000001", "old", 0);
	inode = inode_of("log.0000000001");
	strcpy(other, path_of("backup"));
	ck_assert_int_eq(link(path_of("log.0000000001"), other), 0);
	ck_assert_int_eq(make(3, "log.0000000001", 0), 0);
	ck_assert_uint_eq(inode_of("log.0000000001"), inode);
	ck_assert_uint_ne(inode_of("log.0000000003"), inode);
	check_zeros("log.0000000003");
}
END_TEST

START_TEST(a_rest_of_an_earlier_one_is_not_written_to)
{
	char log[64];
	ino_t inode;

	put("log.spare", "what the log wrote", 0);
	inode = inode_of("log.spare");
	strcpy(log, path_of("log.0000000002"));
	ck_assert_int_eq(link(path_of("log.spare"), log), 0);
	ck_assert_int_eq(make(3, NULL, 0), 0);
	ck_assert_uint_eq(inode_of("log.0000000002"), inode);
	ck_assert_uint_ne(inode_of("log.0000000003"), inode);
}
END_TEST

START_TEST(what_is_to_stay_free_stays_free)
{
	ck_assert_int_eq(make(3, NULL, UINT64_MAX), -1);
	ck_assert_int_eq(errno, ENOSPC);
	ck_assert(!is_there("log.0000000003"));
	ck_assert(!is_there("log.spare"));
}
END_TEST

START_TEST(what_was_not_used_goes_before_the_log_is_opened)
{
	put("log.spare", "", 0);
	put("log.0000000001", "", 0);
	put("log.0000000002", "header", 0);
	put("log.0000000003", "header", 500);
	put("log.0000000004", "", 0);
	put("log.0000000005", "torn: the first block did not get to the disk", 512);
	put("log.0000000006x", "", 0);
	put("log.db", "", 0);
	ck_assert_int_eq(truncate(path_of("log.0000000004"), 0), 0);
	ck_assert_int_eq(store_spare_clean(dir), 0);
	ck_assert(!is_there("log.spare"));
	ck_assert(!is_there("log.0000000004"));
	ck_assert(!is_there("log.0000000005"));
	ck_assert(is_there("log.0000000001"));
	ck_assert(is_there("log.0000000002"));
	ck_assert(is_there("log.0000000003"));
	ck_assert(is_there("log.0000000006x"));
	ck_assert(is_there("log.db"));
	ck_assert_int_eq(store_spare_clean(dir), 0);
}
END_TEST

START_TEST(a_directory_that_can_not_be_read_is_told)
{
	ck_assert_int_eq(store_spare_clean(path_of("none")), -1);
	ck_assert_int_eq(errno, ENOENT);
	spare.dir = "/nonexistent";
	ck_assert_int_eq(make(3, NULL, 0), -1);
	ck_assert_int_eq(store_spare_settle(&spare, false), 0);
	ck_assert_int_eq(store_spare_settle(&spare, true), -1);
	spare.unflushed = true;
	ck_assert_int_eq(store_spare_settle(&spare, false), -1);
	spare.dir = dir;
	ck_assert_int_eq(store_spare_settle(&spare, false), 0);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("store_spare");
	TCase *tcase = tcase_create("files");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, one_is_zeros_under_the_log_s_name);
	tcase_add_test(tcase, it_never_takes_a_log_s_place);
	tcase_add_test(tcase, an_old_one_becomes_a_new_one);
	tcase_add_test(tcase, an_old_one_that_somebody_else_has_is_not_written_to);
	tcase_add_test(tcase, a_rest_of_an_earlier_one_is_not_written_to);
	tcase_add_test(tcase, what_is_to_stay_free_stays_free);
	tcase_add_test(tcase, what_was_not_used_goes_before_the_log_is_opened);
	tcase_add_test(tcase, a_directory_that_can_not_be_read_is_told);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
