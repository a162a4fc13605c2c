/*
 * A hook program's process, from fork to execve.  What goes wrong in the child before that is told through a pipe that execve closes, and
 * in words on the hook's own standard error, where the operator looks.
 */
#include "hook.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/close_range.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../lib/trust.h"

#define FD_STATUS 3

static void fail(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

/* In the child: errno says why. */
static void
fail(const char *format, ...)
{
	int why = errno;
	char text[512];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	dprintf(STDERR_FILENO, "hookspool: %s: %s\n", text, strerror(why));
	(void)!write(FD_STATUS, &why, sizeof why);
	_exit(127);
}

static void
default_signals(void)
{
	sigset_t none;

	for (int number = 1; number < NSIG; number++)
		signal(number, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* Sources above the four places first, so that none is overwritten. */
static bool
arrange_descriptors(int body, int out, int err, int status)
{
	int in2 = fcntl(body, F_DUPFD, FD_STATUS + 1), out2 = fcntl(out, F_DUPFD, FD_STATUS + 1);
	int err2 = fcntl(err, F_DUPFD, FD_STATUS + 1), status2 = fcntl(status, F_DUPFD, FD_STATUS + 1);

	return in2 != -1 && out2 != -1 && err2 != -1 && status2 != -1 && dup2(in2, STDIN_FILENO) != -1 &&
	    dup2(out2, STDOUT_FILENO) != -1 && dup2(err2, STDERR_FILENO) != -1 &&
	    dup3(status2, FD_STATUS, O_CLOEXEC) != -1 && close_range(FD_STATUS + 1, ~0U, 0) == 0;
}

static void
limit(const struct run_start *run)
{
	for (size_t i = 0; i < run->nlimits; i++) {
		struct rlimit value = {run->limits[i].value, run->limits[i].value};

		if (setrlimit((int)run->limits[i].resource, &value) != 0)
			fail("can't set resource limit %u to %llu", run->limits[i].resource,
			    (unsigned long long)run->limits[i].value);
	}
	errno = 0;
	if (run->nice != 0 && nice((int)run->nice) == -1 && errno != 0)
		fail("can't set nice %u", run->nice);
}

/* Who is not root can be nobody else. */
static void
become(const struct account *as)
{
	if (as->uid == ACCOUNT_SAME || (geteuid() != 0 && geteuid() == as->uid))
		return;
	if (setgroups(as->ngroups, as->groups) != 0 || setgid(as->gid) != 0 || setuid(as->uid) != 0)
		fail("can't become user %u, group %u", (unsigned)as->uid, (unsigned)as->gid);
}

static void
trust(const char *program)
{
	char why[TRUST_TEXT_MAX];

	if (trust_program(program, why, sizeof why) == 0)
		return;
	if (errno == EPERM)
		dprintf(STDERR_FILENO, "hookspool: '%s' %s\n", program, why);
	fail("can't run '%s'", program);
}

static void __attribute__((noreturn)) be_hook(const struct run_start *run, pid_t keeper)
{
	setsid();
	default_signals();
	umask(run->umask);
	limit(run);
	become(run->as);
	trust(run->arguments[0]); /* not before: root sees more than it may tell */
	/* After the user has changed, which clears it.  The keeper ends a hook in order; this is for when it can't. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != keeper)
		_exit(127);
	if (chdir(run->directory) != 0)
		fail("can't enter the directory '%s'", run->directory);
	execve(run->arguments[0], run->arguments, run->variables);
	fail("can't run '%s'", run->arguments[0]);
}

pid_t
hook_start(const struct run_start *run, int body, int out, int err)
{
	pid_t keeper = getpid(), pid;
	int status[2], why = 0;

	if (pipe2(status, O_CLOEXEC) != 0)
		return -1;
	pid = fork();
	if (pid == 0) {
		if (!arrange_descriptors(body, out, err, status[1]))
			_exit(127);
		be_hook(run, keeper);
	}
	if (pid == -1)
		why = errno;
	close(status[1]);
	while (pid != -1 && read(status[0], &why, sizeof why) == -1 && errno == EINTR)
		continue;
	close(status[0]);
	if (why == 0)
		return pid;
	while (pid != -1 && waitpid(pid, NULL, 0) == -1 && errno == EINTR)
		continue;
	errno = why;
	return -1;
}
