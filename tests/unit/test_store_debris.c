/* What a power cut leaves of a removal is no reason not to start. */
#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../src/spool/store_debris.h"
#include "stored.h"

static const char *
path_of(const char *name)
{
	static char path[128];

	snprintf(path, sizeof path, "%s/%s", stored_dir, name);
	return path;
}

static void
make_file(const char *name, const void *bytes, size_t len)
{
	int fd = open(path_of(name), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	ck_assert_int_ne(fd, -1);
	ck_assert_int_eq(write(fd, bytes, len), (ssize_t)len);
	close(fd);
}

START_TEST(a_table_s_name_without_a_table_goes)
{
	static const char zeros[4096];

	make_file("event.00000007", "", 0);
	make_file("body.00000007", zeros, 511);
	make_file("seen.00000007", zeros, sizeof zeros);
	ck_assert_int_eq(store_debris_clean(stored_dir), 0);
	ck_assert(!stored_has("event.00000007") && !stored_has("body.00000007") && !stored_has("seen.00000007"));
}
END_TEST

START_TEST(what_begins_as_something_stays_and_so_does_what_is_no_generation_s)
{
	char bytes[512] = {0};

	bytes[511] = 1;
	make_file("event.00000007", bytes, sizeof bytes);
	make_file("seen.00000007.filter", "", 0);
	make_file("meta.db", "", 0);
	ck_assert_int_eq(symlink("nowhere", path_of("body.00000007")), 0);
	ck_assert_int_eq(mkfifo(path_of("delivery.00000007"), 0600), 0);
	ck_assert_int_eq(store_debris_clean(stored_dir), 0);
	ck_assert(stored_has("event.00000007") && stored_has("seen.00000007.filter") && stored_has("meta.db"));
	ck_assert_int_eq(unlink(path_of("body.00000007")) | unlink(path_of("delivery.00000007")), 0);
}
END_TEST

/* The log has the table, and its file was to go. */
START_TEST(a_store_opens_where_a_removed_table_s_name_is_left)
{
	struct store_bytes text = {"text", 4};
	struct store_table *table;
	int status;

	store_close(stored);
	stored = NULL;
	if (fork() == 0) {
		stored = store_open(stored_dir, 1u << 20, PAGE_JOURNAL_ON);
		table = store_table_make(stored, STORE_EVENT, 7);
		_exit(store_begin(stored) != 0 || store_put(table, text, text) != 0 || store_commit(stored) != 0);
	}
	ck_assert_int_ne(wait(&status), -1);
	ck_assert_int_eq(status, 0);
	ck_assert_int_eq(truncate(path_of("event.00000007"), 0), 0);
	ck_assert_ptr_nonnull(stored = store_open(stored_dir, 1u << 20, PAGE_JOURNAL_ON));
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("store_debris");
	TCase *tc = tcase_create("store_debris");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, tc);
	tcase_add_checked_fixture(tc, stored_set_up, stored_tear_down);
	tcase_add_test(tc, a_table_s_name_without_a_table_goes);
	tcase_add_test(tc, what_begins_as_something_stays_and_so_does_what_is_no_generation_s);
	tcase_add_test(tc, a_store_opens_where_a_removed_table_s_name_is_left);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
