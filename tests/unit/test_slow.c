/* Requests that have to be waited for: real threads and sockets, no spooler. */
#include <check.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "../../src/lib/clock.h"
#include "../../src/lib/log.h"
#include "../../src/responder/request.h"
#include "../../src/responder/rules.h"
#include "../../src/responder/slow.h"
#include "fastcgi.h"
#include "sent.h"

#define STALLED 200

static struct rules_book book;
static struct slow *slow;
static struct conf *conf;
static struct fastcgi fastcgi;
static char body[60000];
static int wake;
static struct request *requests[STALLED + 1]; /* those that were given */
static size_t nrequests;

static void
set_up(void)
{
	signal(SIGPIPE, SIG_IGN);
	ck_assert_int_eq(log_open("test", "/dev/null"), 0);
	ck_assert_int_eq(FCGX_Init(), 0);
	conf = sent_conf("source 's' { path = '/s' unsigned = true event = 'body:/type' id = 'body:/id' }\n");
	ck_assert_int_eq(rules_book_init(&book, conf), 0);
	ck_assert_int_ne(wake = eventfd(0, EFD_NONBLOCK), -1);
	ck_assert_ptr_nonnull(slow = slow_new(&book, 2, wake));
	memset(body, ' ', sizeof body);
	memcpy(body, "{\"type\":\"t\",\"id\":1}", 19);
	fastcgi_post(&fastcgi, true, "/s", body, sizeof body);
	fastcgi_listen();
}

static void
tear_down(void)
{
	fastcgi_close();
	sent_clean();
}

/*
 * Have a request over a new connection read; what the server has sent is its first SENT bytes.  Returns the server's
 * end.
 */
static int
give(size_t sent)
{
	struct request *request = requests[nrequests++] = request_new(false);
	int server = fastcgi_connect(), fd = accept4(0, NULL, NULL, SOCK_NONBLOCK);

	ck_assert_ptr_nonnull(request);
	request_attach(request, fd);
	request->since_ms = clock_monotonic_ms();
	fastcgi_send(&fastcgi, server, 0, sent);
	slow_give(slow, request);
	return server;
}

/* The next that is given back. */
static struct request *
take(void)
{
	struct pollfd fd = {.fd = wake, .events = POLLIN};
	struct request *request;

	while ((request = slow_take(slow)) == NULL) {
		slow_look(slow);
		poll(&fd, 1, SLOW_LOOK_MS);
		(void)!read(wake, &(uint64_t){0}, sizeof(uint64_t));
	}
	return request;
}

START_TEST(a_long_one_is_read_and_judged)
{
	int server = give(fastcgi.len);
	struct request *request;

	ck_assert(slow_busy(slow));
	request = take();
	ck_assert(!slow_busy(slow));
	ck_assert_int_eq(request->judged, JUDGED_STORE);
	ck_assert_uint_eq(request->body.len, sizeof body);
	ck_assert_mem_eq(request->body.bytes, body, sizeof body);
	ck_assert_str_eq(fastcgi_reply(server, false), "");
}
END_TEST

START_TEST(its_connection_does_not_block_any_more)
{
	give(fastcgi.len);
	ck_assert_int_ne(fcntl(request_connection(take()), F_GETFL) & O_NONBLOCK, 0);
}
END_TEST

START_TEST(the_rest_of_it_is_waited_for)
{
	int server = give(40000);

	slow_look(slow);
	ck_assert_ptr_null(slow_take(slow));
	fastcgi_send(&fastcgi, server, 40000, fastcgi.len);
	ck_assert_int_eq(take()->judged, JUDGED_STORE);
}
END_TEST

START_TEST(a_body_that_does_not_come_in_time_is_408)
{
	struct request *request;
	int server;

	conf->read_deadline_ms = 30;
	server = give(40000);
	request = take();
	ck_assert_int_eq(request->judged, JUDGED_DONE);
	ck_assert_ptr_nonnull(strstr(fastcgi_reply(server, true), "Status: 408"));
}
END_TEST

START_TEST(what_it_has_waited_for_elsewhere_counts)
{
	struct request *request = request_new(false);
	int server = fastcgi_connect();

	request_attach(request, accept4(0, NULL, NULL, SOCK_NONBLOCK));
	conf->read_deadline_ms = 600000;
	request->since_ms = clock_monotonic_ms() - 600000;
	fastcgi_send(&fastcgi, server, 0, 40000);
	slow_give(slow, request);
	ck_assert_ptr_eq(take(), request);
	ck_assert_ptr_nonnull(strstr(fastcgi_reply(server, true), "Status: 408"));
}
END_TEST

START_TEST(parameters_that_do_not_come_in_time_end_the_connection)
{
	conf->read_deadline_ms = 30;
	give(30);
	ck_assert_int_eq(request_connection(take()), -1);
}
END_TEST

/* None of them is near its deadline. */
START_TEST(others_are_read_behind_any_number_that_stalls)
{
	bool judged = false;

	for (int i = 0; i < STALLED; i++)
		give(40000);
	give(fastcgi.len);
	while (!judged)
		for (struct request *request = take(); request != NULL; request = request->next)
			judged |= request->judged == JUDGED_STORE;
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("slow");
	TCase *tc = tcase_create("slow");
	SRunner *runner;
	int failed;

	suite_add_tcase(suite, tc);
	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, a_long_one_is_read_and_judged);
	tcase_add_test(tc, its_connection_does_not_block_any_more);
	tcase_add_test(tc, the_rest_of_it_is_waited_for);
	tcase_add_test(tc, a_body_that_does_not_come_in_time_is_408);
	tcase_add_test(tc, what_it_has_waited_for_elsewhere_counts);
	tcase_add_test(tc, parameters_that_do_not_come_in_time_end_the_connection);
	tcase_add_test(tc, others_are_read_behind_any_number_that_stalls);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
