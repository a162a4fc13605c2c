/* The time that a request may take to come: with real sockets. */
#include <check.h>
#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../../src/responder/read_limit.h"

static struct read_limit limit;
static int pair[2];

static void
make_limit(void)
{
	read_limit_init(&limit);
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
}

/* One byte, or -1: the end. */
static int
next_byte(int fd)
{
	unsigned char byte;

	return read(fd, &byte, 1) == 1 ? byte : -1;
}

START_TEST(a_body_that_takes_too_long_is_ended)
{
	ck_assert_int_eq(read_limit_begin(&limit, pair[0], 20), 0);
	usleep(30000);
	ck_assert_uint_ge(read_limit_look(&limit), 20);
	ck_assert_int_eq(next_byte(pair[0]), -1);
	ck_assert(read_limit_end(&limit));
}
END_TEST

START_TEST(the_sender_of_such_a_body_can_still_be_answered)
{
	ck_assert_int_eq(read_limit_begin(&limit, pair[0], 0), 0);
	read_limit_look(&limit);
	ck_assert_int_eq(write(pair[0], "4", 1), 1);
	ck_assert_int_eq(next_byte(pair[1]), '4');
}
END_TEST

START_TEST(one_that_is_in_time_is_left)
{
	ck_assert_int_eq(read_limit_begin(&limit, pair[0], 60000), 0);
	ck_assert_int_eq(write(pair[1], "x", 1), 1);
	read_limit_look(&limit);
	ck_assert_int_eq(next_byte(pair[0]), 'x');
	ck_assert(!read_limit_end(&limit));
}
END_TEST

START_TEST(what_was_read_has_no_limit_any_more)
{
	ck_assert_int_eq(read_limit_begin(&limit, pair[0], 0), 0);
	ck_assert(!read_limit_end(&limit));
	read_limit_expire(&limit);
	ck_assert_uint_eq(read_limit_look(&limit), 0);
	ck_assert_int_eq(write(pair[1], "x", 1), 1);
	ck_assert_int_eq(next_byte(pair[0]), 'x');
	ck_assert(!read_limit_end(&limit));
}
END_TEST

START_TEST(the_next_body_has_its_own_time)
{
	int other[2];

	ck_assert_int_eq(read_limit_begin(&limit, pair[0], 0), 0);
	read_limit_expire(&limit);
	ck_assert(read_limit_end(&limit));
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, other), 0);
	ck_assert_int_eq(read_limit_begin(&limit, other[0], 60000), 0);
	ck_assert_uint_lt(read_limit_look(&limit), 60000);
	ck_assert(!read_limit_end(&limit));
}
END_TEST

/* libfcgi closes a connection when it likes, and the next one gets its number. */
START_TEST(a_connection_that_got_the_number_is_not_hit)
{
	int other[2];

	ck_assert_int_eq(read_limit_begin(&limit, pair[0], 60000), 0);
	close(pair[0]);
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, other), 0);
	ck_assert_int_eq(other[0], pair[0]);
	ck_assert(read_limit_expire(&limit));
	ck_assert_int_eq(write(other[1], "x", 1), 1);
	ck_assert_int_eq(next_byte(other[0]), 'x');
	ck_assert(read_limit_end(&limit));
}
END_TEST

START_TEST(after_it_the_connection_is_only_its_owners)
{
	ck_assert_int_eq(read_limit_begin(&limit, pair[0], 60000), 0);
	close(pair[0]);
	ck_assert(!read_limit_end(&limit));
	ck_assert_int_eq(next_byte(pair[1]), -1);
}
END_TEST

START_TEST(what_comes_all_the_same_is_cut_off)
{
	ck_assert_int_eq(read_limit_begin(&limit, pair[0], 0), 0);
	read_limit_look(&limit);
	ck_assert(read_limit_ended(&limit));
	ck_assert_int_eq(write(pair[0], "4", 1), 1);
	limit.expired_ms -= READ_LIMIT_CUT_MS;
	read_limit_look(&limit);
	ck_assert_int_eq(send(pair[0], "4", 1, MSG_NOSIGNAL), -1);
	ck_assert(read_limit_end(&limit));
}
END_TEST

START_TEST(nothing_is_limited_without_a_descriptor)
{
	ck_assert_int_eq(read_limit_begin(&limit, -1, 0), -1);
	ck_assert_int_eq(errno, EBADF);
	ck_assert(!read_limit_expire(&limit));
	ck_assert(!read_limit_end(&limit));
}
END_TEST

static void *
read_one(void *argument)
{
	return (void *)(intptr_t)next_byte(*(int *)argument);
}

START_TEST(a_thread_that_waits_in_read_is_woken)
{
	pthread_t thread;
	void *result;

	ck_assert_int_eq(read_limit_begin(&limit, pair[0], 60000), 0);
	ck_assert_int_eq(pthread_create(&thread, NULL, read_one, &pair[0]), 0);
	usleep(10000);
	read_limit_expire(&limit);
	ck_assert_int_eq(pthread_join(thread, &result), 0);
	ck_assert_int_eq((intptr_t)result, -1);
	ck_assert(read_limit_end(&limit));
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("read_limit");
	TCase *tc = tcase_create("read_limit");
	SRunner *runner;
	int failed;

	suite_add_tcase(suite, tc);
	tcase_add_checked_fixture(tc, make_limit, NULL);
	tcase_add_test(tc, a_body_that_takes_too_long_is_ended);
	tcase_add_test(tc, the_sender_of_such_a_body_can_still_be_answered);
	tcase_add_test(tc, one_that_is_in_time_is_left);
	tcase_add_test(tc, what_was_read_has_no_limit_any_more);
	tcase_add_test(tc, the_next_body_has_its_own_time);
	tcase_add_test(tc, a_connection_that_got_the_number_is_not_hit);
	tcase_add_test(tc, after_it_the_connection_is_only_its_owners);
	tcase_add_test(tc, what_comes_all_the_same_is_cut_off);
	tcase_add_test(tc, nothing_is_limited_without_a_descriptor);
	tcase_add_test(tc, a_thread_that_waits_in_read_is_woken);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
