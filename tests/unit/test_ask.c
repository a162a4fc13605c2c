/* The command's end of the control socket. */
#include <check.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../../src/cli/ask.h"

static FILE *stream;
static int spooler;

static void
set_up(void)
{
	int pair[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	ck_assert_ptr_nonnull(stream = fdopen(pair[0], "r+"));
	spooler = pair[1];
}

static void
tear_down(void)
{
	fclose(stream);
}

START_TEST(a_request_is_a_line)
{
	char line[64];
	struct json_object *request = ask_about("show");

	ask_add(request, "hook", NULL);
	ask_add(request, "source", "x");
	ck_assert_int_eq(ask_send(stream, request), 0);
	ck_assert_int_eq(read(spooler, line, sizeof line), (ssize_t)strlen("{\"verb\":\"show\",\"source\":\"x\"}\n"));
	ck_assert_mem_eq(
	    line, "{\"verb\":\"show\",\"source\":\"x\"}\n", strlen("{\"verb\":\"show\",\"source\":\"x\"}\n"));
	close(spooler);
}
END_TEST

/* And not by a signal. */
START_TEST(who_was_turned_away_is_told)
{
	close(spooler);
	ck_assert_int_eq(ask_send(stream, ask_about("status")), -1);
}
END_TEST

START_TEST(an_end_without_an_answer_is_none)
{
	close(spooler);
	ck_assert_ptr_null(ask_receive(stream));
}
END_TEST

START_TEST(an_error_is_told_and_no_answer)
{
	static const char line[] = "{\"error\":\"not-found\",\"message\":\"no such event\"}\n";

	ck_assert_int_eq(write(spooler, line, sizeof line - 1), (ssize_t)sizeof line - 1);
	ck_assert_ptr_null(ask_receive(stream));
	close(spooler);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("ask");
	TCase *tc = tcase_create("ask");
	SRunner *runner;
	int failed;

	suite_add_tcase(suite, tc);
	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, a_request_is_a_line);
	tcase_add_test(tc, who_was_turned_away_is_told);
	tcase_add_test(tc, an_end_without_an_answer_is_none);
	tcase_add_test(tc, an_error_is_told_and_no_answer);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
