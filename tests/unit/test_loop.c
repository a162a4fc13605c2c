/* The loop between a web server and a spooler that both are the test: its own thread, real sockets. */
#include <check.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "../../src/lib/log.h"
#include "../../src/lib/wire.h"
#include "../../src/protocol/submit.h"
#include "../../src/responder/handover.h"
#include "../../src/responder/loop.h"
#include "../../src/responder/rules.h"
#include "fastcgi.h"
#include "sent.h"

#define MANY 20

static struct rules_book book;
static struct loop *loop;
static struct fastcgi fastcgi;
static int spooler; /* its end of the connection */
static struct sockaddr_un address = {.sun_family = AF_UNIX};

static void
receive(void *bytes, size_t len)
{
	ck_assert_int_eq(recv(spooler, bytes, len, MSG_WAITALL), (ssize_t)len);
}

/* Be the spooler: take the connection, and greet. */
static void
greet(int listener)
{
	unsigned char hello[SUBMIT_HELLO_SIZE];

	ck_assert_int_ne(spooler = accept(listener, NULL, NULL), -1);
	close(listener);
	receive(hello, sizeof hello);
	submit_put_hello(hello);
	ck_assert_int_eq(write(spooler, hello, sizeof hello), sizeof hello);
}

static void
set_up(void)
{
	struct conf *conf =
	    sent_conf("autostart = false\n"
		      "source 's' { path = '/s' unsigned = true event = 'body:/type' id = 'body:/id' }\n");
	struct handover_owner owner = {loop_done, loop_watch, NULL};
	struct handover *handover;
	int listener = socket(AF_UNIX, SOCK_STREAM, 0);

	signal(SIGPIPE, SIG_IGN);
	ck_assert_int_eq(log_open("test", "/dev/null"), 0);
	ck_assert_int_eq(FCGX_Init(), 0);
	fastcgi_listen();
	strcpy(address.sun_path, conf->socket);
	ck_assert_int_eq(bind(listener, (struct sockaddr *)&address, sizeof address), 0);
	ck_assert_int_eq(listen(listener, 1), 0);
	ck_assert_ptr_nonnull(owner.context = loop = loop_new(&book, 2));
	ck_assert_ptr_nonnull(handover = handover_new(conf, &owner));
	ck_assert_int_eq(rules_book_init(&book, conf), 0);
	ck_assert_int_eq(loop_begin(loop, handover), 0);
	greet(listener);
}

static void
tear_down(void)
{
	unlink(address.sun_path);
	fastcgi_close();
	sent_clean();
}

/* Post a webhook of LEN bytes over a new connection. */
static int
post(size_t len)
{
	static char body[40000];
	int server = fastcgi_connect();

	memset(body, ' ', sizeof body);
	memcpy(body, "{\"type\":\"t\",\"id\":1}", 19);
	fastcgi_post(&fastcgi, false, "/s", body, len);
	fastcgi_send(&fastcgi, server, 0, fastcgi.len);
	return server;
}

/* The sequence of the next webhook that is handed over; *LEN is its frame's length. */
static uint64_t
next(size_t *len)
{
	static unsigned char frame[65536];
	struct wire_reader r;

	receive(frame, SUBMIT_HEADER);
	*len = wire_u32_at(frame);
	ck_assert_uint_le(*len, sizeof frame);
	receive(frame + SUBMIT_HEADER, *len - 1);
	wire_reader_init(&r, frame + SUBMIT_HEADER, *len - 1);
	return wire_get_u64(&r);
}

static void
acknowledge(uint64_t sequence, uint64_t number)
{
	unsigned char ack[SUBMIT_ACK_SIZE];

	submit_put_ack(ack, sequence, SUBMIT_STORED, number);
	ck_assert_int_eq(write(spooler, ack, sizeof ack), sizeof ack);
}

START_TEST(a_webhook_is_handed_over_and_its_sender_gets_the_word)
{
	int server = post(100);
	size_t len;
	uint64_t sequence = next(&len);

	ck_assert_str_eq(fastcgi_reply(server, false), "");
	acknowledge(sequence, 42);
	ck_assert_ptr_nonnull(strstr(fastcgi_reply(server, true), "{\"status\":\"stored\",\"number\":42}"));
}
END_TEST

START_TEST(what_comes_while_a_group_is_under_way_follows_as_one)
{
	int servers[MANY];
	uint64_t sequences[MANY];
	size_t len;

	servers[0] = post(100);
	sequences[0] = next(&len);
	for (int i = 1; i < MANY; i++)
		servers[i] = post(100);
	usleep(5000);
	ck_assert_int_eq(recv(spooler, &len, 1, MSG_DONTWAIT | MSG_PEEK), -1);
	acknowledge(sequences[0], 1);
	for (int i = 1; i < MANY; i++)
		sequences[i] = next(&len);
	for (int i = MANY; i-- > 1;)
		acknowledge(sequences[i], (uint64_t)i);
	for (int i = 0; i < MANY; i++)
		ck_assert_ptr_nonnull(strstr(fastcgi_reply(servers[i], true), "\"stored\""));
}
END_TEST

START_TEST(a_long_one_comes_from_a_thread)
{
	int server = post(40000);
	size_t len;
	uint64_t sequence = next(&len);

	ck_assert_uint_gt(len, 40000);
	acknowledge(sequence, 7);
	ck_assert_ptr_nonnull(strstr(fastcgi_reply(server, true), "\"number\":7"));
}
END_TEST

START_TEST(those_that_stall_are_in_nobodys_way)
{
	size_t len;
	int server;

	fastcgi_post(&fastcgi, false, "/s", "{}", 2);
	for (int i = 0; i < MANY; i++)
		fastcgi_send(&fastcgi, fastcgi_connect(), 0, 30);
	server = post(100);
	acknowledge(next(&len), 3);
	ck_assert_ptr_nonnull(strstr(fastcgi_reply(server, true), "\"number\":3"));
}
END_TEST

START_TEST(a_lost_spooler_gets_it_again)
{
	int server = post(100), listener = socket(AF_UNIX, SOCK_STREAM, 0);
	size_t len;

	next(&len);
	unlink(address.sun_path);
	ck_assert_int_eq(bind(listener, (struct sockaddr *)&address, sizeof address), 0);
	ck_assert_int_eq(listen(listener, 1), 0);
	close(spooler);
	greet(listener);
	acknowledge(next(&len), 9);
	ck_assert_ptr_nonnull(strstr(fastcgi_reply(server, true), "\"number\":9"));
}
END_TEST

static void *
end(void *unused)
{
	loop_end(loop);
	return unused;
}

START_TEST(what_is_in_hand_has_its_reply_before_it_ends)
{
	int server = post(100);
	pthread_t thread;
	size_t len;
	uint64_t sequence = next(&len);

	ck_assert_int_eq(pthread_create(&thread, NULL, end, NULL), 0);
	usleep(10000); /* it would end by now */
	acknowledge(sequence, 5);
	ck_assert_ptr_nonnull(strstr(fastcgi_reply(server, true), "\"number\":5"));
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
}
END_TEST

START_TEST(once_it_ends_it_takes_no_more)
{
	int server;

	loop_end(loop);
	server = post(100);
	ck_assert_str_eq(fastcgi_reply(server, false), "");
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("loop");
	TCase *tc = tcase_create("loop");
	SRunner *runner;
	int failed;

	suite_add_tcase(suite, tc);
	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, a_webhook_is_handed_over_and_its_sender_gets_the_word);
	tcase_add_test(tc, what_comes_while_a_group_is_under_way_follows_as_one);
	tcase_add_test(tc, a_long_one_comes_from_a_thread);
	tcase_add_test(tc, those_that_stall_are_in_nobodys_way);
	tcase_add_test(tc, a_lost_spooler_gets_it_again);
	tcase_add_test(tc, what_is_in_hand_has_its_reply_before_it_ends);
	tcase_add_test(tc, once_it_ends_it_takes_no_more);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
