/* Where a log line goes. */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../src/lib/log.h"

static char directory[] = "/tmp/hookspool-log.XXXXXX";
static char current[64], old[64];

/* The text of the lines in FILE, one after the other. */
static const char *
lines_of(const char *file)
{
	static char all[4096];
	char line[1024];
	FILE *stream = fopen(file, "re");

	all[0] = '\0';
	while (stream != NULL && fgets(line, sizeof line, stream) != NULL)
		strcat(all, strstr(line, "]: ") + 3);
	if (stream != NULL)
		fclose(stream);
	return all;
}

static void
open_log(void)
{
	ck_assert_ptr_nonnull(mkdtemp(directory));
	snprintf(current, sizeof current, "%s/log", directory);
	snprintf(old, sizeof old, "%s/log.1", directory);
	ck_assert_int_eq(log_open("test", current), 0);
}

static void
remove_log(void)
{
	unlink(current);
	unlink(old);
	rmdir(directory);
}

START_TEST(a_renamed_file_is_left_with_the_next_line)
{
	log_info("one");
	ck_assert_int_eq(rename(current, old), 0);
	log_info("two");
	log_info("three");
	ck_assert_str_eq(lines_of(old), "one\n");
	ck_assert_str_eq(lines_of(current), "two\nthree\n");
}
END_TEST

START_TEST(and_so_is_one_in_whose_place_is_another)
{
	log_info("one");
	ck_assert_int_eq(rename(current, old), 0);
	close(open(current, O_WRONLY | O_CREAT | O_CLOEXEC, 0660));
	log_info("two");
	ck_assert_str_eq(lines_of(old), "one\n");
	ck_assert_str_eq(lines_of(current), "two\n");
}
END_TEST

START_TEST(where_no_new_one_can_be_opened_the_old_one_says_so_once)
{
	log_info("one");
	ck_assert_int_eq(rename(current, old), 0);
	ck_assert_int_eq(mkdir(current, 0700), 0);
	log_info("two");
	ck_assert_str_eq(lines_of(old), "one\ntwo\n"); /* whoever renamed it may just be about to make one */
	while (strstr(lines_of(old), "warning") == NULL)
		log_follow();
	log_info("three");
	ck_assert_int_eq(rmdir(current), 0);
	log_info("four");
	ck_assert_msg(strncmp(lines_of(old), "one\ntwo\nwarning: can't open ", 28) == 0 &&
		strstr(lines_of(old), ": Is a directory\nthree\n") != NULL,
	    "%s", lines_of(old));
	ck_assert_str_eq(lines_of(current), "four\n");
	ck_assert_uint_eq(log_files(), 1);
}
END_TEST

START_TEST(who_has_nothing_to_say_leaves_it_too)
{
	struct stat now, ours;

	ck_assert_int_eq(rename(current, old), 0);
	log_follow();
	ck_assert_int_eq(stat(current, &now), 0);
	ck_assert_int_eq(fstat(log_descriptor(), &ours), 0);
	ck_assert(now.st_ino == ours.st_ino && now.st_dev == ours.st_dev);
}
END_TEST

START_TEST(who_may_not_open_it_stays_until_it_is_handed_over)
{
	int fd;

	log_stay();
	ck_assert_int_eq(rename(current, old), 0);
	log_info("one");
	ck_assert_int_eq(access(current, F_OK), -1);
	fd = open(current, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0660);
	log_take(fd);
	close(fd);
	log_info("two");
	ck_assert_str_eq(lines_of(old), "one\n");
	ck_assert_str_eq(lines_of(current), "two\n");
}
END_TEST

START_TEST(only_what_it_made_is_given)
{
	struct stat st;

	ck_assert_int_eq(log_give((uid_t)-1, (gid_t)-1), 0);
	ck_assert_int_eq(stat(current, &st), 0);
	ck_assert_int_eq(st.st_mode & 07777 & 0020, 0);
	ck_assert_int_eq(log_give(geteuid(), getegid()), 0);
	ck_assert_int_eq(stat(current, &st), 0);
	ck_assert_int_eq(st.st_mode & 07777, 0660);
	ck_assert_int_eq(chmod(current, 0600), 0);
	ck_assert_int_eq(log_open("test", current), 0);
	ck_assert_int_eq(log_give(geteuid(), getegid()), 0);
	ck_assert_int_eq(stat(current, &st), 0);
	ck_assert_int_eq(st.st_mode & 07777, 0600);
}
END_TEST

START_TEST(a_file_that_can_not_be_opened_is_an_error_and_used_once_it_can)
{
	ck_assert_int_eq(mkdir(old, 0700), 0);
	ck_assert_int_eq(log_open("test", old), -1);
	ck_assert_int_eq(errno, EISDIR);
	log_info("this goes to standard error");
	ck_assert_int_eq(rmdir(old), 0);
	log_info("one");
	ck_assert_str_eq(lines_of(old), "one\n");
	ck_assert_str_eq(lines_of(current), "");
}
END_TEST

/* As standard error where a service manager's log, or a terminal, has stopped to read. */
START_TEST(a_pipe_that_nobody_reads_holds_nobody_up)
{
	static char all[1 << 20];
	int ends[2], sent = 0, told = 0;
	const char *more;
	ssize_t n;

	ck_assert_int_eq(pipe(ends), 0);
	ck_assert_int_eq(dup2(ends[1], STDERR_FILENO), STDERR_FILENO);
	ck_assert_int_eq(log_open("test", "stderr"), 0);
	for (; sent < 5000; sent++)
		log_info("line %d", sent);
	ck_assert_int_gt(n = read(ends[0], all, sizeof all - 1), 0); /* or it would have waited for ever */
	for (const char *at = all; at < all + n; at = strchr(at, '\n') + 1)
		sent--;
	ck_assert_int_gt(sent, 0);
	log_info("once more");
	ck_assert_int_gt(n = read(ends[0], all, sizeof all - 1), 0);
	all[n] = '\0';
	ck_assert_ptr_nonnull(more = strstr(all, "nobody read this log: "));
	ck_assert_int_eq(sscanf(more, "nobody read this log: %d lines were lost\n", &told), 1);
	ck_assert_int_eq(told, sent);
	ck_assert_ptr_nonnull(strstr(more, "]: once more\n"));
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("log");
	TCase *files = tcase_create("files");
	SRunner *runner;
	int failed;

	suite_add_tcase(suite, files);
	tcase_add_checked_fixture(files, open_log, remove_log);
	tcase_add_test(files, a_renamed_file_is_left_with_the_next_line);
	tcase_add_test(files, and_so_is_one_in_whose_place_is_another);
	tcase_add_test(files, where_no_new_one_can_be_opened_the_old_one_says_so_once);
	tcase_add_test(files, who_has_nothing_to_say_leaves_it_too);
	tcase_add_test(files, who_may_not_open_it_stays_until_it_is_handed_over);
	tcase_add_test(files, only_what_it_made_is_given);
	tcase_add_test(files, a_file_that_can_not_be_opened_is_an_error_and_used_once_it_can);
	tcase_add_test(files, a_pipe_that_nobody_reads_holds_nobody_up);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
