/* What a responder can still do after it gave up what it can, and what not.  Each call is made by a process of its own. */
#include "config.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#ifdef HAVE_SECCOMP
#include <seccomp.h>
#endif
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <syslog.h>
#include <unistd.h>

#include "../../src/responder/sandbox.h"

/* The errno of CALL, made in the sandbox; 0: it could be made. */
static int
error_of(int (*call)(void), bool logs_to_file)
{
	int status;
	pid_t pid = fork();

	ck_assert_int_ne(pid, -1);
	if (pid == 0) {
		sandbox_enter(logs_to_file);
		errno = 0;
		_exit(call() == -1 ? errno : 0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_msg(WIFEXITED(status), "ended by signal %d", WTERMSIG(status));
	return WEXITSTATUS(status);
}

static int
gain_no_privileges(void)
{
	char status[4096] = "";
	int fd = open("/proc/self/status", O_RDONLY | O_CLOEXEC);

	return read(fd, status, sizeof status - 1) > 0 && strstr(status, "\nNoNewPrivs:\t1\n") != NULL ? close(fd) : -1;
}

static void *
end_soon(void *argument)
{
	usleep(1000);
	return argument;
}

static int
run_a_thread(void)
{
	pthread_t thread;
	void *result;
	int argument;

	if ((errno = pthread_create(&thread, NULL, end_soon, &argument)) != 0 ||
	    (errno = pthread_join(thread, &result)) != 0)
		return -1;
	return result == &argument ? 0 : -1;
}

static int
connect_to_a_socket(void)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd == -1)
		return -1;
	syslog(LOG_DEBUG, "hookspool: a test");
	return close(fd);
}

static int
allocate(void)
{
	char *large = malloc(16u << 20);

	if (large == NULL)
		return -1;
	memset(large, 1, 16u << 20);
	free(large);
	return 0;
}

START_TEST(serving_goes_on)
{
	ck_assert_int_eq(error_of(gain_no_privileges, false), 0);
	ck_assert_int_eq(error_of(run_a_thread, false), 0);
	ck_assert_int_eq(error_of(connect_to_a_socket, false), 0);
	ck_assert_int_eq(error_of(allocate, false), 0);
}
END_TEST

#ifdef HAVE_SECCOMP
static int
open_the_log(void)
{
	return open("/tmp", O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640);
}

static int
run_a_program(void)
{
	return execl("/bin/true", "true", (char *)NULL);
}

static int
start_a_process(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	return pid;
}

static int
write_a_file(void)
{
	return open("/dev/null", O_WRONLY | O_CLOEXEC);
}

static int
write_and_read_a_file(void)
{
	return open("/dev/null", O_RDWR | O_CLOEXEC);
}

static int
truncate_a_file(void)
{
	return open("/dev/null", O_RDONLY | O_TRUNC | O_CLOEXEC);
}

static int
create_a_file(void)
{
	return open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
}

static int
remove_a_file(void)
{
	return unlink("/nothing/here");
}

static int
change_a_mode(void)
{
	return chmod("/nothing/here", 0777);
}

static int
make_a_directory(void)
{
	return mkdir("/nothing/here", 0777);
}

static int
open_a_network_connection(void)
{
	return socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
}

static int
signal_another(void)
{
	return kill(getppid(), 0);
}

static int
trace_another(void)
{
	return (int)ptrace(PTRACE_ATTACH, getppid(), NULL, NULL);
}

static int
run_new_memory(void)
{
	return mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED
	    ? -1
	    : 0;
}

static int
run_old_memory(void)
{
	void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return page == MAP_FAILED ? 0 : mprotect(page, 4096, PROT_READ | PROT_EXEC);
}

static int
raise_a_limit(void)
{
	struct rlimit limit = {1, 1};

	return setrlimit(RLIMIT_NOFILE, &limit);
}

static int
change_the_user(void)
{
	return setuid(getuid());
}

START_TEST(everything_else_is_given_up)
{
	int (*const calls[])(void) = {run_a_program, start_a_process, write_a_file, write_and_read_a_file,
	    truncate_a_file, create_a_file, remove_a_file, change_a_mode, make_a_directory, signal_another,
	    trace_another, run_new_memory, run_old_memory, raise_a_limit, change_the_user, open_a_network_connection};
	size_t n = sizeof calls / sizeof calls[0];

#if defined __i386__ || defined __s390__
	n--; /* sandbox.c says why */
#endif
	for (size_t i = 0; i < n; i++)
		ck_assert_msg(
		    error_of(calls[i], false) == ENOSYS, "call %zu: %s", i, strerror(error_of(calls[i], false)));
}
END_TEST

START_TEST(the_log_can_be_opened_anew_only_where_there_is_one)
{
	ck_assert_int_eq(error_of(open_the_log, true), EISDIR);
	ck_assert_int_eq(error_of(open_the_log, false), ENOSYS);
	ck_assert_int_eq(error_of(write_a_file, true), ENOSYS);
}
END_TEST

static int
enter_again(void)
{
	errno = strcmp(sandbox_enter(false), "none") == 0 ? 0 : EINVAL;
	return errno == 0 ? 0 : -1;
}

START_TEST(what_can_not_be_given_up_is_told)
{
	ck_assert_int_eq(error_of(enter_again, false), 0); /* in there nobody may */
}
END_TEST

START_TEST(where_the_kernel_refuses_the_filter_it_is_told)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);

	ck_assert_ptr_nonnull(filter);
	ck_assert_int_eq(seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(seccomp), 0), 0);
	ck_assert_int_eq(
	    seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(prctl), 1, SCMP_A0(SCMP_CMP_EQ, PR_SET_SECCOMP)),
	    0);
	ck_assert_int_eq(seccomp_load(filter), 0);
	ck_assert_str_eq(sandbox_enter(false), "no_new_privs");
}
END_TEST
#endif

int
main(void)
{
	Suite *suite = suite_create("sandbox");
	TCase *tc = tcase_create("sandbox");
	SRunner *runner;
	int failed;

	suite_add_tcase(suite, tc);
	tcase_add_test(tc, serving_goes_on);
#ifdef HAVE_SECCOMP
	tcase_add_test(tc, everything_else_is_given_up);
	tcase_add_test(tc, the_log_can_be_opened_anew_only_where_there_is_one);
	tcase_add_test(tc, what_can_not_be_given_up_is_told);
	tcase_add_test(tc, where_the_kernel_refuses_the_filter_it_is_told);
#endif
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
