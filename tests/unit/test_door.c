/* A listening socket, with some who knock. */
#include <check.h>
#include <event2/event.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "../../src/lib/log.h"
#include "../../src/spooler/door.h"

#define TURN 16 /* as in door.c */

static struct event_base *base;
static struct door *door;
static struct sockaddr_un address = {.sun_family = AF_UNIX};
static socklen_t address_size;
static int came[64], log_file;
static size_t n;

static void
on_came(void *context, int socket)
{
	ck_assert_ptr_eq(context, &base);
	came[n++] = socket;
}

static void
set_up(void)
{
	const struct door_owner owner = {"test", &base, on_came};
	int listening = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	ck_assert_int_ge(log_file = memfd_create("log", MFD_CLOEXEC), 0);
	ck_assert_int_ne(dup2(log_file, STDERR_FILENO), -1);
	ck_assert_int_eq(log_open("test", "stderr"), 0);
	address_size = sizeof address.sun_family; /* the kernel finds a name that nobody has */
	ck_assert_int_eq(bind(listening, (struct sockaddr *)&address, address_size), 0);
	address_size = sizeof address;
	ck_assert_int_eq(getsockname(listening, (struct sockaddr *)&address, &address_size), 0);
	ck_assert_int_eq(listen(listening, 64), 0);
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

START_TEST(a_few_are_taken_in_a_turn)
{
	for (int i = 0; i < 2 * TURN + 1; i++)
		knock();
	for (size_t i = 1; i <= 2; i++) {
		turn();
		ck_assert_uint_eq(n, i * TURN);
	}
	turn();
	turn();
	ck_assert_uint_eq(n, 2 * TURN + 1);
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

static void
allow_descriptors(rlim_t more)
{
	struct rlimit limit;

	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
	limit.rlim_cur = more;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

static int
reads(const struct event_base *of, const struct event *event, void *argument)
{
	(void)of;
	*(bool *)argument |= (event_get_events(event) & EV_READ) != 0;
	return 0;
}

/* Does the loop wait for the socket, which stays readable? */
static bool
listens(void)
{
	bool any = false;

	event_base_foreach_event(base, reads, &any);
	return any;
}

static size_t
lines_in_the_log(void)
{
	char text[4096];
	ssize_t len = pread(log_file, text, sizeof text, 0);
	size_t lines = 0;

	for (ssize_t i = 0; i < len; i++)
		lines += text[i] == '\n';
	return lines;
}

START_TEST(without_descriptors_they_wait_and_keep_nobody_busy)
{
	knock();
	knock();
	allow_descriptors(0);
	turn();
	ck_assert(!listens());
	for (int i = 0; i < 3; i++) {
		event_base_loop(base, EVLOOP_ONCE); /* the pause is over */
		ck_assert(listens());
		turn();
		ck_assert(!listens());
	}
	ck_assert_uint_eq(n, 0);
	ck_assert_uint_eq(lines_in_the_log(), 1);
	allow_descriptors(64);
	while (n < 2)
		event_base_loop(base, EVLOOP_ONCE);
	turn();
	ck_assert(listens());
	ck_assert_uint_eq(lines_in_the_log(), 1);
}
END_TEST

START_TEST(a_door_that_is_shut_meanwhile_stays_shut)
{
	knock();
	allow_descriptors(0);
	turn();
	door_shut(door);
	allow_descriptors(64);
	event_base_loop(base, EVLOOP_ONCE); /* there is nothing to wait for */
	ck_assert_uint_eq(n, 0);
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
	tcase_add_test(doors, a_few_are_taken_in_a_turn);
	tcase_add_test(doors, who_is_taken_does_not_block_and_is_closed_on_exec);
	tcase_add_test(doors, a_shut_door_takes_nobody);
	tcase_add_test(doors, without_descriptors_they_wait_and_keep_nobody_busy);
	tcase_add_test(doors, a_door_that_is_shut_meanwhile_stays_shut);
	suite_add_tcase(suite, doors);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
