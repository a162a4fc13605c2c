/* Hooks, and their programs. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "conf_fixture.h"

START_TEST(a_hook_has_a_program_that_can_run)
{
	refused_in_source("hook a {\n}", "3: hook 'a' has no option 'command'");
	refused_in_source("hook a { command = {} }", "3: hook 'a' has no option 'command'");
	refused_in_source(
	    "hook a {\n command = { hook } }", "4: option 'command': the program is an absolute path, not 'hook'");
	refused_in_source(
	    "hook a {\n command = '@/none' }", "4: option 'command': '@/none': No such file or directory");
	refused_in_source("hook a {\n command = '@' }", "4: option 'command': '@' is not a regular file");
	refused_in_source(
	    "hook a {\n command = '@/data' }", "4: option 'command': '@/data' is not executable (mode 0600)");
	refused_in_source("hook a { command = '@/hook'\n directory = '@/none' }",
	    "4: option 'directory': '@/none': No such file or directory");
	refused_in_source("hook a { command = '@/hook'\n directory = '@/data' }",
	    "4: option 'directory': '@/data' is not a directory");
	refused_in_source("hook a { command = '@/hook' retry { }\n retry { } }", "4: section 'retry' is there twice");
}
END_TEST

START_TEST(hooks_are_checked_for_every_caller)
{
	char *text = source("hook a {\n command = '@/none' }");

	refused_as(text, "4: option 'command': '@/none': No such file or directory", 0);
	free(text);
}
END_TEST

START_TEST(a_command_is_bounded)
{
	char body[40000] = "hook a {\n command = { '@/hook'", *end = strchr(body, '\0');

	for (int i = 0; i < 64; i++)
		end = stpcpy(end, ", x");
	strcpy(end, " } }");
	refused_in_source(body, "4: option 'command' has more than 64 arguments");
	end = stpcpy(body, "hook a {\n command = { '@/hook', ");
	memset(end, 'x', 33000);
	strcpy(end + 33000, " } }");
	refused_in_source(body, "4: option 'command' has more than 32768 bytes");
}
END_TEST

/* Check runs each test in a process of its own, so that giving up root here stays here. */
START_TEST(what_this_user_may_not_see_counts_only_for_who_uses_it)
{
	char *text =
	    source("hook a { command = '@/closed/hook' directory = '@/closed/in' }\nsecret-file = '@/closed/secret'");
	char path[PATH_MAX];
	struct conf *conf;

	snprintf(path, sizeof(path), "%s/closed", directory);
	ck_assert_int_eq(mkdir(path, 0), 0);
	if (geteuid() == 0) {
		ck_assert_int_eq(chown(directory, NOBODY, NOBODY), 0);
		snprintf(path, sizeof(path), "%s/plain.conf", directory);
		ck_assert_int_eq(chmod(path, 0644), 0);
		ck_assert_int_eq(seteuid(NOBODY), 0);
	}
	conf = read_as(text, 0);
	ck_assert_msg(conf != NULL, "refused: %s", errors);
	conf_free(conf);
	refused_as(text, "3: option 'command': '@/closed/hook': Permission denied", CONF_HOOKS);
	said(":3: option 'directory': '@/closed/in': Permission denied");
	ck_assert_ptr_null(strstr(errors, "secret-file"));
	refused_as(text, "4: option 'secret-file': '@/closed/secret' can't be read: Permission denied", CONF_SECRETS);
	ck_assert_ptr_null(strstr(errors, "command"));
	if (getuid() == 0)
		ck_assert_int_eq(seteuid(0), 0);
	free(text);
}
END_TEST

START_TEST(a_hook_may_be_a_worker)
{
	struct conf *conf = good_source("hook a { command = '@/hook' mode = worker idle-timeout = 5s }\n"
					"hook b { command = '@/hook' mode = worker }\n"
					"hook c { command = '@/hook' mode = process }");
	const struct source *source = conf_source(conf, "shop");

	ck_assert(conf_hook(source, "a")->worker && conf_hook(source, "b")->worker && !conf_hook(source, "c")->worker);
	ck_assert_uint_eq(conf_hook(source, "a")->idle_ms, 5000);
	ck_assert_uint_eq(conf_hook(source, "b")->idle_ms, 60000);
	conf_free(conf);
	refused_in_source(
	    "hook a { command = '@/hook' mode = daemon }", "3: option 'mode' is process or worker, not 'daemon'");
	refused_in_source(
	    "hook a { command = '@/hook' idle-timeout = 5s }", "3: option 'idle-timeout' without mode = \"worker\"");
}
END_TEST

START_TEST(a_program_that_others_may_change_is_refused)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/hook", directory);
	ck_assert_int_eq(chmod(path, 0722), 0);
	refused_in_source("hook a { command = '@/hook' }",
	    "3: option 'command': '@/hook' may be written to by others (mode 0722); chmod go-w");
	ck_assert_int_eq(chmod(path, 0720), 0);
	refused_in_source("hook a { command = '@/hook' }",
	    "3: option 'command': '@/hook' may be written to by its group (mode 0720); chmod go-w");
	snprintf(path, sizeof(path), "%s/in", directory);
	ck_assert_int_eq(mkdir(path, 0700), 0);
	ck_assert_int_eq(chmod(path, 0770), 0);
	put_bytes("in/hook", "#!/bin/sh\n", 10, 0700);
	refused_in_source("hook a { command = '@/in/hook' }",
	    "3: option 'command': '@/in/hook' is in the directory '@/in', which may be written to by its group");
	ck_assert_int_eq(chmod(path, 01777), 0);
	conf_free(good_source("hook a { command = '@/in/hook' }"));
}
END_TEST

START_TEST(titles_of_hooks_are_plain)
{
	char body[512] = "hook '";

	refused_in_source("hook '' { command = '@/hook' }", "3: a hook has an empty title");
	refused_in_source(
	    "hook 'a b ' { command = '@/hook' }", "3: hook 'a b ': the title begins or ends with a blank");
	refused_in_source("hook 'a\\\\b' { command = '@/hook' }", "3: hook 'a\\b': a title has printable ASCII");
	conf_free(good_source("hook 'Push Hook' { command = '@/hook' } hook '/a/b' { command = '@/hook' }"));
	refused_in_source("hook '\xc3\xa9' { command = '@/hook' }", "3: hook '\xc3\xa9': a title has printable ASCII");
	refused_in_source("hook 'a[b' { command = '@/hook' }", "3: hook 'a[b': a '[' in the title is not closed");
	refused_in_source("hook a { command = '@/hook' }\nhook a {\n}", "4: section 'a' is there twice");
	memset(body + 6, 'x', CONF_TITLE_MAX + 1);
	strcpy(body + 6 + CONF_TITLE_MAX + 1, "' { command = '@/hook' }");
	refused_in_source(body, "3: hook 'xxx");
	said("xxx': the title is longer than 128 bytes");
}
END_TEST

int
main(void)
{
	TCase *t = conf_cases("conf_hook");

	tcase_add_test(t, a_hook_has_a_program_that_can_run);
	tcase_add_test(t, hooks_are_checked_for_every_caller);
	tcase_add_test(t, a_command_is_bounded);
	tcase_add_test(t, what_this_user_may_not_see_counts_only_for_who_uses_it);
	tcase_add_test(t, a_hook_may_be_a_worker);
	tcase_add_test(t, a_program_that_others_may_change_is_refused);
	tcase_add_test(t, titles_of_hooks_are_plain);
	return conf_run();
}
