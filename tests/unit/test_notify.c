/* The word to the service manager, whose socket the test has. */
#include <check.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "../../src/spooler/notify.h"

static struct sockaddr_un address = {.sun_family = AF_UNIX};
static int manager;

/* Listen at the address, of which LEN bytes are a name; 0: at one that nobody has. */
static void
listen_at(size_t len)
{
	socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);

	manager = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	ck_assert_int_eq(bind(manager, (const struct sockaddr *)&address, size), 0);
}

/* TEXT is all that has come; NULL: nothing. */
static void
check_heard(const char *text)
{
	char heard[64];
	ssize_t n = recv(manager, heard, sizeof heard, 0);

	if (text == NULL) {
		ck_assert_int_eq(n, -1);
		return;
	}
	ck_assert_int_eq(n, (ssize_t)strlen(text));
	ck_assert_mem_eq(heard, text, (size_t)n);
}

START_TEST(the_manager_hears_it_at_a_path)
{
	char dir[] = "/tmp/test_notify.XXXXXX";

	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(address.sun_path, sizeof address.sun_path, "%s/socket", dir);
	listen_at(strlen(address.sun_path));
	setenv("NOTIFY_SOCKET", address.sun_path, 1);
	notify("READY=1");
	check_heard("READY=1");
	check_heard(NULL);
	unlink(address.sun_path);
	rmdir(dir);
}
END_TEST

START_TEST(the_manager_hears_it_at_an_abstract_name)
{
	char name[64];
	int len = snprintf(name, sizeof name, "@test_notify.%d", (int)getpid());

	memcpy(address.sun_path + 1, name + 1, (size_t)len - 1);
	listen_at((size_t)len);
	setenv("NOTIFY_SOCKET", name, 1);
	notify("STOPPING=1");
	check_heard("STOPPING=1");
}
END_TEST

START_TEST(without_a_manager_nothing_happens)
{
	static const char *const none[] = {"", "@", "relative", "/nonexistent/socket"};
	char text[256];

	unsetenv("NOTIFY_SOCKET");
	notify("READY=1");
	for (size_t i = 0; i < sizeof none / sizeof none[0]; i++) {
		setenv("NOTIFY_SOCKET", none[i], 1);
		notify("READY=1");
	}
	memset(text, 'x', sizeof text - 1);
	text[0] = '/';
	text[sizeof text - 1] = '\0';
	setenv("NOTIFY_SOCKET", text, 1);
	notify("READY=1");
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("notify");
	TCase *tc = tcase_create("notify");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, tc);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, the_manager_hears_it_at_a_path);
	tcase_add_test(tc, the_manager_hears_it_at_an_abstract_name);
	tcase_add_test(tc, without_a_manager_nothing_happens);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
