/* The web server's connections: real sockets, and a clock that the test sets. */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../../src/responder/connections.h"
#include "fastcgi.h"

#define MANY 100
#define LIMIT_MS 1000

static struct connections *connections;
static struct fastcgi fastcgi;
static uint64_t now = 5000;
static struct request *request;	       /* the last one that was given out, */
static struct request *all[10 * MANY]; /* of all of them */
static size_t nall;

static void
set_up(void)
{
	signal(SIGPIPE, SIG_IGN);
	fastcgi_listen();
	ck_assert_int_eq(FCGX_Init(), 0);
	ck_assert_ptr_nonnull(connections = connections_new());
	fastcgi_post(&fastcgi, true, "/s", "{}", 2);
}

/* A turn: the first that comes. */
static enum connection
turn(void)
{
	enum connection result;

	connections_wait(connections, 0);
	result = connections_next(connections, now, &request);
	if (nall < sizeof all / sizeof all[0])
		all[nall++] = request;
	return result;
}

static int
connect_and_send(size_t to)
{
	int fd = fastcgi_connect();

	fastcgi_send(&fastcgi, fd, 0, to);
	return fd;
}

/* The request that was given out has its reply, and its connection goes back. */
static void
reply(void)
{
	request_reply(request, "Status: 204 No Content\r\n\r\n", 26);
	connections_keep(connections, request);
}

static bool
has_ended(int fd)
{
	char byte;
	ssize_t n;

	while ((n = recv(fd, &byte, 1, MSG_DONTWAIT)) == 1)
		continue;
	return n == 0 || errno == ECONNRESET;
}

START_TEST(a_new_one_is_given_out_with_its_request)
{
	connect_and_send(fastcgi.len);
	ck_assert_int_eq(turn(), CONNECTION_WHOLE);
	ck_assert_str_eq(request_param(request, "REQUEST_URI"), "/s");
	ck_assert_int_eq(connections_next(connections, now, &request), CONNECTION_NONE);
}
END_TEST

START_TEST(its_request_is_waited_for_to_the_last_byte)
{
	int server = connect_and_send(0);

	for (size_t i = 0; i < fastcgi.len; i++) {
		ck_assert_int_eq(turn(), CONNECTION_NONE);
		ck_assert_uint_eq(connections->waiting.count, 1);
		fastcgi_send(&fastcgi, server, i, i + 1);
	}
	ck_assert_int_eq(turn(), CONNECTION_WHOLE);
	ck_assert_uint_eq(connections->waiting.count, 0);
}
END_TEST

/* What is not new is no reason to look again. */
START_TEST(part_of_a_request_wakes_nobody_twice)
{
	connect_and_send(20);
	ck_assert_int_eq(turn(), CONNECTION_NONE);
	ck_assert_int_eq(turn(), CONNECTION_NONE);
	connections_wait(connections, 0);
	ck_assert_int_eq(connections->nevents, 0);
}
END_TEST

START_TEST(a_long_request_is_for_a_thread_at_once)
{
	static const char body[CONNECTIONS_WHOLE_MAX];
	int server;

	fastcgi_post(&fastcgi, true, "/s", body, sizeof body);
	server = connect_and_send(31000); /* with the second record's header */
	ck_assert_int_eq(turn(), CONNECTION_SLOW);
	ck_assert_uint_eq(connections->waiting.count, 0);
	fastcgi_send(&fastcgi, server, 31000, fastcgi.len);
	ck_assert_int_eq(turn(), CONNECTION_NONE);
}
END_TEST

START_TEST(the_time_of_a_long_one_over_a_kept_connection_begins_with_it)
{
	static const char body[CONNECTIONS_WHOLE_MAX];
	int server = connect_and_send(fastcgi.len);

	ck_assert_int_eq(turn(), CONNECTION_WHOLE);
	reply();
	ck_assert_int_eq(turn(), CONNECTION_NONE);
	now += 100 * LIMIT_MS;
	fastcgi_post(&fastcgi, true, "/s", body, sizeof body);
	fastcgi_send(&fastcgi, server, 0, fastcgi.len);
	ck_assert_int_eq(turn(), CONNECTION_SLOW);
	ck_assert_uint_eq(request->since_ms, now);
}
END_TEST

START_TEST(one_that_lingers_is_for_a_thread_too)
{
	connect_and_send(20);
	ck_assert_int_eq(turn(), CONNECTION_NONE);
	now += CONNECTIONS_LINGER_MS - 1;
	ck_assert_ptr_null(connections_late(connections, now, LIMIT_MS));
	now++;
	ck_assert_ptr_nonnull(request = connections_late(connections, now, LIMIT_MS));
	ck_assert_int_ne(request_connection(request), -1);
	ck_assert_ptr_null(connections_late(connections, now, LIMIT_MS));
	ck_assert_uint_eq(connections->waiting.count, 0);
}
END_TEST

START_TEST(silence_needs_no_thread_and_ends_after_its_limit)
{
	int server = connect_and_send(0);

	ck_assert_int_eq(turn(), CONNECTION_NONE);
	now += LIMIT_MS - 1;
	ck_assert_ptr_null(connections_late(connections, now, LIMIT_MS));
	ck_assert(!has_ended(server));
	now++;
	ck_assert_ptr_null(connections_late(connections, now, LIMIT_MS));
	ck_assert(has_ended(server));
	ck_assert_uint_eq(connections->waiting.count, 0);
}
END_TEST

START_TEST(one_that_ends_early_is_given_out_as_far_as_it_came)
{
	enum connection result;

	close(connect_and_send(20));
	while ((result = turn()) == CONNECTION_NONE)
		continue;
	ck_assert_int_eq(result, CONNECTION_ENDED);
	ck_assert_int_eq(request_accept(request), -1);
	ck_assert(request_begun(request));
	ck_assert_int_eq(request_connection(request), -1);
	connections_keep(connections, request);
}
END_TEST

START_TEST(one_that_was_closed_before_it_began_is_forgotten)
{
	close(connect_and_send(0));
	ck_assert_int_eq(turn(), CONNECTION_NONE);
	ck_assert_int_eq(turn(), CONNECTION_NONE);
	ck_assert_uint_eq(connections->waiting.count, 0);
	ck_assert_ptr_nonnull(connections->spare);
}
END_TEST

START_TEST(a_kept_one_brings_the_next_request)
{
	int server = connect_and_send(fastcgi.len);

	for (int i = 0; i < 10; i++) {
		ck_assert_int_eq(turn(), CONNECTION_WHOLE);
		reply();
		ck_assert_ptr_nonnull(strstr(fastcgi_reply(server, true), "Status: 204"));
		ck_assert_int_eq(turn(), CONNECTION_NONE);
		ck_assert_uint_eq(connections->waiting.count, 0);
		fastcgi_send(&fastcgi, server, 0, fastcgi.len);
	}
}
END_TEST

START_TEST(a_kept_one_has_no_limit_between_two_requests_and_one_within)
{
	int server = connect_and_send(fastcgi.len);

	ck_assert_int_eq(turn(), CONNECTION_WHOLE);
	reply();
	now += 100 * LIMIT_MS;
	ck_assert_ptr_null(connections_late(connections, now, LIMIT_MS));
	fastcgi_send(&fastcgi, server, 0, 20);
	ck_assert_int_eq(turn(), CONNECTION_NONE);
	ck_assert_uint_eq(connections->waiting.count, 1);
	ck_assert_ptr_null(connections_late(connections, now, LIMIT_MS));
	ck_assert_ptr_nonnull(connections_late(connections, now + CONNECTIONS_LINGER_MS, LIMIT_MS));
}
END_TEST

START_TEST(what_came_while_it_was_in_hand_is_not_missed)
{
	int server = connect_and_send(fastcgi.len);

	ck_assert_int_eq(turn(), CONNECTION_WHOLE);
	reply();
	fastcgi_send(&fastcgi, server, 0, fastcgi.len);
	ck_assert_int_eq(turn(), CONNECTION_WHOLE);
	fastcgi_send(&fastcgi, server, 0, fastcgi.len);
	connections_wait(connections, 0); /* the event is gone with this */
	request_reply(request, "Status: 204 No Content\r\n\r\n", 26);
	connections_keep(connections, request);
	ck_assert_int_eq(turn(), CONNECTION_WHOLE);
}
END_TEST

START_TEST(a_kept_one_that_the_server_closes_is_forgotten_also_while_in_hand)
{
	int server = connect_and_send(fastcgi.len);

	ck_assert_int_eq(turn(), CONNECTION_WHOLE);
	reply();
	fastcgi_send(&fastcgi, server, 0, fastcgi.len);
	ck_assert_int_eq(turn(), CONNECTION_WHOLE);
	close(server);
	connections_wait(connections, 0);
	request_reply(request, "Status: 204 No Content\r\n\r\n", 26);
	connections_keep(connections, request);
	ck_assert_int_eq(turn(), CONNECTION_NONE);
	ck_assert_ptr_nonnull(connections->spare);
	ck_assert_int_eq(request_connection(connections->spare), -1);
}
END_TEST

START_TEST(a_server_that_does_not_read_blocks_nobody)
{
	static char text[REQUEST_TEXT_MAX];
	int server = connect_and_send(fastcgi.len), replies = 0;

	memset(text, 'x', sizeof text);
	memcpy(text, "Status: 200 OK\r\n\r\n", 18);
	while (turn() == CONNECTION_WHOLE) {
		request_reply(request, text, sizeof text);
		connections_keep(connections, request);
		replies++;
		if (request_connection(request) == -1)
			break;
		fastcgi_send(&fastcgi, server, 0, fastcgi.len);
	}
	ck_assert_int_gt(replies, 1);
	ck_assert_int_eq(request_connection(request), -1);
}
END_TEST

/* The same over libfcgi, as threads have it. */
START_TEST(nor_one_that_has_long_requests)
{
	static const char body[CONNECTIONS_WHOLE_MAX];
	static char text[REQUEST_TEXT_MAX] = "Status: 200 OK\r\n\r\n";
	int server, replies = 0;

	fastcgi_post(&fastcgi, true, "/s", body, sizeof body);
	server = connect_and_send(fastcgi.len);
	while (turn() == CONNECTION_SLOW) {
		struct request *slow = request;

		ck_assert_int_eq(request_accept(slow), 0);
		request_reply(slow, text, sizeof text);
		connections_keep(connections, slow);
		replies++;
		if (slow->state == REQUEST_SPARE)
			break;
		fastcgi_send(&fastcgi, server, 0, fastcgi.len);
	}
	ck_assert_int_gt(replies, 1);
	ck_assert_int_eq(request_connection(connections->spare), -1);
}
END_TEST

START_TEST(one_a_thread_had_is_waited_for_again)
{
	static const char body[CONNECTIONS_WHOLE_MAX];
	int server;

	fastcgi_post(&fastcgi, true, "/s", body, sizeof body);
	server = connect_and_send(fastcgi.len);
	ck_assert_int_eq(turn(), CONNECTION_SLOW);
	ck_assert_int_eq(request_may_block(request, true), 0);
	ck_assert_int_eq(request_accept(request), 0);
	ck_assert_int_eq(request_may_block(request, false), 0);
	request_reply(request, "Status: 204 No Content\r\n\r\n", 26);
	connections_keep(connections, request);
	ck_assert_int_eq(turn(), CONNECTION_NONE);
	fastcgi_post(&fastcgi, true, "/s", "{}", 2);
	fastcgi_send(&fastcgi, server, 0, fastcgi.len);
	ck_assert_int_eq(turn(), CONNECTION_WHOLE);
}
END_TEST

START_TEST(two_in_one_write_are_both_given_out)
{
	int server;

	memcpy(fastcgi.bytes + fastcgi.len, fastcgi.bytes, fastcgi.len);
	server = connect_and_send(2 * fastcgi.len);
	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(turn(), CONNECTION_WHOLE);
		reply();
		ck_assert_ptr_nonnull(strstr(fastcgi_reply(server, true), "Status: 204"));
	}
	ck_assert_int_eq(turn(), CONNECTION_NONE);
}
END_TEST

/* One that is known from an event and from before that is given out once, and its queue then is its own. */
START_TEST(others_are_not_forgotten_for_one_that_goes_into_a_queue)
{
	struct request *first, *second;
	int one = connect_and_send(fastcgi.len), two = connect_and_send(fastcgi.len);

	ck_assert_int_eq(turn(), CONNECTION_WHOLE);
	first = request;
	ck_assert_int_eq(connections_next(connections, now, &second), CONNECTION_WHOLE);
	fastcgi_send(&fastcgi, one, 0, fastcgi.len);
	connections_wait(connections, 0);
	reply(); /* FIRST: of its next request there will be no event */
	fastcgi_send(&fastcgi, two, 0, fastcgi.len);
	connections_wait(connections, 0);
	request = second;
	reply();
	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(
		    i == 0 ? (int)connections_next(connections, now, &request) : (int)turn(), CONNECTION_WHOLE);
		request->next = NULL; /* as the last one that is parked */
		ck_assert(request == first || request == second);
		if (request == first)
			return;
	}
	ck_abort_msg("the first one is lost");
}
END_TEST

START_TEST(one_that_is_half_closed_is_given_out_once)
{
	struct request *had;
	int server = connect_and_send(fastcgi.len);

	ck_assert_int_eq(turn(), CONNECTION_WHOLE);
	fastcgi_send(&fastcgi, server, 0, fastcgi.len);
	shutdown(server, SHUT_WR);
	connections_wait(connections, 0);
	reply();
	ck_assert_int_eq(turn(), CONNECTION_WHOLE);
	had = request;
	ck_assert_int_eq(turn(), CONNECTION_NONE);
	request = had;
	reply();
	ck_assert_int_eq(turn(), CONNECTION_NONE);
	ck_assert_int_eq(request_connection(had), -1);
	ck_assert_uint_eq(connections->nlisted, 0);
}
END_TEST

/* A long request that a thread has, not read. */
static int
long_one(size_t more)
{
	static const char body[90000];
	int server;

	fastcgi_post(&fastcgi, true, "/s", body, sizeof body);
	memcpy(fastcgi.bytes + fastcgi.len, fastcgi.bytes, more);
	server = connect_and_send(fastcgi.len + more);
	ck_assert_int_eq(turn(), CONNECTION_SLOW);
	ck_assert_int_eq(request_accept(request), 0);
	return server;
}

/* What is left of a body would be read as the sender's own records. */
START_TEST(one_that_was_not_read_to_its_end_is_never_kept)
{
	struct request *had;
	int server = long_one(0);

	had = request;
	request->drained = true; /* as much of it as is ever read */
	reply();
	ck_assert_ptr_nonnull(strstr(fastcgi_reply(server, true), "Status: 204"));
	ck_assert(has_ended(server)); /* the server sees it, and can still write */
	fastcgi_post(&fastcgi, true, "/s", "{}", 2);
	fastcgi_send(&fastcgi, server, 0, fastcgi.len);
	for (int i = 0; i < 10; i++)
		ck_assert_int_eq(turn(), CONNECTION_NONE);
	ck_assert(connections_busy(connections));
	ck_assert_int_ne(request_connection(had), -1);
	now += CONNECTIONS_END_MS;
	ck_assert_ptr_null(connections_late(connections, now, 100 * LIMIT_MS));
	ck_assert_int_eq(request_connection(had), -1);
	ck_assert(!connections_busy(connections));
}
END_TEST

START_TEST(it_is_closed_at_once_when_the_server_closes_it)
{
	struct request *had;
	int server = long_one(0);

	had = request;
	request->drained = true;
	reply();
	close(server);
	for (int i = 0; i < 10; i++)
		ck_assert_int_eq(turn(), CONNECTION_NONE);
	ck_assert_int_eq(request_connection(had), -1);
	ck_assert_uint_eq(connections->waiting.count, 0);
}
END_TEST

START_TEST(what_libfcgi_has_read_beyond_a_request_ends_its_connection)
{
	for (size_t more = 1; more < 40; more++) {
		int server = long_one(more);

		reply();
		ck_assert_ptr_nonnull(strstr(fastcgi_reply(server, true), "Status: 204"));
		ck_assert_int_eq(request_connection(request), -1);
		close(server);
	}
}
END_TEST

START_TEST(memory_of_a_long_one_is_given_back)
{
	long_one(0);
	ck_assert_int_eq(request_read_body(request, "90000", 90000), REQUEST_BODY_OK);
	ck_assert_uint_gt(request->body.size, 90000);
	reply();
	ck_assert_int_eq(request->state, REQUEST_KEPT);
	ck_assert_uint_eq(request->body.size, 0);
}
END_TEST

START_TEST(kept_ones_that_are_idle_give_way_before_those_that_wait)
{
	int kept[3], silent, fd;

	silent = connect_and_send(0);
	ck_assert_int_eq(turn(), CONNECTION_NONE);
	for (int i = 0; i < 3; i++) {
		kept[i] = connect_and_send(fastcgi.len);
		ck_assert_int_eq(turn(), CONNECTION_WHOLE);
		reply();
	}
	fd = dup(1);
	close(fd); /* the lowest that is free */
	connections->descriptors = fd;
	now += 100;
	fastcgi_send(&fastcgi, kept[0], 0, 10); /* in use, and nobody has seen it yet */
	connections->came[CONNECTIONS_LISTENER] = true;
	fastcgi_send(&fastcgi, fastcgi_connect(), 0, fastcgi.len);
	ck_assert_int_eq(connections_next(connections, now, &request), CONNECTION_WHOLE);
	ck_assert(!has_ended(silent));
	fastcgi_reply(kept[0], true);
	ck_assert(!has_ended(kept[0]));
	ck_assert(has_ended(kept[1]));
	ck_assert(!has_ended(kept[2]));
}
END_TEST

START_TEST(a_silent_one_is_no_request_in_hand)
{
	connect_and_send(0);
	ck_assert_int_eq(turn(), CONNECTION_NONE);
	ck_assert_uint_eq(connections->waiting.count, 1);
	ck_assert(!connections_busy(connections));
	connect_and_send(20);
	ck_assert_int_eq(turn(), CONNECTION_NONE);
	ck_assert(connections_busy(connections));
}
END_TEST

START_TEST(many_silent_ones_are_in_nobodys_way)
{
	int server;

	for (size_t i = 0; i < MANY; i++) {
		connect_and_send(0);
		ck_assert_int_eq(turn(), CONNECTION_NONE);
	}
	ck_assert_uint_eq(connections->waiting.count, MANY);
	server = connect_and_send(fastcgi.len);
	ck_assert_int_eq(turn(), CONNECTION_WHOLE);
	reply();
	ck_assert_ptr_nonnull(strstr(fastcgi_reply(server, true), "Status: 204"));
}
END_TEST

START_TEST(so_many_are_accepted_in_one_turn)
{
	static struct request *taken[MANY];
	size_t n = 0;

	for (size_t i = 0; i < MANY; i++)
		connect_and_send(fastcgi.len);
	connections_wait(connections, 0);
	while (n < MANY && connections_next(connections, now, &taken[n]) == CONNECTION_WHOLE)
		n++;
	ck_assert_uint_eq(n, CONNECTIONS_NEW_MAX);
	ck_assert_int_eq(turn(), CONNECTION_WHOLE);
}
END_TEST

/* Several processes share the socket: whoever is late waits on. */
START_TEST(a_connection_that_another_took_is_none)
{
	int server = connect_and_send(0);

	connections_wait(connections, 0);
	close(accept(0, NULL, NULL));
	ck_assert_int_eq(connections_next(connections, now, &request), CONNECTION_NONE);
	close(server);
}
END_TEST

START_TEST(without_a_descriptor_the_longest_silence_gives_way)
{
	struct rlimit limit, before_that;
	int before, fd = dup(1), second;

	close(fd); /* the lowest that is free */
	before = connect_and_send(0);
	second = fastcgi_connect();
	ck_assert_int_eq(turn(), CONNECTION_NONE); /* both are here */
	ck_assert_uint_eq(connections->waiting.count, 2);
	fastcgi_send(&fastcgi, fastcgi_connect(), 0, fastcgi.len);
	getrlimit(RLIMIT_NOFILE, &before_that);
	limit = (struct rlimit){(rlim_t)fd, before_that.rlim_max};
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
	ck_assert_int_eq(turn(), CONNECTION_NONE); /* none has waited for long: the new one has to */
	ck_assert(connections->resting);
	connections_wait(connections, 0);
	ck_assert(!connections->came[CONNECTIONS_LISTENER]);
	now += 100;
	ck_assert_ptr_null(connections_late(connections, now, LIMIT_MS));
	ck_assert(!connections->resting);
	ck_assert_int_eq(turn(), CONNECTION_NONE);
	ck_assert(has_ended(before));
	ck_assert(!has_ended(second));
	setrlimit(RLIMIT_NOFILE, &before_that);
}
END_TEST

START_TEST(after_stop_nothing_new_is_taken_and_nothing_kept)
{
	int server = connect_and_send(fastcgi.len), other;

	ck_assert_int_eq(turn(), CONNECTION_WHOLE);
	connections_stop(connections);
	other = connect_and_send(fastcgi.len);
	reply();
	ck_assert_ptr_nonnull(strstr(fastcgi_reply(server, true), "Status: 204"));
	ck_assert(has_ended(server));
	ck_assert_int_eq(turn(), CONNECTION_NONE);
	ck_assert(!has_ended(other));
}
END_TEST

START_TEST(others_are_waited_for_too)
{
	int wake = eventfd(1, EFD_NONBLOCK), pair[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	ck_assert_int_eq(connections_watch(connections, CONNECTIONS_WAKE, wake, false), 0);
	ck_assert_int_eq(connections_watch(connections, CONNECTIONS_SPOOLER, pair[0], false), 0);
	ck_assert_int_eq(turn(), CONNECTION_NONE);
	ck_assert(connections->came[CONNECTIONS_WAKE] && !connections->came[CONNECTIONS_SPOOLER]);
	ck_assert_int_eq(connections_watch(connections, CONNECTIONS_SPOOLER, pair[0], true), 0);
	ck_assert_int_eq(turn(), CONNECTION_NONE);
	ck_assert(connections->came[CONNECTIONS_SPOOLER]);
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
	TCase *tc = tcase_create("connections");
	SRunner *runner;
	int failed;

	suite_add_tcase(suite, tc);
	tcase_add_checked_fixture(tc, set_up, fastcgi_close);
	tcase_add_test(tc, a_new_one_is_given_out_with_its_request);
	tcase_add_test(tc, its_request_is_waited_for_to_the_last_byte);
	tcase_add_test(tc, part_of_a_request_wakes_nobody_twice);
	tcase_add_test(tc, a_long_request_is_for_a_thread_at_once);
	tcase_add_test(tc, the_time_of_a_long_one_over_a_kept_connection_begins_with_it);
	tcase_add_test(tc, one_that_lingers_is_for_a_thread_too);
	tcase_add_test(tc, silence_needs_no_thread_and_ends_after_its_limit);
	tcase_add_test(tc, one_that_ends_early_is_given_out_as_far_as_it_came);
	tcase_add_test(tc, one_that_was_closed_before_it_began_is_forgotten);
	tcase_add_test(tc, a_kept_one_brings_the_next_request);
	tcase_add_test(tc, a_kept_one_has_no_limit_between_two_requests_and_one_within);
	tcase_add_test(tc, what_came_while_it_was_in_hand_is_not_missed);
	tcase_add_test(tc, a_kept_one_that_the_server_closes_is_forgotten_also_while_in_hand);
	tcase_add_test(tc, a_server_that_does_not_read_blocks_nobody);
	tcase_add_test(tc, nor_one_that_has_long_requests);
	tcase_add_test(tc, one_a_thread_had_is_waited_for_again);
	tcase_add_test(tc, two_in_one_write_are_both_given_out);
	tcase_add_test(tc, others_are_not_forgotten_for_one_that_goes_into_a_queue);
	tcase_add_test(tc, one_that_is_half_closed_is_given_out_once);
	tcase_add_test(tc, one_that_was_not_read_to_its_end_is_never_kept);
	tcase_add_test(tc, it_is_closed_at_once_when_the_server_closes_it);
	tcase_add_test(tc, what_libfcgi_has_read_beyond_a_request_ends_its_connection);
	tcase_add_test(tc, memory_of_a_long_one_is_given_back);
	tcase_add_test(tc, kept_ones_that_are_idle_give_way_before_those_that_wait);
	tcase_add_test(tc, a_silent_one_is_no_request_in_hand);
	tcase_add_test(tc, many_silent_ones_are_in_nobodys_way);
	tcase_add_test(tc, so_many_are_accepted_in_one_turn);
	tcase_add_test(tc, a_connection_that_another_took_is_none);
	tcase_add_test(tc, without_a_descriptor_the_longest_silence_gives_way);
	tcase_add_test(tc, after_stop_nothing_new_is_taken_and_nothing_kept);
	tcase_add_test(tc, others_are_waited_for_too);
	tcase_add_test(tc, without_a_listening_socket_there_are_none);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
