/* The pipes of a hook's outputs. */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "../../src/runner/pipes.h"

static unsigned
open_descriptors(void)
{
	unsigned n = 0;

	for (int fd = 0; fd < 64; fd++)
		n += fcntl(fd, F_GETFD) != -1;
	return n;
}

START_TEST(what_is_written_can_be_read_and_only_reading_does_not_block)
{
	struct pipes pipes;
	char byte;

	ck_assert_int_eq(pipes_open(&pipes, 0), 0);
	ck_assert_int_eq(pipes.hook.body, 0);
	ck_assert_int_eq(read(pipes.out, &byte, 1), -1);
	ck_assert_int_eq(errno, EAGAIN);
	ck_assert_int_eq(fcntl(pipes.hook.out, F_GETFL) & O_NONBLOCK, 0);
	ck_assert_int_eq(fcntl(pipes.hook.err, F_GETFL) & O_NONBLOCK, 0);
	ck_assert_int_eq(write(pipes.hook.out, "o", 1), 1);
	ck_assert_int_eq(write(pipes.hook.err, "e", 1), 1);
	ck_assert(read(pipes.out, &byte, 1) == 1 && byte == 'o');
	ck_assert(read(pipes.err, &byte, 1) == 1 && byte == 'e');
	pipes_close_hooks(&pipes);
	ck_assert_int_eq(read(pipes.out, &byte, 1), 0);
	ck_assert_int_eq(read(pipes.err, &byte, 1), 0);
}
END_TEST

START_TEST(nothing_stays_open)
{
	unsigned before = open_descriptors();
	struct pipes pipes;

	ck_assert_int_eq(pipes_open(&pipes, 0), 0);
	ck_assert_uint_eq(open_descriptors(), before + 4);
	pipes_close(&pipes);
	ck_assert_uint_eq(open_descriptors(), before);
}
END_TEST

START_TEST(without_descriptors_there_are_none)
{
	int next = dup(0);
	struct rlimit few = {(rlim_t)next + 3, (rlim_t)next + 3};
	unsigned before;
	struct pipes pipes;

	close(next);
	before = open_descriptors();
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &few), 0); /* one pipe, and no second */
	ck_assert_int_eq(pipes_open(&pipes, 0), -1);
	ck_assert_int_eq(errno, EMFILE);
	ck_assert_uint_eq(open_descriptors(), before);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("pipes");
	TCase *tc = tcase_create("pipes");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, tc);
	tcase_add_test(tc, what_is_written_can_be_read_and_only_reading_does_not_block);
	tcase_add_test(tc, nothing_stays_open);
	tcase_add_test(tc, without_descriptors_there_are_none);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
