/* The submit socket: who comes has a place, or one that can be spared makes way. */
#include <check.h>
#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
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
set_up(void)
{
	int listening = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	spooled_set_up();
	address_size = sizeof address.sun_family; /* the kernel finds a name that nobody has */
	ck_assert_int_eq(bind(listening, (struct sockaddr *)&address, address_size), 0);
	address_size = sizeof address;
	ck_assert_int_eq(getsockname(listening, (struct sockaddr *)&address, &address_size), 0);
	ck_assert_int_eq(listen(listening, 8), 0);
	ck_assert_ptr_nonnull(listener = listener_new(&spooled, listening));
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
come(int i, bool greet)
{
	unsigned char hello[SUBMIT_HELLO_SIZE];

	responders[i] = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	ck_assert_int_eq(connect(responders[i], (struct sockaddr *)&address, address_size), 0);
	submit_put_hello(hello);
	if (greet)
		ck_assert_int_eq(send(responders[i], hello, sizeof hello, MSG_NOSIGNAL), sizeof hello);
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
