/* Children, as the kernel lists them. */
#include "adopted.h"

#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#define ROUNDS \
	64 /* without a pause: who forks and ends before it is its turn is missed, and its successor may not be */

/* The next adopted one, or 0: there are no more. */
static pid_t
next(FILE *children)
{
	pid_t own = getsid(0);
	int pid;

	while (children != NULL && fscanf(children, "%d", &pid) == 1) {
		pid_t session = getsid(pid);

		if (session != -1 && session != own)
			return pid;
	}
	return 0;
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
adopted_any(void)
{
	FILE *children = list();
	bool any = children == NULL || next(children) != 0;

	if (children != NULL)
		fclose(children);
	return any;
}
