/* A run on its way to a worker is a copy, and closes its body. */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../src/runner/keeper.h"
#include "../../src/runner/task.h"
#include "spooler_end.h"

static unsigned char message[RUN_MESSAGE_MAX];

START_TEST(it_is_a_copy_of_its_own)
{
	size_t len = run_encode_start(end_run("exit 0", 7), message);
	int body = end_body("x", 1);
	struct task *task = task_new(message, len, body, means.terms->accounts);

	ck_assert_ptr_nonnull(task);
	memset(message, 'x', len);
	ck_assert_str_eq(task->run.arguments[2], "exit 0");
	ck_assert_uint_eq(task->run.number, 7);
	ck_assert_uint_eq(task->audience.token, 7);
	ck_assert(!task->audience.listens && task->audience.missed == 0);
	task_free(task);
	ck_assert_int_eq(fcntl(body, F_GETFD), -1);
}
END_TEST

START_TEST(what_is_no_run_is_refused)
{
	size_t len = run_encode_start(end_run("exit 0", 7), message);
	int body = end_body("x", 1);

	ck_assert_ptr_null(task_new(message, len - 1, body, means.terms->accounts));
	ck_assert_int_eq(errno, EPROTO);
	close(body);
	task_free(NULL);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("task");
	TCase *tc = tcase_create("task");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, tc);
	tcase_add_checked_fixture(tc, end_set_up, end_tear_down);
	tcase_add_test(tc, it_is_a_copy_of_its_own);
	tcase_add_test(tc, what_is_no_run_is_refused);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
