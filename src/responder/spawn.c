/* The spooler's start: forked twice, so that init adopts it and no web server that ends its responders takes it along. */
#include "spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <stdint.h>
#include <sys/wait.h>
#include <unistd.h>

/* Between fork and execve of a process with threads: nothing but system calls. */
static void __attribute__((noreturn)) be_spooler(char *const *arguments)
{
	static char *const environment[] = {
	    (char *)(uintptr_t) "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", NULL};
	sigset_t none;
	int null = open("/dev/null", O_RDWR);

	setsid();
	if (fork() != 0)
		_exit(0);
	for (int number = 1; number < NSIG; number++)
		signal(number, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (null == -1 || dup2(null, 0) == -1 || dup2(null, 1) == -1 || chdir("/") != 0)
		_exit(1);
	close_range(3, ~0U, 0); /* standard error stays: the web server's log */
	execve(arguments[0], arguments, environment);
	_exit(1);
}

int
spawn_spooler(const char *program, const char *file)
{
	char *arguments[] = {(char *)(uintptr_t)program, (char *)(uintptr_t) "-c", (char *)(uintptr_t)file, NULL};
	pid_t pid;

	if (access(program, X_OK) != 0 || (pid = fork()) == -1)
		return -1;
	if (pid == 0)
		be_spooler(arguments);
	while (waitpid(pid, NULL, 0) == -1 && errno == EINTR)
		continue;
	return 0;
}
