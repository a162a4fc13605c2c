/* Children, as the kernel lists them. */
#include "adopted.h"

#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#define ROUNDS \
	64 /* without a pause: who forks and ends before it is its turn is missed, and its successor may not be */

/* The next one that is, or is not, of this session; or 0: there are no more. */
static pid_t
next_of(FILE *children, bool kin)
{
	pid_t own = getsid(0);
	int pid;

	while (children != NULL && fscanf(children, "%d", &pid) == 1) {
		pid_t session = getsid(pid);

		if (session != -1 && (session == own) == kin)
			return pid;
	}
	return 0;
}

static pid_t
next(FILE *children)
{
	return next_of(children, false);
}

static FILE *
list(void)
{
	return fopen("/proc/thread-self/children", "re");
}

static bool
kill_once(void)
{
	FILE *children = list();
	bool left = false;
	pid_t pid;

	while ((pid = next(children)) != 0)
		if (waitpid(pid, NULL, WNOHANG) > 0 || kill(pid, SIGKILL) == 0)
			left = true; /* or who has come from it */
	if (children != NULL)
		fclose(children);
	return left;
}

bool
adopted_kill(void)
{
	for (int i = 0; i < ROUNDS; i++)
		if (!kill_once())
			return false;
	return true;
}

bool
adopted_wake_kin(void)
{
	FILE *children = list();
	bool any = children == NULL;
	pid_t pid;

	while (children != NULL && (pid = next_of(children, true)) != 0)
		if (kill(pid, SIGCONT) == 0)
			any = true;
	if (children != NULL)
		fclose(children);
	return any;
}

bool
adopted_any(void)
{
	FILE *children = list();
	bool any = children == NULL || next(children) != 0;

	if (children != NULL)
		fclose(children);
	return any;
}
