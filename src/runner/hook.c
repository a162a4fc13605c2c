/*
 * A hook program's process, from its beginning to execve.  Until then it shares this process's memory, which stands still meanwhile (as after
 * vfork(2), but on a stack of its own): there is nothing to copy, and why it failed lies here when it has ended.  Nothing of this process
 * may change by it, so nothing is allocated on the way.  Who it has become can't trace it: setuid(2) makes the shared memory undumpable
 * (unless fs.suid_dumpable is 1, which proc(5) calls insecure).  What goes wrong is told in words, too, on the hook's own standard error,
 * where the operator looks.
 */
#include "hook.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/close_range.h>
#include <sched.h>
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

#define EXIT_NO_HOOK 127
#define STACK_SIZE (256u << 10) /* trust_program() has several paths on it */

/* What the hook's process is given, and leaves. */
struct start {
	const struct run_start *run;
	const struct hook_files *files;
	pid_t keeper;
	int why; /* errno of what failed */
};

static int fail(struct start *, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* In the child: errno says why.  Returns -1. */
static int
fail(struct start *start, const char *format, ...)
{
	int why = errno;
	char text[512];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	dprintf(STDERR_FILENO, "hookspool: %s: %s\n", text, strerror(why));
	start->why = why;
	return -1;
}

void
hook_prepare(void)
{
	for (int number = 1; number < NSIG; number++)
		signal(number, SIG_DFL);
}

static void
unblock_signals(void)
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* What goes wrong here can't be told in words: nobody knows where they would go. */
static int
arrange_descriptors(struct start *start)
{
	const struct hook_files *files = start->files;

	if (dup2(files->body, STDIN_FILENO) != -1 && dup2(files->out, STDOUT_FILENO) != -1 &&
	    dup2(files->err, STDERR_FILENO) != -1 && close_range(STDERR_FILENO + 1, ~0U, 0) == 0)
		return 0;
	start->why = errno;
	return -1;
}

/*
 * Where the kernel shares processors among sessions (sched(7), "autogroup"), a process's nice value counts only within its own, and a hook
 * has one of its own.  Where it does not, there is no such file.
 */
static void
nice_session(uint32_t nice)
{
	int fd = open("/proc/self/autogroup", O_WRONLY | O_CLOEXEC);

	if (fd == -1)
		return;
	(void)!dprintf(fd, "%u", nice);
	close(fd);
}

static int
limit(struct start *start)
{
	const struct run_start *run = start->run;

	for (size_t i = 0; i < run->nlimits; i++) {
		struct rlimit value = {run->limits[i].value, run->limits[i].value};

		if (setrlimit((int)run->limits[i].resource, &value) != 0)
			return fail(start, "can't set resource limit %u to %llu", run->limits[i].resource,
			    (unsigned long long)run->limits[i].value);
	}
	errno = 0;
	if (run->nice != 0 && nice((int)run->nice) == -1 && errno != 0)
		return fail(start, "can't set nice %u", run->nice);
	if (run->nice != 0)
		nice_session(run->nice);
	return 0;
}

/* Who is not root can be nobody else. */
static int
become(struct start *start)
{
	const struct account *as = start->run->as;

	if (as->uid == ACCOUNT_SAME || (geteuid() != 0 && geteuid() == as->uid))
		return 0;
	if (setgroups(as->ngroups, as->groups) != 0 || setgid(as->gid) != 0 || setuid(as->uid) != 0)
		return fail(start, "can't become user %u, group %u", (unsigned)as->uid, (unsigned)as->gid);
	return 0;
}

static int
trust(struct start *start)
{
	const char *program = start->run->arguments[0];
	char why[TRUST_TEXT_MAX];

	if (trust_program(program, why, sizeof why) == 0)
		return 0;
	if (errno == EPERM)
		dprintf(STDERR_FILENO, "hookspool: '%s' %s\n", program, why);
	return fail(start, "can't run '%s'", program);
}

/*
 * Returns the exit status of who did not become a hook.  AddressSanitizer must not mark its frame: who becomes one leaves it without a return,
 * and the next comes to lie on it.
 */
static int __attribute__((no_sanitize_address)) be_hook(void *argument)
{
	struct start *start = argument;
	const struct run_start *run = start->run;

	if (arrange_descriptors(start) != 0)
		return EXIT_NO_HOOK;
	setsid();
	unblock_signals();
	umask(run->umask);
	/* Trust not before the user is right: root sees more than it may tell. */
	if (limit(start) != 0 || become(start) != 0 || trust(start) != 0)
		return EXIT_NO_HOOK;
	/* After the user has changed, which clears it.  The keeper ends a hook in order; this is for when it can't. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != start->keeper)
		return EXIT_NO_HOOK;
	if (chdir(run->directory) != 0) {
		fail(start, "can't enter the directory '%s'", run->directory);
		return EXIT_NO_HOOK;
	}
	execve(run->arguments[0], run->arguments, run->variables);
	fail(start, "can't run '%s'", run->arguments[0]);
	return EXIT_NO_HOOK;
}

int
hook_start(const struct run_start *run, const struct hook_files *files, pid_t *pid)
{
	static char stack[STACK_SIZE] __attribute__((aligned(64)));
	struct start start = {.run = run, .files = files, .keeper = getpid()};
	pid_t child;

	*pid = 0;
	child =
	    clone(be_hook, stack + sizeof stack, CLONE_VM | CLONE_VFORK | CLONE_PARENT_SETTID | SIGCHLD, &start, pid);
	if (child == -1)
		return -1;
	if (start.why == 0)
		return 0;
	while (waitpid(child, NULL, 0) == -1 && errno == EINTR)
		continue;
	*pid = 0;
	errno = start.why;
	return -1;
}
