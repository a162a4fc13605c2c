/* The submit socket: who comes has a place, or one that can be spared makes way. */
#include <check.h>
#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../src/protocol/submit.h"
#include "../../src/spooler/listener.h"
#include "spooled.h"

#define PLACES 256 /* as in listener.c */

static struct listener *listener;
static struct sockaddr_un address = {.sun_family = AF_UNIX};
static socklen_t address_size;
static int responders[PLACES + 1];

static void
listen_anew(void)
{
	int listening = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	memset(address.sun_path, 0, sizeof address.sun_path);
	address_size = sizeof address.sun_family; /* the kernel finds a name that nobody has */
	ck_assert_int_eq(bind(listening, (struct sockaddr *)&address, address_size), 0);
	address_size = sizeof address;
	ck_assert_int_eq(getsockname(listening, (struct sockaddr *)&address, &address_size), 0);
	ck_assert_int_eq(listen(listening, 8), 0);
	ck_assert_ptr_nonnull(listener = listener_new(&spooled, listening));
}

static void
set_up(void)
{
	spooled_set_up();
	listen_anew();
	for (int i = 0; i <= PLACES; i++)
		responders[i] = -1;
}

static void
tear_down(void)
{
	listener_free(listener);
	for (int i = 0; i <= PLACES; i++)
		if (responders[i] != -1)
			close(responders[i]);
	spooled_tear_down();
}

static void
greet(int i)
{
	unsigned char hello[SUBMIT_HELLO_SIZE];

	submit_put_hello(hello);
	ck_assert_int_eq(send(responders[i], hello, sizeof hello, MSG_NOSIGNAL), sizeof hello);
	spooled_loop();
}

static void
come(int i, bool greets)
{
	responders[i] = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	ck_assert_int_eq(connect(responders[i], (struct sockaddr *)&address, address_size), 0);
	if (greets)
		greet(i);
	else
		spooled_loop();
}

/* The greeting is read; is there an end behind it? */
static bool
is_cut_off(int i)
{
	unsigned char hello[SUBMIT_HELLO_SIZE];

	return recv(responders[i], hello, sizeof hello, MSG_DONTWAIT) == 0 ||
	    recv(responders[i], hello, sizeof hello, MSG_DONTWAIT) == 0;
}

static bool
is_served(int i)
{
	unsigned char question[SUBMIT_WEBHOOK_SIZE], ack[SUBMIT_ACK_SIZE], hello[SUBMIT_HELLO_SIZE];

	submit_put_webhook(question, 1, 0);
	(void)!send(responders[i], question, sizeof question, MSG_NOSIGNAL);
	spooled_loop();
	return recv(responders[i], hello, sizeof hello, MSG_DONTWAIT) == sizeof hello &&
	    recv(responders[i], ack, sizeof ack, MSG_DONTWAIT) == sizeof ack;
}

START_TEST(whoever_comes_is_served)
{
	for (int i = 0; i < PLACES; i++)
		come(i, true);
	for (int i = 0; i < PLACES; i++)
		ck_assert(is_served(i));
}
END_TEST

START_TEST(a_stranger_makes_way_for_one_too_many)
{
	for (int i = 0; i < PLACES; i++)
		come(i, i != 100);
	come(PLACES, true);
	ck_assert(is_served(PLACES));
	ck_assert(is_cut_off(100));
	ck_assert(is_served(0));
	ck_assert(is_served(PLACES - 1));
}
END_TEST

START_TEST(a_process_with_many_makes_way_before_one_with_few)
{
	pid_t other;

	/* Another process is who has connected it, though this one has it now. */
	responders[0] = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if ((other = fork()) == 0)
		_exit(connect(responders[0], (struct sockaddr *)&address, address_size) == 0 ? 0 : 1);
	ck_assert_int_eq(waitpid(other, NULL, 0), other);
	greet(0);
	for (int i = 1; i <= PLACES; i++)
		come(i, true);
	ck_assert(is_served(0)); /* which has been idle for longest */
	ck_assert(is_cut_off(1));
	for (int i = 2; i <= PLACES; i++)
		ck_assert(is_served(i));
}
END_TEST

START_TEST(where_descriptors_are_few_the_spool_has_most_of_them)
{
	struct rlimit files, all;
	int here = 0;

	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &all), 0);
	files = (struct rlimit){200, all.rlim_max};
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &files), 0);
	listener_free(listener);
	listen_anew();
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &all), 0);
	for (int i = 0; i < 60; i++)
		come(i, true);
	for (int i = 0; i < 60; i++)
		here += is_served(i);
	ck_assert_int_eq(here, 50);
}
END_TEST

START_TEST(who_has_gone_leaves_a_place)
{
	for (int i = 0; i < PLACES; i++)
		come(i, true);
	close(responders[7]);
	responders[7] = -1;
	spooled_loop();
	come(PLACES, true);
	ck_assert(is_served(PLACES));
	for (int i = 0; i < PLACES; i++)
		ck_assert(i == 7 || is_served(i));
}
END_TEST

START_TEST(a_stopped_one_takes_nobody_and_nothing_more)
{
	come(0, true);
	listener_stop(listener);
	come(1, true);
	ck_assert(!is_served(0));
	ck_assert(!is_served(1));
}
END_TEST

START_TEST(who_has_hung_up_before_it_was_taken_takes_no_place)
{
	for (int i = 0; i < PLACES; i++) {
		responders[0] = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
		ck_assert_int_eq(connect(responders[0], (struct sockaddr *)&address, address_size), 0);
		close(responders[0]);
		spooled_loop();
	}
	for (int i = 0; i < PLACES; i++)
		come(i, true);
	for (int i = 0; i < PLACES; i++)
		ck_assert(is_served(i));
}
END_TEST

static uint64_t passed_ms; /* more than has really passed */

uint64_t __real_clock_monotonic_ms(void);
uint64_t __wrap_clock_monotonic_ms(void);

uint64_t
__wrap_clock_monotonic_ms(void)
{
	return __real_clock_monotonic_ms() + passed_ms;
}

START_TEST(who_has_not_greeted_in_time_is_ended)
{
	come(0, true);
	come(1, false);
	passed_ms = 10000;
	come(2, false);
	while (!is_cut_off(1)) /* it looks once a second */
		spooled_loop();
	ck_assert(is_served(0));
	ck_assert(!is_cut_off(2));
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("listener");
	TCase *places = tcase_create("places");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(places, set_up, tear_down);
	tcase_add_test(places, whoever_comes_is_served);
	tcase_add_test(places, a_stranger_makes_way_for_one_too_many);
	tcase_add_test(places, a_process_with_many_makes_way_before_one_with_few);
	tcase_add_test(places, where_descriptors_are_few_the_spool_has_most_of_them);
	tcase_add_test(places, who_has_gone_leaves_a_place);
	tcase_add_test(places, a_stopped_one_takes_nobody_and_nothing_more);
	tcase_add_test(places, who_has_hung_up_before_it_was_taken_takes_no_place);
	tcase_add_test(places, who_has_not_greeted_in_time_is_ended);
	suite_add_tcase(suite, places);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
