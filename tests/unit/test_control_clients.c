/* Who may ask on the control socket, how many, and who is hung up on; what is answered is test_control's. */
#include <check.h>
#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../src/protocol/control.h"
#include "../../src/spooler/control.h"
#include "spooled.h"

#define PLACES 32 /* as in control.c */

static struct control *control;
static struct sockaddr_un address = {.sun_family = AF_UNIX};
static socklen_t address_size;
static int operators[PLACES + 1];

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
	ck_assert_ptr_nonnull(control = control_new(&spooled, listening));
}

static void
tear_down(void)
{
	control_free(control);
	spooled_tear_down();
}

static int
come(void)
{
	int operator= socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	ck_assert_int_eq(connect(operator,(struct sockaddr *) & address, address_size), 0);
	spooled_loop();
	return operator;
}

/* What has come for OPERATOR: 1 an answer to his request, 0 the connection's end, -1 nothing. */
static int
asks(int operator)
{
	static const char request[] = "{\"verb\":\"list\"}\n";
	char answer[256];
	ssize_t n;

	(void)!send(operator, request, strlen(request), MSG_NOSIGNAL);
	spooled_loop();
	n = recv(operator, answer, sizeof answer, 0);
	return n > 0 ? strncmp(answer, "{\"end\":true", 11) == 0 : n < 0 && errno == EAGAIN ? -1 : 0;
}

START_TEST(one_too_many_is_turned_away_until_another_has_gone)
{
	for (int i = 0; i <= PLACES; i++)
		operators[i] = come();
	ck_assert_int_eq(asks(operators[PLACES]), 0);
	ck_assert_int_eq(asks(operators[0]), 1);
	ck_assert_int_eq(asks(operators[PLACES - 1]), 1);
	close(operators[0]);
	spooled_loop();
	ck_assert_int_eq(asks(come()), 1);
	ck_assert_int_eq(asks(operators[PLACES - 1]), 1);
	/* The others are there when it ends. */
}
END_TEST

START_TEST(a_line_that_does_not_end_ends_the_connection)
{
	static char much[CONTROL_LINE_MAX];
	int operator= come(), other = come();

	memset(much, ' ', sizeof much);
	ck_assert_int_eq(send(operator, much, sizeof much - 1, MSG_NOSIGNAL), sizeof much - 1);
	spooled_loop();
	ck_assert_int_eq(recv(operator, much, 1, 0), -1);
	ck_assert_int_eq(errno, EAGAIN);
	ck_assert_int_eq(send(operator, much, 1, MSG_NOSIGNAL), 1);
	spooled_loop();
	ck_assert_int_eq(recv(operator, much, 1, 0), 0);
	ck_assert_int_eq(asks(other), 1);
}
END_TEST

START_TEST(many_requests_at_once_are_answered_one_after_another)
{
	static const char request[] = "{\"verb\":\"list\"}\n", answer[] = "{\"end\":true,\"next\":null}\n";
	int operator= come();
	char text[16 * sizeof answer];
	size_t len = 0;

	for (int i = 0; i < 10; i++)
		ck_assert_int_eq(send(operator, request, strlen(request), MSG_NOSIGNAL), (ssize_t)strlen(request));
	while (len < 10 * strlen(answer)) {
		ssize_t n;

		spooled_loop();
		if ((n = recv(operator, text + len, sizeof text - len, 0)) > 0)
			len += (size_t)n;
	}
	for (int i = 0; i < 10; i++)
		ck_assert_int_eq(strncmp(text + (size_t)i * strlen(answer), answer, strlen(answer)), 0);
}
END_TEST

/* The kernel says who has connected, whatever the socket's mode allowed. */
START_TEST(another_user_is_turned_away)
{
	int operator, go_on[2], status;
	pid_t pid;

	ck_assert_int_eq(pipe(go_on), 0);
	if ((pid = fork()) == 0) {
		char byte;

		operator= socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
		if (setuid(65534) != 0 || connect(operator,(struct sockaddr *) & address, address_size) != 0 ||
		    write(go_on[1], "g", 1) != 1)
			_exit(1);
		_exit(recv(operator, & byte, 1, 0) == 0 ? 0 : 2);
	}
	ck_assert_int_eq(read(go_on[0], &(char){0}, 1), 1);
	spooled_loop();
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	ck_assert_int_eq(asks(come()), 1);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("control_clients");
	TCase *tc = tcase_create("clients");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, tc);
	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, one_too_many_is_turned_away_until_another_has_gone);
	tcase_add_test(tc, a_line_that_does_not_end_ends_the_connection);
	tcase_add_test(tc, many_requests_at_once_are_answered_one_after_another);
	if (geteuid() == 0)
		tcase_add_test(tc, another_user_is_turned_away);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
