/*
 * A hook program's process, from fork to execve.  What goes wrong in the child before that is told through a pipe that execve closes.
 */
#include "hook.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

struct pipes {
	int out[2], err[2], status[2];
};

static void
default_signals(void)
{
	sigset_t none;

	for (int number = 1; number < NSIG; number++)
		signal(number, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* Descriptors 0 to 2 as the hook is to see them; the status pipe at 3.  Sources above 3 first, so that none is overwritten. */
static bool
arrange_descriptors(int body, struct pipes *p)
{
	int in = fcntl(body, F_DUPFD, 4), out = fcntl(p->out[1], F_DUPFD, 4), err = fcntl(p->err[1], F_DUPFD, 4);
	int status = fcntl(p->status[1], F_DUPFD, 4);

	return in != -1 && out != -1 && err != -1 && status != -1 && dup2(in, 0) != -1 && dup2(out, 1) != -1 &&
	    dup2(err, 2) != -1 && dup3(status, 3, O_CLOEXEC) != -1 && close_range(4, ~0U, 0) == 0;
}

static void __attribute__((noreturn))
be_hook(const struct run_request *request, int body, struct pipes *p, pid_t runner)
{
	int why;

	setsid();
	/* The runner kills groups when it ends in order; this is for when it does not. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != runner)
		_exit(127);
	default_signals();
	umask(0077);
	if (arrange_descriptors(body, p) && chdir(request->directory) == 0)
		execve(request->arguments[0], request->arguments, request->variables);
	why = errno;
	(void)!write(3, &why, sizeof why);
	_exit(127);
}

static void
close_both(int *pair)
{
	for (int i = 0; i < 2; i++)
		if (pair[i] != -1)
			close(pair[i]);
	pair[0] = pair[1] = -1;
}

int
hook_start(const struct run_request *request, int body, struct hook_process *process)
{
	struct pipes p = {{-1, -1}, {-1, -1}, {-1, -1}};
	pid_t runner = getpid();
	int why = 0;

	if (pipe2(p.out, O_CLOEXEC) != 0 || pipe2(p.err, O_CLOEXEC) != 0 || pipe2(p.status, O_CLOEXEC) != 0)
		goto fail;
	if ((process->pid = fork()) == -1)
		goto fail;
	if (process->pid == 0)
		be_hook(request, body, &p, runner);
	close(p.status[1]);
	p.status[1] = -1;
	while (read(p.status[0], &why, sizeof why) == -1 && errno == EINTR)
		continue;
	if (why != 0) {
		while (waitpid(process->pid, NULL, 0) == -1 && errno == EINTR)
			continue;
		errno = why;
		goto fail;
	}
	close_both(p.status);
	close(p.out[1]);
	close(p.err[1]);
	process->out = p.out[0];
	process->err = p.err[0];
	fcntl(process->out, F_SETFL, O_NONBLOCK);
	fcntl(process->err, F_SETFL, O_NONBLOCK);
	return 0;
fail:
	why = errno;
	close_both(p.out);
	close_both(p.err);
	close_both(p.status);
	errno = why;
	return -1;
}
