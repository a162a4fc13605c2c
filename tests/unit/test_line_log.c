/* A hook's output in the log. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../src/lib/log.h"
#include "../../src/runner/line_log.h"

static char directory[] = "/tmp/test_line_log.XXXXXX", path[64];
static struct line_log lines;

static void
set_up(void)
{
	ck_assert_ptr_nonnull(mkdtemp(directory));
	snprintf(path, sizeof path, "%s/log", directory);
	ck_assert_int_eq(log_open("test", path), 0);
	lines = (struct line_log){.label = "event 7: s/h", .stream = "stdout"};
}

static void
tear_down(void)
{
	unlink(path);
	rmdir(directory);
}

static void
add(const char *text)
{
	line_log_add(&lines, text, strlen(text));
}

/* How many lines of the log end with TEXT; all of them for "". */
static unsigned
logged(const char *text)
{
	char *line = NULL;
	size_t size = 0;
	unsigned n = 0;
	ssize_t len;
	FILE *f = fopen(path, "re");

	while ((len = getline(&line, &size, f)) > 0) {
		size_t text_len = strlen(text);

		line[--len] = '\0';
		n += (size_t)len >= text_len && strcmp(line + (size_t)len - text_len, text) == 0;
	}
	free(line);
	fclose(f);
	return n;
}

START_TEST(a_line_is_logged_when_it_is_whole)
{
	add("hel");
	ck_assert_uint_eq(logged(""), 0);
	add("lo\nwor");
	ck_assert_uint_eq(logged("]: event 7: s/h: stdout: hello"), 1);
	add("ld");
	ck_assert_uint_eq(logged(""), 1);
	line_log_end(&lines);
	ck_assert_uint_eq(logged("]: event 7: s/h: stdout: world"), 1);
	line_log_end(&lines); /* nothing is left */
	ck_assert_uint_eq(logged(""), 2);
}
END_TEST

START_TEST(control_characters_are_shown)
{
	add("\x1b[31m %s\n");
	ck_assert_uint_eq(logged("stdout: \\x1b[31m %s"), 1);
}
END_TEST

START_TEST(a_long_line_is_cut_into_pieces)
{
	for (int i = 0; i < 2 * LINE_LOG_BYTES + 1; i++)
		add("x");
	ck_assert_uint_eq(logged("x"), 2);
	add("\n");
	ck_assert_uint_eq(logged("stdout: x"), 1);
	ck_assert_uint_eq(logged("x"), 3);
}
END_TEST

START_TEST(after_many_lines_one_says_that_no_more_follow)
{
	for (int i = 0; i < LINE_LOG_LINES + 100; i++)
		add("y\n");
	line_log_end(&lines);
	ck_assert_uint_eq(logged("stdout: y"), LINE_LOG_LINES);
	ck_assert_uint_eq(logged("more than 1000 lines: the rest is not logged"), 1);
	ck_assert_uint_eq(logged(""), LINE_LOG_LINES + 1);
}
END_TEST

START_TEST(without_a_label_nothing_is_logged)
{
	lines = (struct line_log){0};
	add("hello\nworld");
	line_log_end(&lines);
	ck_assert_uint_eq(logged(""), 0);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("line_log");
	TCase *tc = tcase_create("line_log");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, tc);
	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, a_line_is_logged_when_it_is_whole);
	tcase_add_test(tc, control_characters_are_shown);
	tcase_add_test(tc, a_long_line_is_cut_into_pieces);
	tcase_add_test(tc, after_many_lines_one_says_that_no_more_follow);
	tcase_add_test(tc, without_a_label_nothing_is_logged);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
