/* Handing over while no spooler is there: no connection; the requests are those of a CGI process, whose output is the test's. */
#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "../../src/conf/conf.h"
#include "../../src/lib/clock.h"
#include "../../src/lib/log.h"
#include "../../src/responder/handover.h"
#include "../../src/protocol/submit.h"
#include "../../src/responder/parked.h"
#include "../../src/responder/request.h"

#define IN_TIME "in time: 503"

static struct conf conf = {.file = (char *)"/dev/null",
    .socket = (char *)"/nonexistent/hookspool.sock",
    .spooler = (char *)"/nonexistent/hookspoold",
    .deadline_ms = 100};
static char dir[] = "/tmp/test_handover.XXXXXX", log_file[64];
static struct handover *handover;
static int replies, out; /* the replies' reading end; what standard output was */
static unsigned done;
static bool told; /* each time one was done, the log said so already */

static bool
log_says(const char *text)
{
	char bytes[4096];
	int fd = open(log_file, O_RDONLY | O_CLOEXEC);
	ssize_t n = read(fd, bytes, sizeof bytes - 1);

	close(fd);
	bytes[n > 0 ? n : 0] = '\0';
	return strstr(bytes, text) != NULL;
}

/* What the log has not said by now, it may never. */
static void
on_done(void *context, struct request *request)
{
	ck_assert_ptr_eq(context, &conf);
	if (!log_says(IN_TIME))
		told = false;
	free(request->head.bytes);
	free(request);
	done++;
}

static void
set_up(void)
{
	const struct handover_owner owner = {.done = on_done, .context = &conf};
	int ends[2];

	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(log_file, sizeof log_file, "%s/log", dir);
	ck_assert_int_eq(log_open("test", log_file), 0);
	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	fflush(stdout);
	out = dup(STDOUT_FILENO);
	dup2(ends[1], STDOUT_FILENO);
	close(ends[1]);
	replies = ends[0];
	told = true;
	ck_assert_ptr_nonnull(handover = handover_new(&conf, &owner));
}

static void
tear_down(void)
{
	dup2(out, STDOUT_FILENO);
	close(out);
	close(replies);
	unlink(log_file);
	rmdir(dir);
}

static struct request *
request(void)
{
	struct request *request = request_new(true);

	ck_assert_ptr_nonnull(request);
	ck_assert_int_eq(request_head_room(request, REQUEST_HEAD_ROOM), 0);
	request->head.len = REQUEST_HEAD_ROOM;
	return request;
}

static void
take(enum judged judged)
{
	handover_take(handover, request(), judged, clock_monotonic_ms());
}

static void
wait_for(unsigned n)
{
	while (done < n || handover_parked(handover) > 0)
		handover_wait(handover);
}

START_TEST(a_deadline_is_in_the_log_before_its_webhook_is_settled)
{
	char text[4096] = "";

	take(JUDGED_STORE);
	wait_for(1);
	ck_assert(told);
	ck_assert(log_says("1 webhooks were not answered by the spooler " IN_TIME));
	ck_assert_int_gt(read(replies, text, sizeof text - 1), 0);
	ck_assert_int_eq(strncmp(text, "Status: 503 ", 12), 0);
	ck_assert_ptr_nonnull(strstr(text, "\"unavailable\""));
}
END_TEST

START_TEST(who_has_its_reply_gets_no_other)
{
	take(JUDGED_NOTE);
	wait_for(1);
	ck_assert_int_eq(fcntl(replies, F_SETFL, O_NONBLOCK), 0);
	ck_assert_int_eq(read(replies, &(char){0}, 1), -1);
}
END_TEST

START_TEST(however_many_ask_one_question_is_parked)
{
	char text[8192] = "";
	size_t len = 0;

	for (int i = 0; i < 5; i++)
		take(JUDGED_ASK);
	ck_assert_uint_eq(handover_parked(handover), 1);
	wait_for(5);
	fcntl(replies, F_SETFL, O_NONBLOCK);
	for (ssize_t n; (n = read(replies, text + len, sizeof text - 1 - len)) > 0;)
		len += (size_t)n;
	for (int i = 0; i < 5; i++) {
		char *at = strstr(text, "Status: 503 ");

		ck_assert_ptr_nonnull(at);
		*at = 'x';
	}
	ck_assert_ptr_null(strstr(text, "Status:"));
}
END_TEST

static char socket_path[64];
static int listening;
static struct handover_owner owner = {.done = on_done, .context = &conf};

static void
set_up_with_spooler(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	set_up();
	snprintf(socket_path, sizeof socket_path, "%s/socket", dir);
	strcpy(address.sun_path, socket_path);
	ck_assert_int_ge(listening = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), 0);
	ck_assert_int_eq(bind(listening, (struct sockaddr *)&address, sizeof address), 0);
	ck_assert_int_eq(listen(listening, 8), 0);
	conf.socket = socket_path;
	conf.deadline_ms = 60000;
	ck_assert_ptr_nonnull(handover = handover_new(&conf, &owner));
}

static void
tear_down_with_spooler(void)
{
	close(listening);
	unlink(socket_path);
	tear_down();
}

/* The spooler's end of the next connection, on which it has greeted. */
static int
take_connection(void)
{
	unsigned char hello[SUBMIT_HELLO_SIZE];
	int fd;

	while ((fd = accept4(listening, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK)) == -1)
		handover_look(handover, clock_monotonic_ms());
	submit_put_hello(hello);
	ck_assert_int_eq(send(fd, hello, sizeof hello, MSG_NOSIGNAL), sizeof hello);
	return fd;
}

/* Read what the responder has sent until the end of a webhook without a record, and answer it. */
static void
answer(int fd, uint64_t sequence, enum submit_ack word)
{
	unsigned char bytes[SUBMIT_ACK_SIZE + SUBMIT_HELLO_SIZE + SUBMIT_WEBHOOK_SIZE];
	size_t len = 0, wanted = SUBMIT_HELLO_SIZE + SUBMIT_WEBHOOK_SIZE;

	while (len < wanted) {
		ssize_t n;

		handover_wait(handover);
		if ((n = recv(fd, bytes + len, wanted - len, 0)) > 0)
			len += (size_t)n;
	}
	submit_put_ack(bytes, sequence, word, 0);
	ck_assert_int_eq(send(fd, bytes, SUBMIT_ACK_SIZE, MSG_NOSIGNAL), SUBMIT_ACK_SIZE);
}

static const struct {
	enum submit_ack word;
	const char *why;
} refusals[] = {{SUBMIT_UNKNOWN, "its configuration has no such source"},
    {SUBMIT_UNFIT, "it does not fit its configuration of this source"},
    {SUBMIT_INVALID, "it did not understand the record"}, {SUBMIT_KEPT, ""}};

START_TEST(what_the_spooler_refuses_is_a_503_and_the_log_says_why)
{
	struct request *refused = request();
	char text[4096] = "";
	int fd;

	strcpy(refused->source, "s");
	handover_take(handover, refused, JUDGED_STORE, clock_monotonic_ms());
	fd = take_connection();
	answer(fd, refused->sequence, refusals[_i].word);
	wait_for(1);
	ck_assert_int_gt(read(replies, text, sizeof text - 1), 0);
	ck_assert_int_eq(strncmp(text, "Status: 503 ", 12), 0);
	ck_assert_ptr_nonnull(strstr(text, "\"unavailable\""));
	ck_assert(log_says(refusals[_i].why));
	ck_assert_int_eq(log_says("it refused a webhook of source s"), refusals[_i].why[0] != '\0');
	close(fd);
}
END_TEST

START_TEST(who_speaks_another_protocol_is_hung_up_on_and_the_webhook_comes_again)
{
	static const char nonsense[64] = "HTTP/1.0 200 OK\r\n\r\n";
	struct request *stored = request();
	char text[4096] = "";
	uint64_t sequence;
	int fd;

	handover_take(handover, stored, JUDGED_STORE, clock_monotonic_ms());
	sequence = stored->sequence;
	fd = take_connection();
	ck_assert_int_eq(send(fd, nonsense, sizeof nonsense, MSG_NOSIGNAL), sizeof nonsense);
	while (!log_says("it does not speak this version of the protocol; the connection is made anew"))
		handover_wait(handover);
	close(fd);
	fd = take_connection();
	answer(fd, sequence, SUBMIT_STORED);
	wait_for(1);
	ck_assert_int_gt(read(replies, text, sizeof text - 1), 0);
	ck_assert_int_eq(strncmp(text, "Status: 200 ", 12), 0);
	close(fd);
}
END_TEST

START_TEST(one_too_many_in_hand_is_told_so_at_once)
{
	char text[4096] = "";

	for (int i = 0; i < PARKED_MAX; i++)
		take(JUDGED_NOTE);
	ck_assert_uint_eq(done, 0);
	take(JUDGED_NOTE);
	ck_assert_uint_eq(done, 1);
	take(JUDGED_STORE);
	ck_assert_uint_eq(done, 2);
	ck_assert_uint_eq(handover_parked(handover), PARKED_MAX);
	ck_assert_int_gt(read(replies, text, sizeof text - 1), 0);
	ck_assert_int_eq(strncmp(text, "Status: 503 ", 12), 0);
	ck_assert_ptr_nonnull(strstr(text, "\"busy\""));
	ck_assert_ptr_null(strstr(text + 1, "Status:")); /* the first had its reply */
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("handover");
	TCase *tc = tcase_create("without a spooler"), *with = tcase_create("with a spooler");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, tc);
	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, a_deadline_is_in_the_log_before_its_webhook_is_settled);
	tcase_add_test(tc, who_has_its_reply_gets_no_other);
	tcase_add_test(tc, however_many_ask_one_question_is_parked);
	tcase_set_timeout(with, 60);
	tcase_add_checked_fixture(with, set_up_with_spooler, tear_down_with_spooler);
	tcase_add_loop_test(
	    with, what_the_spooler_refuses_is_a_503_and_the_log_says_why, 0, sizeof refusals / sizeof refusals[0]);
	tcase_add_test(with, who_speaks_another_protocol_is_hung_up_on_and_the_webhook_comes_again);
	tcase_add_test(with, one_too_many_in_hand_is_told_so_at_once);
	suite_add_tcase(suite, with);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
