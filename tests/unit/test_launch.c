/* What a hook sees, as the runner reads it. */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../src/conf/conf.h"
#include "../../src/protocol/event.h"
#include "../../src/protocol/run.h"
#include "../../src/spooler/launch.h"
#include "runner_end.h"

static char *command[] = {(char *)"/bin/hook", (char *)"-v", NULL};
static struct hook hook = {.title = (char *)"a.*",
    .command = command,
    .timeout_ms = 5000,
    .grace_ms = 1000,
    .output_max = 4096,
    .nice = 3,
    .umask = 027};
static struct source source = {.name = (char *)"shop", .hooks = &hook, .nhooks = 1};
static struct event event;
static char huge[100000];
static struct launch_message message;
static struct run_start run;

static void
set(enum event_text which, const char *text)
{
	event.text[which] = text;
	event.len[which] = (uint32_t)strlen(text);
}

static void
set_up(void)
{
	event =
	    (struct event){.kind = EVENT_ACCEPTED, .received_ms = 1700000000000, .body = "{\"x\":1}", .body_len = 7};
	for (int i = 0; i < EVENT_TEXTS; i++)
		set((enum event_text)i, "");
	set(EVENT_SOURCE, "shop");
	set(EVENT_TYPE, "a.b");
	set(EVENT_ID, "id 7");
	set(EVENT_KEY, "sid 7\x01");
	set(EVENT_CONTENT_TYPE, "application/json");
	event.env[0] = (struct event_variable){"CUSTOMER", "c-1", 8, 3};
	event.nenv = 1;
}

static int
make(void)
{
	const struct launch launch = {
	    .token = 9, .number = 12, .attempt = 3, .source = &source, .hook = &hook, .event = &event};

	return launch_make(&message, &launch);
}

/* As the runner does. */
static void
read_message(void)
{
	static unsigned char bytes[RUN_MESSAGE_MAX];
	struct account same = {.uid = ACCOUNT_SAME};

	ck_assert_int_eq(make(), 0);
	memcpy(bytes, message.bytes, message.len);
	ck_assert_int_eq(run_decode_start(&run, bytes, message.len, &(struct accounts){&same, 1}), 0);
}

START_TEST(a_hook_sees_its_event_and_nothing_of_the_spoolers)
{
	ck_assert_int_eq(setenv("OF_THE_SPOOLER", "1", 1), 0);
	read_message();
	ck_assert_uint_eq(run.token, 9);
	ck_assert_uint_eq(run.number, 12);
	ck_assert_str_eq(run.arguments[0], "/bin/hook");
	ck_assert_str_eq(run.arguments[1], "-v");
	ck_assert_ptr_null(run.arguments[2]);
	ck_assert_str_eq(runner_end_variable(&run, "HOOKSPOOL_SOURCE"), "shop");
	ck_assert_str_eq(runner_end_variable(&run, "HOOKSPOOL_HOOK"), "a.*");
	ck_assert_str_eq(runner_end_variable(&run, "HOOKSPOOL_NUMBER"), "12");
	ck_assert_str_eq(runner_end_variable(&run, "HOOKSPOOL_EVENT"), "a.b");
	ck_assert_str_eq(runner_end_variable(&run, "HOOKSPOOL_ID"), "id 7");
	ck_assert_str_eq(runner_end_variable(&run, "HOOKSPOOL_CONTENT_TYPE"), "application/json");
	ck_assert_str_eq(runner_end_variable(&run, "HOOKSPOOL_ATTEMPT"), "3");
	ck_assert_str_eq(runner_end_variable(&run, "CUSTOMER"), "c-1");
	ck_assert_str_eq(run.variables[0], RUN_PATH);
	ck_assert_ptr_null(runner_end_variable(&run, "OF_THE_SPOOLER"));
	ck_assert_str_eq(run.label, "event 12: shop/a.*");
	close(message.body);
}
END_TEST

START_TEST(what_the_hook_is_configured_with_goes_with_it)
{
	read_message();
	ck_assert_uint_eq(run.timeout_ms, 5000);
	ck_assert_uint_eq(run.grace_ms, 1000);
	ck_assert_uint_eq(run.output_max, 4096);
	ck_assert_uint_eq(run.umask, 027);
	ck_assert_uint_eq(run.nice, 3);
	ck_assert_str_eq(run.directory, "/");
	close(message.body);
}
END_TEST

START_TEST(the_body_can_be_read_from_its_beginning_and_not_be_changed)
{
	char bytes[16];

	ck_assert_int_eq(make(), 0);
	ck_assert_int_eq(read(message.body, bytes, sizeof bytes), 7);
	ck_assert_mem_eq(bytes, "{\"x\":1}", 7);
	ck_assert_int_eq(write(message.body, "y", 1), -1);
	ck_assert_int_eq(errno, EPERM);
	ck_assert_int_eq(ftruncate(message.body, 1), -1);
	ck_assert_int_ne(fcntl(message.body, F_GETFD) & FD_CLOEXEC, 0);
	close(message.body);
}
END_TEST

START_TEST(the_key_is_the_same_for_the_same_webhook)
{
	char first[128];

	read_message();
	strcpy(first, runner_end_variable(&run, "HOOKSPOOL_KEY"));
	close(message.body);
	read_message();
	ck_assert_str_eq(runner_end_variable(&run, "HOOKSPOOL_KEY"), first);
	close(message.body);
	set(EVENT_KEY, "sid 8\x01");
	read_message();
	ck_assert_str_ne(runner_end_variable(&run, "HOOKSPOOL_KEY"), first);
	close(message.body);
}
END_TEST

START_TEST(an_environment_that_does_not_fit_is_refused)
{
	memset(huge, 'x', sizeof huge);
	for (event.nenv = 0; event.nenv < 3; event.nenv++)
		event.env[event.nenv] = (struct event_variable){"CUSTOMER", huge, 8, sizeof huge};
	ck_assert_int_eq(make(), -1);
	ck_assert_int_eq(errno, E2BIG);
	ck_assert_int_eq(message.body, -1);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("launch");
	TCase *messages = tcase_create("messages");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(messages, set_up, NULL);
	tcase_add_test(messages, a_hook_sees_its_event_and_nothing_of_the_spoolers);
	tcase_add_test(messages, what_the_hook_is_configured_with_goes_with_it);
	tcase_add_test(messages, the_body_can_be_read_from_its_beginning_and_not_be_changed);
	tcase_add_test(messages, the_key_is_the_same_for_the_same_webhook);
	tcase_add_test(messages, an_environment_that_does_not_fit_is_refused);
	suite_add_tcase(suite, messages);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
