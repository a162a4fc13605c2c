/* A listening socket, with some who knock. */
#include <check.h>
#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "../../src/spooler/door.h"

static struct event_base *base;
static struct door *door;
static struct sockaddr_un address = {.sun_family = AF_UNIX};
static socklen_t address_size;
static int came[16], failed_why;
static size_t n;

static void
on_came(void *context, int socket)
{
	ck_assert_ptr_eq(context, &base);
	came[n++] = socket;
}

static void
on_failed(void *context, int why)
{
	ck_assert_ptr_eq(context, &base);
	failed_why = why;
}

static void
set_up(void)
{
	const struct door_owner owner = {&base, on_came, on_failed};
	int listening = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	address_size = sizeof address.sun_family; /* the kernel finds a name that nobody has */
	ck_assert_int_eq(bind(listening, (struct sockaddr *)&address, address_size), 0);
	address_size = sizeof address;
	ck_assert_int_eq(getsockname(listening, (struct sockaddr *)&address, &address_size), 0);
	ck_assert_int_eq(listen(listening, 8), 0);
	ck_assert_ptr_nonnull(base = event_base_new());
	ck_assert_ptr_nonnull(door = door_new(base, listening, &owner));
}

static void
tear_down(void)
{
	for (size_t i = 0; i < n; i++)
		close(came[i]);
	door_free(door);
	event_base_free(base);
}

static int
knock(void)
{
	int client = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	ck_assert_int_ge(client, 0);
	ck_assert_int_eq(connect(client, (struct sockaddr *)&address, address_size), 0);
	return client;
}

static void
turn(void)
{
	event_base_loop(base, EVLOOP_NONBLOCK | EVLOOP_ONCE);
}

START_TEST(one_is_taken_in_a_turn)
{
	for (int i = 0; i < 3; i++)
		knock();
	for (size_t i = 1; i <= 3; i++) {
		turn();
		ck_assert_uint_eq(n, i);
	}
	turn();
	ck_assert_uint_eq(n, 3);
}
END_TEST

START_TEST(who_is_taken_does_not_block_and_is_closed_on_exec)
{
	knock();
	turn();
	ck_assert_uint_eq(n, 1);
	ck_assert_int_ne(fcntl(came[0], F_GETFL) & O_NONBLOCK, 0);
	ck_assert_int_ne(fcntl(came[0], F_GETFD) & FD_CLOEXEC, 0);
}
END_TEST

START_TEST(a_shut_door_takes_nobody)
{
	door_shut(door);
	knock();
	turn();
	ck_assert_uint_eq(n, 0);
}
END_TEST

START_TEST(without_descriptors_they_wait)
{
	struct rlimit limit, none;

	knock();
	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
	none = (struct rlimit){0, limit.rlim_max};
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
	turn();
	ck_assert_int_eq(failed_why, EMFILE);
	ck_assert_uint_eq(n, 0);
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
	turn();
	ck_assert_uint_eq(n, 1);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("door");
	TCase *doors = tcase_create("doors");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(doors, set_up, tear_down);
	tcase_add_test(doors, one_is_taken_in_a_turn);
	tcase_add_test(doors, who_is_taken_does_not_block_and_is_closed_on_exec);
	tcase_add_test(doors, a_shut_door_takes_nobody);
	tcase_add_test(doors, without_descriptors_they_wait);
	suite_add_tcase(suite, doors);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
