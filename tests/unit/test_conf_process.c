/* How a hook's process is made. */
#include "conf_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

START_TEST(a_hooks_process_is_made_as_said)
{
	struct conf *conf = good_source(
	    "hook a { command = '@/hook' user = root group = root umask = 0022 nice = 3 orphans = keep log-output = true\n"
	    "         rlimit { cpu = 1500ms memory = 1M files = 10 core = 0 } }\n"
	    "hook b { command = '@/hook' }");
	const struct hook *a = conf_hook(conf_source(conf, "shop"), "a"),
			  *b = conf_hook(conf_source(conf, "shop"), "b");

	ck_assert_uint_eq(a->as.uid, 0);
	ck_assert_uint_eq(a->as.gid, 0);
	ck_assert_uint_eq(a->umask, 022);
	ck_assert_uint_eq(a->nice, 3);
	ck_assert(a->keep_orphans && a->log_output && conf_has_users(conf));
	ck_assert_uint_eq(a->nlimits, 4);
	ck_assert_uint_eq(a->limits[0].value, 2);
	ck_assert_uint_eq(a->limits[1].value, 1u << 20);
	ck_assert_uint_eq(b->as.uid, ACCOUNT_SAME);
	ck_assert_uint_eq(b->umask, 077);
	ck_assert_uint_eq(b->nlimits, 0);
	ck_assert(!b->keep_orphans && !b->log_output);
	conf_free(conf);
	refused_in_source(
	    "hook a { command = '@/hook' umask = 888 }", "3: option 'umask' is octal from 0 to 0777, not '888'");
	refused_in_source("hook a { command = '@/hook' umask = 1777 }", "3: option 'umask' is octal");
	refused_in_source("hook a { command = '@/hook' nice = 20 }", "3: option 'nice' is a number from 0 to 19");
	refused_in_source(
	    "hook a { command = '@/hook' orphans = maybe }", "3: option 'orphans' is kill or keep, not 'maybe'");
	refused_in_source(
	    "hook a { command = '@/hook' user = 'no such' }", "3: option 'user': there is no user 'no such'");
	refused_in_source("hook a { command = '@/hook' group = root }", "3: option 'group' without option 'user'");
	refused_in_source("hook a { command = '@/hook' user = root group = 'no such' }",
	    "3: option 'group': there is no group 'no such'");
	refused_in_source("hook a { command = '@/hook' rlimit { files = 2 } }", "3: option 'files' is a number from 3");
	refused_in_source("hook a { command = '@/hook' rlimit { }\nrlimit { } }", "4: section 'rlimit' is there twice");
}
END_TEST

/* Beside a hook with a user of its own the others' is looked up, too. */
START_TEST(a_user_that_there_is_not_is_told_once_and_where)
{
	static const char *const names[] = {"user", "hook-user"};

	for (size_t i = 0; i < 2; i++) {
		char *body = source("hook a { command = '@/hook' user = root }"), *text;
		char line[128];

		ck_assert_int_ne(asprintf(&text, "%s = 'no such'\n%s", names[i], body), -1);
		snprintf(line, sizeof line, "1: option '%s': there is no user 'no such'\n", names[i]);
		refused(text, line);
		ck_assert_ptr_eq(strchr(errors, '\n'), errors + strlen(errors) - 1);
		free(text);
		free(body);
	}
}
END_TEST

int
main(void)
{
	TCase *t = conf_cases("conf_process");

	tcase_add_test(t, a_hooks_process_is_made_as_said);
	tcase_add_test(t, a_user_that_there_is_not_is_told_once_and_where);
	return conf_run();
}
