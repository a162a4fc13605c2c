/* Places in the file system, as this user makes them: what root gives away is seen from outside, in roots.sh and users.sh. */
#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "../../src/lib/log.h"
#include "../../src/spooler/rights.h"
#include "../../src/spooler/sockets.h"

static char dir[] = "/tmp/test_sockets.XXXXXX", path[64], parent[64];
static struct rights same;

/* Also of a case that ends the process. */
static void
at_the_end(void)
{
	unlink(path);
	rmdir(parent);
	rmdir(dir);
}

static void
set_up(void)
{
	log_open("test", "/dev/null");
	umask(0077);
	same = rights_of(NULL);
	ck_assert_ptr_nonnull(mkdtemp(dir));
	ck_assert_int_eq(atexit(at_the_end), 0);
	snprintf(parent, sizeof parent, "%s/run", dir);
	snprintf(path, sizeof path, "%s/run/socket", dir);
}

static mode_t
mode_of(const char *name)
{
	struct stat st;

	ck_assert_int_eq(lstat(name, &st), 0);
	return st.st_mode & 07777;
}

/* Returns the status of connect(2). */
static int
knock(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int client = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), result;

	strcpy(address.sun_path, path);
	result = connect(client, (const struct sockaddr *)&address, sizeof address);
	close(client);
	return result;
}

START_TEST(a_socket_is_its_owners_and_its_directory_everybodys)
{
	int fd = sockets_listen(path, &same, NULL);

	ck_assert_uint_eq(mode_of(path), 0600);
	ck_assert_uint_eq(mode_of(parent), 0755);
	ck_assert_int_ne(fcntl(fd, F_GETFL) & O_NONBLOCK, 0);
	ck_assert_int_ne(fcntl(fd, F_GETFD) & FD_CLOEXEC, 0);
	ck_assert_int_eq(knock(), 0);
	close(fd);
}
END_TEST

START_TEST(it_takes_the_place_of_an_old_one)
{
	int fd;

	close(sockets_listen(path, &same, NULL));
	ck_assert_int_eq(knock(), -1);
	fd = sockets_listen(path, &same, NULL);
	ck_assert_int_eq(knock(), 0);
	close(fd);
}
END_TEST

START_TEST(the_spools_directory_is_its_owners)
{
	umask(0);
	sockets_directory(parent, &same);
	ck_assert_uint_eq(mode_of(parent), 0700);
	ck_assert_int_eq(chmod(parent, 0750), 0);
	sockets_directory(parent, &same); /* what is there stays as it is */
	ck_assert_uint_eq(mode_of(parent), 0750);
}
END_TEST

START_TEST(a_directory_that_others_write_to_is_refused)
{
	ck_assert_int_eq(mkdir(parent, 0700), 0);
	ck_assert_int_eq(chmod(parent, 0777), 0);
	sockets_listen(path, &same, NULL);
	_exit(EXIT_SUCCESS);
}
END_TEST

START_TEST(a_group_that_is_none_is_refused)
{
	sockets_listen(path, &same, "no such group");
	_exit(EXIT_SUCCESS);
}
END_TEST

START_TEST(a_path_that_is_too_long_is_refused)
{
	char name[256];

	memset(name, 'x', sizeof name - 1);
	name[0] = '/';
	name[sizeof name - 1] = '\0';
	sockets_listen(name, &same, NULL);
	_exit(EXIT_SUCCESS);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("sockets");
	TCase *tc = tcase_create("sockets");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, tc);
	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, set_up, NULL);
	tcase_add_test(tc, a_socket_is_its_owners_and_its_directory_everybodys);
	tcase_add_test(tc, it_takes_the_place_of_an_old_one);
	tcase_add_test(tc, the_spools_directory_is_its_owners);
	tcase_add_exit_test(tc, a_directory_that_others_write_to_is_refused, EXIT_FAILURE);
	tcase_add_exit_test(tc, a_group_that_is_none_is_refused, EXIT_FAILURE);
	tcase_add_exit_test(tc, a_path_that_is_too_long_is_refused, EXIT_FAILURE);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
