/* The responder's end of the submit socket: with a real one, and a spooler that says what the test writes. */
#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "../../src/responder/parked.h"
#include "../../src/responder/request.h"
#include "../../src/responder/submitter.h"

static struct submitter submitter;
static struct parked parked;
static struct request request;
static struct submitter_ack ack;
static unsigned char head[4] = "head", body[4] = "body";
static int spooler;

static void
connect_them(void)
{
	int pair[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	spooler = pair[1];
	parked_init(&parked);
	submitter_init(&submitter);
	ck_assert_int_eq(submitter.socket, -1);
	submitter_connect(&submitter, pair[0], 1000);
}

static void
says(const void *bytes, size_t len)
{
	ck_assert_int_eq(write(spooler, bytes, len), (ssize_t)len);
	ck_assert_int_eq(submitter_read(&submitter), (int)len);
}

static void
greet(void)
{
	unsigned char hello[SUBMIT_HELLO_SIZE];

	submit_put_hello(hello);
	says(hello, sizeof hello);
	ck_assert_int_eq(submitter_take(&submitter, &ack), SUBMITTER_HELLO);
}

static void
park(void)
{
	request = (struct request){.head = {head, 4, 4}, .body = {body, 4, 4}};
	ck_assert_int_eq(parked_seat(&parked, &request), 0);
	parked_enqueue(&parked, &request);
}

/* What the spooler has got. */
static const char *
got(void)
{
	static char text[256];
	ssize_t n = recv(spooler, text, sizeof text - 1, MSG_DONTWAIT);

	text[n > 0 ? n : 0] = '\0';
	return text;
}

START_TEST(nothing_is_sent_before_the_spooler_greets)
{
	park();
	submitter_send(&submitter, &parked, 1000);
	ck_assert_str_eq(got(), "");
	greet();
	submitter_send(&submitter, &parked, 1000);
	ck_assert_str_eq(got(), "headbody");
	ck_assert_uint_eq(parked.unacked, 1);
}
END_TEST

START_TEST(while_acks_are_awaited_what_comes_is_held_back_but_not_for_long)
{
	greet();
	park();
	submitter_send(&submitter, &parked, 1000);
	ck_assert_str_eq(got(), "headbody");
	park();
	submitter_send(&submitter, &parked, 1049);
	ck_assert(!submitter_may_send(&submitter, &parked, 1049));
	ck_assert_str_eq(got(), "");
	submitter_send(&submitter, &parked, 1050);
	ck_assert_str_eq(got(), "headbody");
	park();
	parked.unacked = 0;
	submitter_send(&submitter, &parked, 1051);
	ck_assert_str_eq(got(), "headbody");
	ck_assert(!submitter_may_send(&submitter, &parked, 2000));
}
END_TEST

START_TEST(an_end_is_left_to_who_reads_and_any_other_error_is_not)
{
	greet();
	park();
	close(spooler);
	ck_assert_int_eq(submitter_send(&submitter, &parked, 1000), 0);
	close(submitter.socket);
	ck_assert_int_eq(submitter_send(&submitter, &parked, 2000), -1);
	ck_assert_int_eq(errno, EBADF);
	ck_assert_int_ne(spooler = dup(STDERR_FILENO), -1);
	ck_assert_int_ne(submitter.socket = dup(STDERR_FILENO), -1);
}
END_TEST

START_TEST(an_ack_is_taken_when_all_of_it_is_here)
{
	unsigned char frames[2 * SUBMIT_ACK_SIZE];

	submit_put_ack(frames, 7, SUBMIT_STORED, 42);
	submit_put_ack(frames + SUBMIT_ACK_SIZE, 8, SUBMIT_BUSY, 0);
	greet();
	for (size_t i = 0; i < SUBMIT_ACK_SIZE; i++) {
		ck_assert_int_eq(submitter_take(&submitter, &ack), SUBMITTER_PART);
		says(frames + i, 1);
	}
	ck_assert_int_eq(submitter_take(&submitter, &ack), SUBMITTER_ACK);
	ck_assert_uint_eq(ack.sequence, 7);
	ck_assert_int_eq(ack.ack, SUBMIT_STORED);
	ck_assert_uint_eq(ack.number, 42);
	says(frames, sizeof frames);
	ck_assert_int_eq(submitter_take(&submitter, &ack), SUBMITTER_ACK);
	ck_assert_int_eq(submitter_take(&submitter, &ack), SUBMITTER_ACK);
	ck_assert_uint_eq(ack.sequence, 8);
	ck_assert_int_eq(ack.ack, SUBMIT_BUSY);
	ck_assert_int_eq(submitter_take(&submitter, &ack), SUBMITTER_PART);
	ck_assert_int_eq(submitter_read(&submitter), 0);
}
END_TEST

START_TEST(an_ack_that_is_none_of_ours_is_invalid)
{
	unsigned char frame[SUBMIT_ACK_SIZE];

	greet();
	submit_put_ack(frame, 7, (enum submit_ack)200, 0);
	says(frame, sizeof frame);
	ck_assert_int_eq(submitter_take(&submitter, &ack), SUBMITTER_ACK);
	ck_assert_int_eq(ack.ack, SUBMIT_INVALID);
}
END_TEST

START_TEST(what_is_not_the_protocol_is_nonsense)
{
	unsigned char hello[SUBMIT_HELLO_SIZE], frame[SUBMIT_ACK_SIZE];

	submit_put_ack(frame, 7, SUBMIT_STORED, 1);
	says(frame, sizeof frame);
	ck_assert_int_eq(submitter_take(&submitter, &ack), SUBMITTER_NONSENSE); /* not greeted yet */
	submitter.in_at = submitter.in_len;
	submit_put_hello(hello);
	hello[SUBMIT_HELLO_SIZE - 1]++; /* another version */
	says(hello, sizeof hello);
	ck_assert_int_eq(submitter_take(&submitter, &ack), SUBMITTER_NONSENSE);
	submitter.in_at = submitter.in_len;
	greet();
	hello[SUBMIT_HELLO_SIZE - 1]--;
	says(hello, sizeof hello);
	ck_assert_int_eq(submitter_take(&submitter, &ack), SUBMITTER_NONSENSE); /* twice */
	submitter.in_at = submitter.in_len;
	says("HTTP/1.1 200 OK", 15);
	ck_assert_int_eq(submitter_take(&submitter, &ack), SUBMITTER_NONSENSE);
}
END_TEST

START_TEST(a_lost_connection_is_told_and_all_is_sent_again)
{
	greet();
	park();
	submitter_send(&submitter, &parked, 1000);
	close(spooler);
	ck_assert_int_eq(submitter_read(&submitter), -1);
	submitter_disconnect(&submitter, &parked);
	ck_assert_int_eq(submitter.socket, -1);
	ck_assert(!submitter.greeted);
	ck_assert_ptr_eq(parked.first, &request);
	ck_assert_uint_eq(parked.unacked, 0);
	submitter_disconnect(&submitter, &parked);
}
END_TEST

START_TEST(dialling_greets)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	unsigned char hello[SUBMIT_HELLO_SIZE], read_back[SUBMIT_HELLO_SIZE];
	char path[] = "/tmp/hookspool-dial-XXXXXX";
	int listener = socket(AF_UNIX, SOCK_STREAM, 0), fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0), accepted;

	ck_assert_ptr_nonnull(mkdtemp(path));
	snprintf(address.sun_path, sizeof address.sun_path, "%s/s", path);
	ck_assert_int_eq(submitter_dial(fd, address.sun_path), -1);
	ck_assert_int_eq(bind(listener, (struct sockaddr *)&address, sizeof address), 0);
	ck_assert_int_eq(listen(listener, 1), 0);
	ck_assert_int_eq(submitter_dial(fd, address.sun_path), 0);
	accepted = accept(listener, NULL, NULL);
	submit_put_hello(hello);
	ck_assert_int_eq(read(accepted, read_back, sizeof read_back), SUBMIT_HELLO_SIZE);
	ck_assert_mem_eq(hello, read_back, sizeof hello);
	unlink(address.sun_path);
	rmdir(path);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("submitter");
	TCase *tc = tcase_create("submitter");
	SRunner *runner;
	int failed;

	suite_add_tcase(suite, tc);
	tcase_add_checked_fixture(tc, connect_them, NULL);
	tcase_add_test(tc, nothing_is_sent_before_the_spooler_greets);
	tcase_add_test(tc, while_acks_are_awaited_what_comes_is_held_back_but_not_for_long);
	tcase_add_test(tc, an_end_is_left_to_who_reads_and_any_other_error_is_not);
	tcase_add_test(tc, an_ack_is_taken_when_all_of_it_is_here);
	tcase_add_test(tc, an_ack_that_is_none_of_ours_is_invalid);
	tcase_add_test(tc, what_is_not_the_protocol_is_nonsense);
	tcase_add_test(tc, a_lost_connection_is_told_and_all_is_sent_again);
	tcase_add_test(tc, dialling_greets);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
