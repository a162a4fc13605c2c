/* A disk that fails: what it may do, and what the store makes of it.  libdb finds these functions here, too. */
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../../src/spool/store_flush.h"
#include "../../src/spool/store_private.h"
#include "stored.h"

static struct {
	const char *name; /* the end of the file's */
	int error;
	unsigned flushes, times; /* to this file so far; so often they fail */
	bool writes;		 /* it is these that fail */
} disk;

static bool
is_it(int fd)
{
	char link[64], path[128];
	ssize_t n;

	snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	if (disk.name == NULL || (n = readlink(link, path, sizeof path - 1)) < (ssize_t)strlen(disk.name))
		return false;
	path[n] = '\0';
	return strcmp(path + n - strlen(disk.name), disk.name) == 0;
}

static int
flush(long number, int fd)
{
	if (is_it(fd) && !disk.writes && disk.flushes++ < disk.times) {
		errno = disk.error;
		return -1;
	}
	return (int)syscall(number, fd);
}

int
fdatasync(int fd)
{
	return flush(SYS_fdatasync, fd);
}

int
fsync(int fd)
{
	return flush(SYS_fsync, fd);
}

static bool
writes_fail(int fd)
{
	if (!disk.writes || !is_it(fd))
		return false;
	errno = disk.error;
	return true;
}

ssize_t
pwrite(int fd, const void *bytes, size_t len, off_t at)
{
	return writes_fail(fd) ? -1 : syscall(SYS_pwrite64, fd, bytes, len, at);
}

ssize_t
write(int fd, const void *bytes, size_t len)
{
	return writes_fail(fd) ? -1 : syscall(SYS_write, fd, bytes, len);
}

static struct store_table *table;

static void
open_anew(enum page_journal journal)
{
	store_table_close(table);
	store_close(stored);
	ck_assert_ptr_nonnull(stored = store_open(stored_dir, 1u << 20, journal));
	ck_assert_ptr_nonnull(table = store_table_make(stored, STORE_EVENT, 7));
}

static void
set_up(void)
{
	disk.name = NULL;
	stored_set_up();
	ck_assert_ptr_nonnull(table = store_table_make(stored, STORE_EVENT, 7));
}

static void
tear_down(void)
{
	disk.name = NULL;
	store_table_close(table);
	stored_tear_down();
}

static int
put(const char *key, size_t len)
{
	static char value[1 << 20];

	ck_assert_int_eq(store_begin(stored), 0);
	ck_assert_int_eq(store_put(table, (struct store_bytes){key, strlen(key)}, (struct store_bytes){value, len}), 0);
	return store_commit(stored);
}

START_TEST(a_commit_whose_flush_fails_breaks_the_store_and_no_flush_is_tried_again)
{
	ck_assert_int_eq(put("before", 10), 0);
	disk.name = "/log.0000000001";
	disk.error = EIO;
	disk.times = 1;
	ck_assert_int_eq(put("key", 10), -1);
	ck_assert(store_broken(stored));
	ck_assert_uint_eq(disk.flushes, 1);
	ck_assert(store_begin(stored) != 0 || store_commit(stored) != 0);
	ck_assert_uint_eq(disk.flushes, 1);
}
END_TEST

START_TEST(an_interrupted_flush_is_none_that_failed)
{
	disk.name = "/log.0000000001";
	disk.error = EINTR;
	disk.times = 3;
	ck_assert_int_eq(put("key", 10), 0);
	ck_assert(!store_broken(stored));
	ck_assert_uint_eq(disk.flushes, 4);
}
END_TEST

static void
checkpoint_fails_by(const char *name)
{
	DB_ENV *env = store_env(stored);

	ck_assert_int_eq(put("key", 10), 0);
	disk.name = name;
	disk.error = EIO;
	disk.times = 1;
	ck_assert_int_ne(env->txn_checkpoint(env, 0, 0, DB_FORCE), 0);
	ck_assert(store_broken(stored));
	ck_assert_int_ne(env->txn_checkpoint(env, 0, 0, DB_FORCE), 0);
	ck_assert_uint_eq(disk.flushes, 1);
}

START_TEST(a_table_that_a_checkpoint_can_not_flush_breaks_the_store_and_no_checkpoint_is_made)
{
	open_anew(PAGE_JOURNAL_OFF);
	checkpoint_fails_by("/event.00000007");
}
END_TEST

START_TEST(a_journal_that_a_checkpoint_can_not_flush_breaks_the_store_and_no_checkpoint_is_made)
{
	open_anew(PAGE_JOURNAL_ON);
	checkpoint_fails_by("/page-journal");
}
END_TEST

START_TEST(a_store_that_is_opened_anew_flushes_again)
{
	disk.name = "/log.0000000001";
	disk.error = EIO;
	disk.times = 1;
	ck_assert_int_eq(put("key", 10), -1);
	open_anew(PAGE_JOURNAL_AUTO);
	ck_assert(!store_broken(stored));
	ck_assert_int_eq(put("key", 10), 0);
}
END_TEST

/* Into the next file; the library takes a commit that is the first in there for flushed even if it is not. */
START_TEST(the_first_commit_in_a_new_log_file_is_not_believed_before_it_is_there)
{
	int result = 0;

	disk.name = "/log.0000000002";
	disk.error = ENOSPC;
	disk.writes = true;
	for (int i = 0; i < 40 && result == 0; i++) {
		char key[8];

		snprintf(key, sizeof key, "%d", i);
		result = put(key, 1 << 20);
		if (result == 0)
			ck_assert(!stored_has("log.0000000002"));
	}
	ck_assert_int_eq(result, -1);
	ck_assert(store_broken(stored));
}
END_TEST

START_TEST(a_commit_that_can_not_be_written_breaks_the_store)
{
	disk.name = "/log.0000000001";
	disk.error = ENOSPC;
	disk.writes = true;
	ck_assert_int_eq(put("key", 10), -1);
	ck_assert_int_eq(errno, ENOSPC);
	ck_assert(store_broken(stored));
}
END_TEST

START_TEST(names_that_can_not_be_flushed_break_the_store)
{
	disk.name = stored_dir;
	disk.error = EIO;
	disk.times = 1;
	ck_assert_int_eq(store_flush_directory(stored), -1);
	ck_assert(store_flush_failed());
	ck_assert_int_eq(store_flush_directory(stored), -1);
	ck_assert_uint_eq(disk.flushes, 1);
	ck_assert(store_broken(stored));
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("store_flush");
	TCase *tcase = tcase_create("store_flush");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, a_commit_whose_flush_fails_breaks_the_store_and_no_flush_is_tried_again);
	tcase_add_test(tcase, an_interrupted_flush_is_none_that_failed);
	tcase_add_test(tcase, a_table_that_a_checkpoint_can_not_flush_breaks_the_store_and_no_checkpoint_is_made);
	tcase_add_test(tcase, a_journal_that_a_checkpoint_can_not_flush_breaks_the_store_and_no_checkpoint_is_made);
	tcase_add_test(tcase, a_store_that_is_opened_anew_flushes_again);
	tcase_add_test(tcase, the_first_commit_in_a_new_log_file_is_not_believed_before_it_is_there);
	tcase_add_test(tcase, a_commit_that_can_not_be_written_breaks_the_store);
	tcase_add_test(tcase, names_that_can_not_be_flushed_break_the_store);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
