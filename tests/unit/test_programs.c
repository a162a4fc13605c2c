/* Which programs a runner starts: those of the configuration as it reads it. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../src/conf/conf.h"
#include "../../src/lib/log.h"
#include "../../src/protocol/run.h"
#include "../../src/runner/programs.h"

static char *approve[] = {(char *)"/usr/local/lib/hooks/approve", (char *)"-v", NULL};
static char *review[] = {(char *)"/usr/local/lib/hooks/review", NULL};
static uint32_t groups[] = {100};
static struct env_map env[] = {{(char *)"CUSTOMER_ID", NULL}};
static struct hook hooks[] = {{.title = (char *)"a", .command = approve, .as = {.uid = ACCOUNT_SAME}},
    {.title = (char *)"b", .command = review, .directory = (char *)"/srv", .as = {1000, 100, groups, 1}}};
static struct source sources[] = {{.name = (char *)"s", .hooks = hooks, .nhooks = 2, .env = env, .nenv = 1}};
static struct conf conf = {.file = (char *)"/nonexistent", .sources = sources, .nsources = 1};
static struct account accounts[] = {{.uid = ACCOUNT_SAME}, {1000, 100, groups, 1}};
static struct run_start run;

static void
set_up(void)
{
	log_open("test_programs", "/dev/null");
	run = (struct run_start){.arguments = {approve[0], approve[1]},
	    .variables = {(char *)(uintptr_t)RUN_PATH, (char *)(uintptr_t) "HOOKSPOOL_ID=7",
		(char *)(uintptr_t) "CUSTOMER_ID=c"},
	    .directory = (char *)(uintptr_t) "/",
	    .label = (char *)(uintptr_t) "event 7: s/a",
	    .as = &accounts[0]};
}

START_TEST(a_hook_of_the_configuration_is_run)
{
	ck_assert(programs_in(&conf, &run));
	run.arguments[0] = review[0];
	run.arguments[1] = NULL;
	run.directory = (char *)(uintptr_t) "/srv";
	run.account = 1;
	run.as = &accounts[1];
	ck_assert(programs_in(&conf, &run));
}
END_TEST

START_TEST(another_program_argument_directory_user_or_variable_is_none)
{
	run.arguments[0] = (char *)(uintptr_t) "/bin/sh";
	ck_assert(!programs_in(&conf, &run));
	set_up();
	run.arguments[1] = NULL;
	ck_assert(!programs_in(&conf, &run));
	set_up();
	run.arguments[2] = (char *)(uintptr_t) "-x";
	ck_assert(!programs_in(&conf, &run));
	set_up();
	run.directory = (char *)(uintptr_t) "/tmp";
	ck_assert(!programs_in(&conf, &run));
	set_up();
	run.account = 1;
	run.as = &accounts[1];
	ck_assert(!programs_in(&conf, &run));
	set_up();
	run.variables[2] = (char *)(uintptr_t) "CUSTOMER=c";
	ck_assert(!programs_in(&conf, &run));
	set_up();
	run.variables[2] = (char *)(uintptr_t) "CUSTOMER_IDS=c";
	ck_assert(!programs_in(&conf, &run));
}
END_TEST

static void
write_conf(const char *file, const char *command)
{
	FILE *out = fopen(file, "we");

	ck_assert_ptr_nonnull(out);
	fprintf(out,
	    "source s { path = /s unsigned = true event = 'body:/e' id = { 'body:/i' } env = { 'CUSTOMER_ID=body:/c' }\n"
	    "  hook '*' { command = { '%s' } } }\n",
	    command);
	fclose(out);
	chmod(file, 0644);
}

START_TEST(a_changed_file_is_read_again_and_only_then)
{
	char file[] = "/tmp/test_programs.XXXXXX";
	struct programs *programs;
	struct conf *first;

	close(mkstemp(file));
	write_conf(file, "/bin/true");
	ck_assert_ptr_nonnull(first = conf_read(file, CONF_NAMES, stderr));
	ck_assert_ptr_nonnull(programs = programs_new(first));
	run.arguments[0] = (char *)(uintptr_t) "/bin/true";
	run.arguments[1] = NULL;
	ck_assert(programs_have(programs, &run));
	run.arguments[0] = (char *)(uintptr_t) "/bin/false";
	ck_assert(!programs_have(programs, &run));
	write_conf(file, "/bin/false");
	ck_assert(programs_have(programs, &run));
	/* What can't be read leaves what was. */
	write_conf(file, "no path");
	run.arguments[0] = (char *)(uintptr_t) "/bin/true";
	ck_assert(!programs_have(programs, &run));
	run.arguments[0] = (char *)(uintptr_t) "/bin/false";
	ck_assert(programs_have(programs, &run));
	programs_free(programs);
	conf_free(first);
	unlink(file);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("programs");
	TCase *tc = tcase_create("programs");
	SRunner *runner;
	int failed;

	suite_add_tcase(suite, tc);
	tcase_add_checked_fixture(tc, set_up, NULL);
	tcase_add_test(tc, a_hook_of_the_configuration_is_run);
	tcase_add_test(tc, another_program_argument_directory_user_or_variable_is_none);
	tcase_add_test(tc, a_changed_file_is_read_again_and_only_then);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
