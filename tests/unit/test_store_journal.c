/* The page journal as a file: what of it counts after any damage, and what is put back where. */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../src/lib/log.h"
#include "../../src/spool/store_batch.h"
#include "../../src/spool/store_flush.h"
#include "../../src/spool/store_journal.h"

#define TABLE "event.00000001"
#define PAGES 5u

static char dir[32];
static unsigned char bytes[PAGES][STORE_PAGE];
static struct store_journal_file files[2] = {
    {TABLE, "the id of the table", STORE_JOURNAL_NO_END}, {"lane.db", "another id", STORE_JOURNAL_NO_END}};
static struct store_journal_page pages[PAGES];

static const char *
path_of(const char *name)
{
	static char path[96];

	snprintf(path, sizeof path, "%s/%s", dir, name);
	return path;
}

/* A table of PAGES pages full of FILL, of that id. */
static void
make_table(const char *name, const unsigned char *id, int fill)
{
	unsigned char page[STORE_PAGE];
	int fd = open(path_of(name), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	ck_assert_int_ne(fd, -1);
	memset(page, fill, sizeof page);
	for (uint32_t i = 0; i < PAGES; i++)
		ck_assert_int_eq(pwrite(fd, page, sizeof page, (off_t)i * STORE_PAGE), STORE_PAGE);
	ck_assert_int_eq(pwrite(fd, id, STORE_FILE_ID, STORE_FILE_ID_AT), STORE_FILE_ID);
	close(fd);
}

static void
check_page(const char *name, uint32_t number, const unsigned char *wanted)
{
	unsigned char page[STORE_PAGE];
	int fd = open(path_of(name), O_RDONLY | O_CLOEXEC);

	ck_assert_int_ne(fd, -1);
	ck_assert_int_eq(pread(fd, page, sizeof page, (off_t)number * STORE_PAGE), STORE_PAGE);
	close(fd);
	ck_assert_mem_eq(page, wanted, STORE_PAGE);
}

static void
flip(uint64_t at)
{
	unsigned char byte;
	int fd = open(path_of(STORE_JOURNAL), O_RDWR | O_CLOEXEC);

	ck_assert_int_ne(fd, -1);
	ck_assert_int_eq(pread(fd, &byte, 1, (off_t)at), 1);
	byte ^= 0x40;
	ck_assert_int_eq(pwrite(fd, &byte, 1, (off_t)at), 1);
	close(fd);
}

/* Pages 1 to N of the table, each full of its number and FILL. */
static void
write_batch(struct store_journal *j, uint32_t n, int fill)
{
	for (uint32_t i = 0; i < n; i++) {
		memset(bytes[i], fill + (int)i, STORE_PAGE);
		pages[i] = (struct store_journal_page){0, i + 1, bytes[i]};
	}
	ck_assert_int_eq(store_journal_write(j, &(struct store_journal_batch){files, pages, 2, n}), 0);
}

static struct store_journal *
open_journal(void)
{
	struct store_journal *j = store_journal_open(dir);

	ck_assert_ptr_nonnull(j);
	return j;
}

static void
set_up(void)
{
	log_open("test", "/dev/null");
	store_flush_begin();
	strcpy(dir, "/tmp/test_store_journal.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	make_table(TABLE, files[0].id, 'o');
}

static void
tear_down(void)
{
	char command[64];

	snprintf(command, sizeof command, "rm -r %s", dir);
	ck_assert_int_eq(system(command), 0);
}

START_TEST(a_batch_that_is_whole_is_put_back)
{
	struct store_journal *j = open_journal();

	write_batch(j, 4, 'a');
	store_journal_close(j, false);
	ck_assert_int_eq(store_journal_restore(dir), 4);
	for (uint32_t i = 0; i < 4; i++)
		check_page(TABLE, i + 1, bytes[i]);
	ck_assert_int_eq(store_journal_restore(dir), 0);
}
END_TEST

START_TEST(a_batch_with_any_byte_wrong_is_none)
{
	static const uint64_t at[] = {0, 8, 24, 32, 40, 47, 48, 80, 100, 152, 170, STORE_BATCH_HEAD - 9,
	    STORE_BATCH_HEAD - 1, STORE_BATCH_HEAD, STORE_BATCH_HEAD + 4095, STORE_BATCH_HEAD + 4096,
	    STORE_BATCH_HEAD + 4 * STORE_PAGE - 1};
	struct store_journal *j = open_journal();
	unsigned char old[STORE_PAGE];

	memset(old, 'o', sizeof old);
	write_batch(j, 4, 'a');
	store_journal_close(j, false);
	flip(store_batch_at(1) + at[_i]);
	ck_assert_int_eq(store_journal_restore(dir), 0);
	check_page(TABLE, 1, old);
	flip(store_batch_at(1) + at[_i]);
	ck_assert_int_eq(store_journal_restore(dir), 4);
}
END_TEST

/* Of the second batch only a part has come to the disk: the first one counts. */
START_TEST(any_part_of_a_batch_leaves_the_one_before)
{
	static unsigned char whole[STORE_BATCH_HEAD + 4 * STORE_PAGE], zeros[sizeof whole];
	struct store_journal *j = open_journal();
	int fd;

	write_batch(j, 2, 'a');
	write_batch(j, 4, 'p');
	store_journal_close(j, false);
	ck_assert_int_ne(fd = open(path_of(STORE_JOURNAL), O_RDWR | O_CLOEXEC), -1);
	ck_assert_int_eq(pread(fd, whole, sizeof whole, (off_t)store_batch_at(2)), (ssize_t)sizeof whole);
	for (size_t len = 0; len < sizeof whole; len += 512) {
		ck_assert_int_eq(pwrite(fd, zeros, sizeof whole, (off_t)store_batch_at(2)), (ssize_t)sizeof whole);
		ck_assert_int_eq(pwrite(fd, whole, len, (off_t)store_batch_at(2)), (ssize_t)len);
		make_table(TABLE, files[0].id, 'o');
		ck_assert_int_eq(store_journal_restore(dir), 2);
		memset(bytes[0], 'a', STORE_PAGE);
		check_page(TABLE, 1, bytes[0]);
	}
	close(fd);
}
END_TEST

START_TEST(the_latest_of_a_page_is_put_back)
{
	struct store_journal *j = open_journal();

	write_batch(j, 3, 'a');
	write_batch(j, 2, 'p');
	store_journal_close(j, false);
	ck_assert_int_eq(store_journal_restore(dir), 3);
	check_page(TABLE, 1, bytes[0]);
	check_page(TABLE, 2, bytes[1]);
	memset(bytes[2], 'a' + 2, STORE_PAGE);
	check_page(TABLE, 3, bytes[2]);
}
END_TEST

START_TEST(what_was_cut_off_since_is_not_put_back)
{
	struct store_journal *j = open_journal();
	struct stat st;

	write_batch(j, PAGES, 'a'); /* the last of them behind the table's end */
	files[0].end = PAGES;
	write_batch(j, 1, 'p');
	store_journal_close(j, false);
	ck_assert_int_eq(store_journal_restore(dir), PAGES - 1);
	ck_assert_int_eq(stat(path_of(TABLE), &st), 0);
	ck_assert_uint_eq(st.st_size, PAGES * STORE_PAGE);
	check_page(TABLE, 1, bytes[0]);
}
END_TEST

/* It has grown again, and been cut off before that. */
START_TEST(what_came_behind_the_cut_is_put_back)
{
	struct store_journal *j = open_journal();

	write_batch(j, PAGES, 'a');
	files[0].end = 1;
	write_batch(j, 1, 'p');
	files[0].end = STORE_JOURNAL_NO_END;
	write_batch(j, PAGES, 'x');
	store_journal_close(j, false);
	ck_assert_int_eq(store_journal_restore(dir), PAGES);
	check_page(TABLE, PAGES, bytes[PAGES - 1]);
}
END_TEST

START_TEST(what_is_void_is_not_put_back)
{
	struct store_journal *j = open_journal();

	write_batch(j, 4, 'a');
	ck_assert_int_eq(store_journal_close(j, true), 0);
	ck_assert_int_eq(store_journal_restore(dir), 0);
}
END_TEST

START_TEST(a_live_batch_is_never_written_over)
{
	struct store_journal *j = open_journal();
	unsigned n = 0;

	for (; !store_journal_full(j); n++)
		write_batch(j, 1 + n, 'a' + (int)n);
	ck_assert_uint_eq(n, STORE_JOURNAL_SLOTS - 1);
	store_journal_void(j);
	write_batch(j, 1, 'z');
	store_journal_close(j, false);
	flip(store_batch_at(STORE_JOURNAL_SLOTS) + 3); /* as if it had not come to the disk */
	ck_assert_int_eq(store_journal_restore(dir), STORE_JOURNAL_SLOTS - 1);
}
END_TEST

START_TEST(where_one_that_must_be_there_is_damaged_it_is_refused)
{
	struct store_journal *j = open_journal();

	write_batch(j, 2, 'a');
	write_batch(j, 2, 'p');
	store_journal_close(j, false);
	flip(store_batch_at(1) + 3);
	ck_assert_int_eq(store_journal_restore(dir), -1);
	ck_assert_int_eq(errno, EPROTO);
}
END_TEST

START_TEST(a_journal_with_a_wrong_beginning_is_refused)
{
	store_journal_close(open_journal(), true);
	flip(_i);
	ck_assert_int_eq(store_journal_restore(dir), -1);
	ck_assert_int_eq(errno, EPROTO);
	ck_assert_ptr_null(store_journal_open(dir));
}
END_TEST

START_TEST(another_table_of_that_name_is_left_alone)
{
	struct store_journal *j = open_journal();
	unsigned char old[STORE_PAGE];

	memset(old, 'n', sizeof old);
	write_batch(j, 4, 'a');
	store_journal_close(j, false);
	make_table(TABLE, (const unsigned char *)"not the same id....", 'n');
	ck_assert_int_eq(store_journal_restore(dir), 0);
	check_page(TABLE, 1, old);
	ck_assert_int_eq(unlink(path_of(TABLE)), 0);
	ck_assert_int_eq(store_journal_restore(dir), 0);
}
END_TEST

START_TEST(a_table_that_has_another_name_now_is_found)
{
	struct store_journal *j = open_journal();
	char was[96];

	write_batch(j, 4, 'a');
	store_journal_close(j, false);
	strcpy(was, path_of(TABLE));
	ck_assert_int_eq(rename(was, path_of("__db.00000001.80000002")), 0);
	ck_assert_int_eq(store_journal_restore(dir), 4);
	check_page("__db.00000001.80000002", 1, bytes[0]);
}
END_TEST

/* The bytes of the batch are anybody's: with a right checksum, too. */
START_TEST(no_other_file_is_written_to)
{
	static const char *const names[] = {
	    "../outside.db", "log.0000000001", "lock", "page-journal", "", "a/b.db", "runner.lock"};
	struct store_journal *j = open_journal();

	memcpy(files[0].name, names[_i], strlen(names[_i]) + 1);
	write_batch(j, 4, 'a');
	store_journal_close(j, false);
	make_table("log.0000000001", files[0].id, 'o');
	ck_assert_int_eq(store_journal_restore(dir), 0); /* as if the batch were none */
	ck_assert(!store_journal_may_name(names[_i]));
}
END_TEST

START_TEST(the_numbers_go_on_when_it_is_opened_again)
{
	for (int i = 0; i < 9; i++) {
		struct store_journal *j = open_journal();

		write_batch(j, 1 + (uint32_t)i % 4, 'a' + i);
		store_journal_close(j, i % 3 == 0);
		ck_assert_int_ge(store_journal_restore(dir), 0);
	}
	check_page(TABLE, 1, bytes[0]);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("store_journal");
	TCase *tcase = tcase_create("journal");
	SRunner *runner;
	int failed;

	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, a_batch_that_is_whole_is_put_back);
	tcase_add_loop_test(tcase, a_batch_with_any_byte_wrong_is_none, 0, 17);
	tcase_add_test(tcase, any_part_of_a_batch_leaves_the_one_before);
	tcase_add_test(tcase, the_latest_of_a_page_is_put_back);
	tcase_add_test(tcase, what_was_cut_off_since_is_not_put_back);
	tcase_add_test(tcase, what_came_behind_the_cut_is_put_back);
	tcase_add_test(tcase, what_is_void_is_not_put_back);
	tcase_add_test(tcase, a_live_batch_is_never_written_over);
	tcase_add_test(tcase, where_one_that_must_be_there_is_damaged_it_is_refused);
	tcase_add_loop_test(tcase, a_journal_with_a_wrong_beginning_is_refused, 0, 28);
	tcase_add_test(tcase, another_table_of_that_name_is_left_alone);
	tcase_add_test(tcase, a_table_that_has_another_name_now_is_found);
	tcase_add_loop_test(tcase, no_other_file_is_written_to, 0, 7);
	tcase_add_test(tcase, the_numbers_go_on_when_it_is_opened_again);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
