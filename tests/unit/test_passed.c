/*
 * Descriptors that a peer passes: a TCP socket with bytes that nobody reads, and which lingers for hours when it is closed.  A case that is held up
 * does not end in time.
 */
#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../../src/spooler/passed.h"

#define LINGER_SECONDS 30000

static int ends[2];

/* One end of a connection that will linger; the other stays. */
static int
lingering(void)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct linger linger = {1, LINGER_SECONDS};
	socklen_t len = sizeof address;
	int listener = socket(AF_INET, SOCK_STREAM, 0), fd = socket(AF_INET, SOCK_STREAM, 0), small = 2304;
	static const char bytes[65536];

	ck_assert_int_eq(setsockopt(listener, SOL_SOCKET, SO_RCVBUF, &small, sizeof small), 0);
	ck_assert_int_eq(bind(listener, (struct sockaddr *)&address, sizeof address), 0);
	ck_assert_int_eq(listen(listener, 1), 0);
	ck_assert_int_eq(getsockname(listener, (struct sockaddr *)&address, &len), 0);
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
	ck_assert_int_ge(accept(listener, NULL, NULL), 0);
	while (send(fd, bytes, sizeof bytes, MSG_DONTWAIT) > 0)
		continue;
	ck_assert_int_eq(setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger), 0);
	return fd;
}

/* With TEXT, several of them, and they are ours no longer.  Returns what sendmsg(2) did. */
static ssize_t
pass(int socket, const char *text, int n)
{
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(8 * sizeof(int))];
	} control;
	struct iovec part = {(void *)(uintptr_t)text, strlen(text)};
	struct msghdr message = {.msg_iov = &part,
	    .msg_iovlen = 1,
	    .msg_control = &control,
	    .msg_controllen = CMSG_SPACE((size_t)n * sizeof(int))};
	int fds[8];
	ssize_t sent;

	for (int i = 0; i < n; i++)
		fds[i] = lingering();
	memset(&control, 0, sizeof control);
	control.header = (struct cmsghdr){CMSG_LEN((size_t)n * sizeof(int)), SOL_SOCKET, SCM_RIGHTS};
	memcpy(CMSG_DATA(&control.header), fds, (size_t)n * sizeof(int));
	sent = sendmsg(socket, &message, 0);
	for (int i = 0; i < n; i++)
		if (sent > 0)
			close(fds[i]);
	return sent;
}

static void
set_up(void)
{
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	ck_assert_int_eq(passed_prepare(), 0); /* also where the kernel could refuse them */
}

START_TEST(bytes_come_as_by_recv)
{
	char bytes[8];

	ck_assert_int_eq(passed_receive(ends[0], bytes, sizeof bytes), -1);
	ck_assert(errno == EAGAIN || errno == EWOULDBLOCK);
	ck_assert_int_eq(send(ends[1], "hello", 5, 0), 5);
	ck_assert_int_eq(passed_receive(ends[0], bytes, sizeof bytes), 5);
	ck_assert_int_eq(memcmp(bytes, "hello", 5), 0);
	close(ends[1]);
	ck_assert_int_eq(passed_receive(ends[0], bytes, sizeof bytes), 0);
}
END_TEST

START_TEST(who_reads_them_is_not_held_up_and_told)
{
	char bytes[8];

	ck_assert_int_eq(pass(ends[1], "x", 3), 1);
	ck_assert_int_eq(passed_receive(ends[0], bytes, sizeof bytes), -1);
	ck_assert_int_eq(errno, EBADMSG);
}
END_TEST

START_TEST(who_closes_the_socket_they_wait_in_is_not_held_up)
{
	ck_assert_int_eq(pass(ends[1], "x", 8), 1);
	ck_assert_int_eq(pass(ends[1], "y", 1), 1);
	passed_close(ends[0]);
}
END_TEST

START_TEST(a_socket_refuses_them_where_the_kernel_can)
{
	int may = -1;
	socklen_t len = sizeof may;

	ck_assert_int_eq(passed_refuse(ends[0]), 0);
	if (getsockopt(ends[0], SOL_SOCKET, 83 /* SO_PASSRIGHTS */, &may, &len) != 0)
		return;
	ck_assert_int_eq(may, 0);
	ck_assert_int_eq(pass(ends[1], "x", 1), -1);
	ck_assert_int_eq(errno, EPERM);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("passed");
	TCase *tc = tcase_create("passed");
	SRunner *runner;
	int failed;

	suite_add_tcase(suite, tc);
	tcase_add_checked_fixture(tc, set_up, NULL);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, bytes_come_as_by_recv);
	tcase_add_test(tc, who_reads_them_is_not_held_up_and_told);
	tcase_add_test(tc, who_closes_the_socket_they_wait_in_is_not_held_up);
	tcase_add_test(tc, a_socket_refuses_them_where_the_kernel_can);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
