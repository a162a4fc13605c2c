/* What is taken for a spool, and what is refused: without a word nothing that was accepted is lost, and nothing is removed. */
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../src/lib/log.h"
#include "../../src/spool/store.h"
#include "kept.h"

static bool
is_duplicate(const char *id, uint64_t of)
{
	uint64_t number;

	if (kept_put(id, false, &number) != SPOOL_DUPLICATE)
		return false;
	ck_assert_uint_eq(number, of);
	return true;
}

/* The log's text is in LOG. */
static bool
log_has(const char *path, const char *words)
{
	static char text[65536];
	FILE *file = fopen(path, "re");
	size_t n;

	ck_assert_ptr_nonnull(file);
	n = fread(text, 1, sizeof text - 1, file);
	fclose(file);
	text[n] = '\0';
	return strstr(text, words) != NULL;
}

START_TEST(what_can_not_be_removed_at_the_start_is_named)
{
	char path[96], log[96];
	int lock;

	spool_close(kept);
	kept = NULL;
	snprintf(path, sizeof path, "%s/seen.00000001.filter.new", kept_dir);
	snprintf(log, sizeof log, "%s/log", kept_dir);
	ck_assert_int_eq(mkdir(path, 0700), 0);
	ck_assert_int_eq(log_open("test", log), 0);
	ck_assert_int_ge(lock = spool_lock(kept_dir), 0);
	ck_assert_ptr_null(spool_open(&kept_conf, lock));
	ck_assert(log_has(log, path));
}
END_TEST

static const char *const needed[] = {"meta.db", "lane.db", "due.db", "rejected.db", "late.db", "event.00000001",
    "body.00000001", "delivery.00000001", "attempt.00000001", "seen.00000001", "event.00000000", "body.00000000",
    "delivery.00000000", "attempt.00000000", "seen.00000000"};

/* Nothing is made or removed: with the file back it is as it was. */
START_TEST(without_a_file_that_it_needs_a_spool_is_refused_and_the_file_named)
{
	char path[96], away[96], log[96];
	int lock, before;

	kept_new("one", true);
	spool_close(kept);
	kept = NULL;
	snprintf(path, sizeof path, "%s/%s", kept_dir, needed[_i]);
	snprintf(away, sizeof away, "%s/away", kept_dir);
	snprintf(log, sizeof log, "%s/log", kept_dir);
	ck_assert_int_eq(log_open("test", log), 0);
	before = kept_files("", "") - kept_files("log.0", "");
	ck_assert_int_eq(rename(path, away), 0);
	ck_assert_int_ge(lock = spool_lock(kept_dir), 0);
	ck_assert_ptr_null(spool_open(&kept_conf, lock));
	ck_assert_int_eq(errno, ENOENT);
	ck_assert(log_has(log, path) && log_has(log, "is missing"));
	ck_assert_int_eq(access(path, F_OK), -1);
	ck_assert_int_eq(rename(away, path), 0);
	ck_assert_int_eq(kept_files("", "") - kept_files("log.0", ""), before);
	kept_open();
	ck_assert(kept_is_there(1) && is_duplicate("one", 1));
}
END_TEST

START_TEST(with_events_but_nothing_in_meta_a_spool_is_refused_and_nothing_removed)
{
	struct store_table *meta;
	struct store *store;
	char path[96];
	int lock;

	kept_new("one", true);
	spool_close(kept);
	kept = NULL;
	snprintf(path, sizeof path, "%s/meta.db", kept_dir);
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_ptr_nonnull(store = store_open(kept_dir, 1u << 20, PAGE_JOURNAL_AUTO));
	ck_assert_ptr_nonnull(meta = store_table_make(store, STORE_META, STORE_ONE));
	store_table_close(meta);
	store_close(store);
	ck_assert_int_ge(lock = spool_lock(kept_dir), 0);
	ck_assert_ptr_null(spool_open(&kept_conf, lock));
	ck_assert_int_eq(errno, EPROTO);
	ck_assert_int_eq(kept_files("event.00000001", ""), 1);
}
END_TEST

/* The start was killed before the spool had its format. */
START_TEST(a_first_start_that_was_not_finished_is_taken_up)
{
	static const enum store_kind made[] = {STORE_META, STORE_EVENT, STORE_LANE};
	struct store *store;
	char command[96];

	spool_close(kept);
	snprintf(command, sizeof command, "rm -r %s/*", kept_dir);
	ck_assert_int_eq(system(command), 0);
	ck_assert_ptr_nonnull(store = store_open(kept_dir, 1u << 20, PAGE_JOURNAL_AUTO));
	for (int i = 0; i < 3; i++) {
		struct store_table *table = store_table_make(store, made[i], STORE_ONE);

		ck_assert_ptr_nonnull(table);
		store_table_close(table);
	}
	store_close(store);
	kept_open();
	ck_assert_uint_eq(kept_new("one", false), 1);
}
END_TEST

START_TEST(a_spool_of_the_first_format_is_refused_and_nothing_is_made_there)
{
	const struct store_bytes key = {"format", 7}, first = {"\0\1", 2};
	struct store_table *meta;
	struct store *store;
	int lock, before;
	char command[96];

	spool_close(kept);
	snprintf(command, sizeof command, "rm -r %s/*", kept_dir);
	ck_assert_int_eq(system(command), 0);
	ck_assert_ptr_nonnull(store = store_open(kept_dir, 1u << 20, PAGE_JOURNAL_AUTO));
	ck_assert_ptr_nonnull(meta = store_table_make(store, STORE_META, STORE_ONE));
	ck_assert_int_eq(store_begin(store), 0);
	ck_assert_int_eq(store_put(meta, key, first), 0);
	ck_assert_int_eq(store_commit(store), 0);
	store_table_close(meta);
	store_close(store);
	before = kept_files("", ".db");
	ck_assert_int_ge(lock = spool_lock(kept_dir), 0);
	ck_assert_ptr_null(spool_open(&kept_conf, lock));
	ck_assert_int_eq(errno, ENOTSUP);
	ck_assert_int_eq(kept_files("", ".db"), before);
	ck_assert_int_eq(kept_files("event.", ""), 0);
	kept = NULL;
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("spool_format");
	TCase *tc = tcase_create("spool_format");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, tc);
	tcase_add_checked_fixture(tc, kept_set_up, kept_tear_down);
	tcase_add_test(tc, what_can_not_be_removed_at_the_start_is_named);
	tcase_add_loop_test(tc, without_a_file_that_it_needs_a_spool_is_refused_and_the_file_named, 0,
	    (int)(sizeof needed / sizeof needed[0]));
	tcase_add_test(tc, with_events_but_nothing_in_meta_a_spool_is_refused_and_nothing_removed);
	tcase_add_test(tc, a_first_start_that_was_not_finished_is_taken_up);
	tcase_add_test(tc, a_spool_of_the_first_format_is_refused_and_nothing_is_made_there);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
