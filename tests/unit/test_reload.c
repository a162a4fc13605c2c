/* A configuration that is read again: real files, and a spooler that follows or does not. */
#include <check.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../src/conf/conf.h"
#include "../../src/spooler/binding.h"
#include "../../src/spooler/reload.h"
#include "../../src/spooler/schedule.h"
#include "spooled.h"

static char dir[] = "/tmp/test_reload.XXXXXX", file[64];
static struct conf *first, *stays; /* the fixture's; the one that is to stay */
static char *why;

/* The configuration: what goes into its head, and into its source. */
static void
write_conf(const char *head, const char *body)
{
	FILE *stream = fopen(file, "w");

	ck_assert_ptr_nonnull(stream);
	fprintf(stream,
	    "spool = '%s'\n%s\nsource s {\n path = /s\n secret-file = /nonexistent\n event = body:/type\n id = { body:/id }\n"
	    " signature { algorithm = hmac-sha256 from = header:X-Signature }\n%s\n}\n",
	    first->spool, head, body);
	ck_assert_int_eq(fclose(stream), 0);
}

static void
set_up(void)
{
	spooled_set_up();
	first = spooled.conf;
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(file, sizeof file, "%s/conf", dir);
	write_conf("", "hook a { command = /bin/true }");
	spooled.conf_reads = CONF_NAMES;
	spooled.runner_reads = true;
	spooled.conf = stays = conf_read(file, CONF_NAMES, stderr);
	ck_assert_ptr_nonnull(spooled.conf);
	ck_assert_int_eq(schedule_reload(spooled.schedule, spooled.conf), 0);
}

static void
tear_down(void)
{
	struct conf *last = spooled.conf;

	spooled.conf = first;
	spooled_tear_down();
	conf_free(last);
	unlink(file);
	rmdir(dir);
	free(why);
}

/* Neither would it be taken, nor is it. */
static void
check_refused(const char *text)
{
	free(why);
	why = reload_check(&spooled);
	ck_assert_ptr_nonnull(why);
	ck_assert_msg(strstr(why, text) != NULL, "%s", why);
	free(why);
	why = reload(&spooled);
	ck_assert_ptr_nonnull(why);
	ck_assert_msg(strstr(why, text) != NULL, "%s", why);
	ck_assert_ptr_eq(spooled.conf, stays);
}

START_TEST(what_has_changed_is_used)
{
	write_conf("max-queued = 7", "hook b { command = /bin/true }");
	ck_assert_ptr_null(why = reload(&spooled));
	ck_assert_uint_eq(spooled.conf->max_queued, 7);
	ck_assert(binding_exists(spooled.conf, "s/b"));
	ck_assert_ptr_nonnull(schedule_suspension(spooled.schedule, "s/b"));
	ck_assert_ptr_null(schedule_suspension(spooled.schedule, "s/a"));
}
END_TEST

START_TEST(a_look_changes_nothing)
{
	write_conf("max-queued = 7", "");
	ck_assert_ptr_null(why = reload_check(&spooled));
	ck_assert_ptr_eq(spooled.conf, stays);
	ck_assert_ptr_nonnull(schedule_suspension(spooled.schedule, "s/a"));
}
END_TEST

START_TEST(what_is_wrong_is_told_and_not_used)
{
	char line[80];

	write_conf("max-queued = many", "");
	snprintf(line, sizeof line, "%s:2: ", file);
	check_refused(line);
	ck_assert_int_eq(unlink(file), 0);
	check_refused(file);
}
END_TEST

START_TEST(what_was_taken_at_the_start_stays)
{
	write_conf("cache = 3M\nsocket = /tmp/other.sock\npage-journal = on", "");
	check_refused("option 'cache' can't change");
	check_refused("option 'page-journal' can't change");
	check_refused("option 'socket' can't change");
}
END_TEST

START_TEST(a_runner_that_can_not_read_gets_no_other_command)
{
	spooled.runner_reads = false;
	write_conf("", "hook a { command = /bin/true timeout = 7s }\nhook '*' { command = /bin/true }");
	check_refused("hook '*': its command is new");
	write_conf("", "hook a { command = { /bin/true, -x } }");
	check_refused("hook 'a': its command is new");
	write_conf("", "hook a { command = /bin/true timeout = 7s }");
	free(why);
	ck_assert_ptr_null(why = reload(&spooled));
}
END_TEST

/* Only root may have hooks run as others. */
START_TEST(the_runner_gets_no_other_user)
{
	write_conf("", "hook a { command = /bin/true user = nobody }");
	check_refused("hook 'a': its user and groups were not configured");
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("reload");
	TCase *tc = tcase_create("reload");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, tc);
	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, what_has_changed_is_used);
	tcase_add_test(tc, a_look_changes_nothing);
	tcase_add_test(tc, what_is_wrong_is_told_and_not_used);
	tcase_add_test(tc, what_was_taken_at_the_start_stays);
	tcase_add_test(tc, a_runner_that_can_not_read_gets_no_other_command);
	if (geteuid() == 0)
		tcase_add_test(tc, the_runner_gets_no_other_user);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
