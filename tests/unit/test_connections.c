/* The web server's connections, and the time that a body may take: with real sockets. */
#include <check.h>
#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "../../src/responder/connections.h"
#include "../../src/responder/read_limit.h"
#include "../../src/responder/request.h"

#define MANY 100

static struct read_limit limit;
static int pair[2];
static struct sockaddr_un address = {.sun_family = AF_UNIX};
static struct connections *connections;
static struct request requests[MANY];

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

/* As the web server leaves it: a listening socket at descriptor 0. */
static void
listen_at_0(void)
{
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	snprintf(address.sun_path, sizeof address.sun_path, "/tmp/hookspool-connections.%d", (int)getpid());
	unlink(address.sun_path);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
	ck_assert_int_eq(listen(fd, MANY), 0);
	ck_assert_int_eq(dup2(fd, 0), 0);
	close(fd);
	ck_assert_ptr_nonnull(connections = connections_new());
}

static void
remove_socket(void)
{
	unlink(address.sun_path);
}

static int
connect_to_it(void)
{
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	ck_assert_int_eq(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
	return fd;
}

/* The other end of a new connection, kept for REQUEST. */
static int
keep_new(struct request *request)
{
	struct request *kept;
	int server = connect_to_it(), fd = connections_next(connections, &kept);

	ck_assert_int_ge(fd, 0);
	ck_assert_ptr_null(kept);
	ck_assert_int_eq(connections_keep(connections, request, fd), 0);
	return server;
}

static struct request *
next_kept(void)
{
	struct request *kept;

	ck_assert_int_eq(connections_next(connections, &kept), -1);
	return kept;
}

START_TEST(a_new_connection_is_taken)
{
	struct request *kept;
	int server = connect_to_it(), fd = connections_next(connections, &kept);

	ck_assert_int_ge(fd, 0);
	ck_assert_ptr_null(kept);
	ck_assert_int_eq(write(server, "x", 1), 1);
	ck_assert_int_eq(next_byte(fd), 'x');
}
END_TEST

START_TEST(a_kept_one_comes_when_there_is_something_to_read)
{
	int server = keep_new(&requests[0]);

	ck_assert_int_eq(write(server, "x", 1), 1);
	ck_assert_ptr_eq(next_kept(), &requests[0]);
}
END_TEST

START_TEST(and_when_the_server_has_closed_it)
{
	close(keep_new(&requests[0]));
	ck_assert_ptr_eq(next_kept(), &requests[0]);
}
END_TEST

/* Its thread has it: no other must get it, though it still has something to read. */
START_TEST(it_comes_once_until_it_is_kept_again)
{
	struct request *kept;
	int server = connect_to_it(), fd = connections_next(connections, &kept), other;

	ck_assert_int_eq(connections_keep(connections, &requests[0], fd), 0);
	ck_assert_int_eq(write(server, "x", 1), 1);
	ck_assert_ptr_eq(next_kept(), &requests[0]);
	other = connect_to_it();
	ck_assert_int_ge(connections_next(connections, &kept), 0);
	ck_assert_ptr_null(kept);
	ck_assert_int_eq(connections_keep(connections, &requests[0], fd), 0);
	ck_assert_ptr_eq(next_kept(), &requests[0]);
	close(other);
}
END_TEST

START_TEST(many_silent_ones_are_in_nobodys_way)
{
	int servers[MANY];
	struct request *kept;

	for (size_t i = 0; i < MANY; i++)
		servers[i] = keep_new(&requests[i]);
	connect_to_it();
	ck_assert_int_ge(connections_next(connections, &kept), 0);
	for (size_t i = MANY; i-- > 0;) {
		ck_assert_int_eq(write(servers[i], "x", 1), 1);
		ck_assert_ptr_eq(next_kept(), &requests[i]);
	}
}
END_TEST

/* Several processes share the socket: whoever is late is told, and waits on. */
START_TEST(a_connection_that_another_took_is_none)
{
	struct request *kept;
	int server = connect_to_it();

	close(accept(0, NULL, NULL));
	close(server);
	server = keep_new(&requests[0]);
	ck_assert_int_eq(write(server, "x", 1), 1);
	ck_assert_int_eq(connections_next(connections, &kept), -1);
	ck_assert_ptr_eq(kept, &requests[0]);
}
END_TEST

START_TEST(what_is_closed_can_not_be_kept)
{
	int fd = dup(1);

	close(fd);
	ck_assert_int_eq(connections_keep(connections, &requests[0], fd), -1);
	ck_assert_int_eq(errno, EBADF);
}
END_TEST

START_TEST(without_a_listening_socket_there_are_none)
{
	close(0);
	ck_assert_ptr_null(connections_new());
	ck_assert_int_eq(errno, EBADF);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("connections");
	TCase *limits = tcase_create("read_limit"), *tc = tcase_create("connections");
	SRunner *runner;
	int failed;

	suite_add_tcase(suite, limits);
	tcase_add_checked_fixture(limits, make_limit, NULL);
	tcase_add_test(limits, a_body_that_takes_too_long_is_ended);
	tcase_add_test(limits, the_sender_of_such_a_body_can_still_be_answered);
	tcase_add_test(limits, one_that_is_in_time_is_left);
	tcase_add_test(limits, what_was_read_has_no_limit_any_more);
	tcase_add_test(limits, the_next_body_has_its_own_time);
	tcase_add_test(limits, a_connection_that_got_the_number_is_not_hit);
	tcase_add_test(limits, after_it_the_connection_is_only_its_owners);
	tcase_add_test(limits, what_comes_all_the_same_is_cut_off);
	tcase_add_test(limits, nothing_is_limited_without_a_descriptor);
	tcase_add_test(limits, a_thread_that_waits_in_read_is_woken);
	suite_add_tcase(suite, tc);
	tcase_add_checked_fixture(tc, listen_at_0, remove_socket);
	tcase_add_test(tc, a_new_connection_is_taken);
	tcase_add_test(tc, a_kept_one_comes_when_there_is_something_to_read);
	tcase_add_test(tc, and_when_the_server_has_closed_it);
	tcase_add_test(tc, it_comes_once_until_it_is_kept_again);
	tcase_add_test(tc, many_silent_ones_are_in_nobodys_way);
	tcase_add_test(tc, a_connection_that_another_took_is_none);
	tcase_add_test(tc, what_is_closed_can_not_be_kept);
	tcase_add_test(tc, without_a_listening_socket_there_are_none);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
