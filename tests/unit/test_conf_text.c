/* A file's text: comments, quotes, and who may have written it. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conf_fixture.h"

START_TEST(comments_and_layout_do_not_move_line_numbers)
{
	refused("# one\n// two { \"\n/* three\n   'four\n*/ threads = 4 # five\nlog = { # six\r\n}\n",
	    "6: unexpected token '{'");
	refused("/* a */ /* b */ # c\n\n\tthreads = 0\n", "3: option 'threads' is a number from 1 to 64, not '0'");
}
END_TEST

START_TEST(a_comment_may_stand_inside_a_list)
{
	struct conf *conf = good_source("hook a { command = { '@/hook', # the program\n /* its */ 'argument' } }");

	ck_assert_str_eq(conf->sources[0].hooks[0].command[1], "argument");
	conf_free(conf);
}
END_TEST

START_TEST(the_environment_is_not_expanded)
{
	struct conf *conf;

	setenv("HOOKSPOOL_TEST", "syslog", 1);
	refused("\nlog = \"${HOOKSPOOL_TEST}\"\n", "2: '${' in a string: variables are not expanded here");
	refused("log = ${HOOKSPOOL_TEST}\n", "1: '$' outside quotes");
	conf = read_good("log = '/${HOOKSPOOL_TEST}'\n");
	ck_assert_str_eq(conf->log, "/${HOOKSPOOL_TEST}");
	conf_free(conf);
	unsetenv("HOOKSPOOL_TEST");
}
END_TEST

START_TEST(escapes_are_few)
{
	struct conf *conf = read_good("log = \"/a\\\"\\\\\\tb$\"\n");

	ck_assert_str_eq(conf->log, "/a\"\\\tb$");
	conf_free(conf);
	conf = read_good("log = '/a\\'b\\n'\n");
	ck_assert_str_eq(conf->log, "/a'b\\n");
	conf_free(conf);
	refused("log = \"/\\0\"\n", "1: a backslash before '0' in a string");
	refused("log = \"/\\x41\"\n", "1: a backslash before 'x' in a string");
}
END_TEST

START_TEST(a_file_that_cannot_be_read_is_named)
{
	char path[PATH_MAX];
	size_t size;
	FILE *stream;

	snprintf(path, sizeof(path), "%s/none", directory);
	free(errors);
	stream = open_memstream(&errors, &size);
	ck_assert_ptr_null(conf_read(path, 0, stream));
	ck_assert_ptr_null(conf_read(directory, 0, stream));
	fclose(stream);
	said("@/none: can't be read: No such file or directory\n");
	said("@: can't be read: Is a directory\n");
}
END_TEST

START_TEST(a_huge_file_is_refused)
{
	char *text = malloc((1u << 20) + 2);

	memset(text, ' ', (1u << 20) + 1);
	text[(1u << 20) + 1] = '\0';
	ck_assert_ptr_null(read_as(text, 0));
	said("@/" MAIN ": can't be read: File too large\n");
	free(text);
}
END_TEST

START_TEST(a_configuration_that_others_may_change_is_refused)
{
	char path[PATH_MAX];

	conf_free(read_good(""));
	change(MAIN, 0666);
	refused_by_all("@/" MAIN ": may be written to by others (mode 0666); chmod go-w");
	change(MAIN, 0620);
	refused_by_all("@/" MAIN ": may be written to by its group (mode 0620); chmod go-w");
	change(MAIN, 0600);
	change("", 0770);
	refused_by_all(
	    "@/" MAIN ": is in the directory '@', which may be written to by its group (mode 0770); chmod go-w");
	change("", 0700);
	if (geteuid() != 0)
		return;
	snprintf(path, sizeof(path), "%s/" MAIN, directory);
	ck_assert_int_eq(chown(path, NOBODY, NOBODY), 0);
	refused_by_all("@/" MAIN ": belongs to user 65534, not to root or to who reads it (user 0); chown root");
}
END_TEST

START_TEST(an_included_file_and_a_preset_that_others_may_change_are_refused)
{
	char *with_preset = source("");

	put("more.conf", "threads = 1\n");
	change("more.conf", 0664);
	put(MAIN, "\ninclude('@/more.conf')\n");
	refused_by_all("@/" MAIN ":2: '@/more.conf' may be written to by its group (mode 0664); chmod go-w");
	change("plain.conf", 0666);
	put(MAIN, with_preset);
	refused_by_all("@/" MAIN ":2: '@/plain.conf' may be written to by others (mode 0666); chmod go-w");
	free(with_preset);
}
END_TEST

START_TEST(a_configuration_is_a_regular_file)
{
	refused("include('/dev/null')", "1: '/dev/null' is not a regular file");
}
END_TEST

int
main(void)
{
	TCase *t = conf_cases("conf_text");

	tcase_add_test(t, comments_and_layout_do_not_move_line_numbers);
	tcase_add_test(t, a_comment_may_stand_inside_a_list);
	tcase_add_test(t, the_environment_is_not_expanded);
	tcase_add_test(t, escapes_are_few);
	tcase_add_test(t, a_file_that_cannot_be_read_is_named);
	tcase_add_test(t, a_huge_file_is_refused);
	tcase_add_test(t, a_configuration_that_others_may_change_is_refused);
	tcase_add_test(t, an_included_file_and_a_preset_that_others_may_change_are_refused);
	tcase_add_test(t, a_configuration_is_a_regular_file);
	return conf_run();
}
