#include "reaper.h"

#include <errno.h>
#include <linux/close_range.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../lib/clock.h"
#include "adopted.h"

#define DYING_MS 2000	 /* whoever a file system does not let die is not waited for */
#define LOOK_AGAIN_MS 50 /* also without a child's end: a keeper may have been stopped meanwhile */

static volatile bool *spared; /* shared with the runner */

/* Each keeper that lives may take what time its run's grace period gives it. */
static void
wait_for_all(void)
{
	uint64_t until_ms = clock_monotonic_ms() + DYING_MS;
	struct timespec timeout = clock_wait(LOOK_AGAIN_MS);
	sigset_t ended;

	sigemptyset(&ended);
	sigaddset(&ended, SIGCHLD);
	for (;;) {
		while (waitpid(-1, NULL, WNOHANG) > 0)
			continue;
		if (!*spared)
			adopted_kill();
		if (adopted_wake_kin())
			until_ms = clock_monotonic_ms() + DYING_MS;
		else if (*spared || !adopted_any() || clock_monotonic_ms() >= until_ms)
			return;
		sigtimedwait(&ended, NULL, &timeout);
	}
}

/* A hook that has the runner's user may stop it, and all others with it. */
static void
wait_for_runner(pid_t runner)
{
	struct timespec moment = clock_wait(LOOK_AGAIN_MS);
	int status;

	for (;;) {
		if (waitpid(runner, &status, WUNTRACED) == -1) {
			if (errno == EINTR)
				continue;
			return;
		}
		if (!WIFSTOPPED(status))
			return;
		kill(runner, SIGCONT);
		nanosleep(&moment, NULL); /* he may do so again and again */
	}
}

static void __attribute__((noreturn)) be_reaper(pid_t runner, int lock)
{
	sigset_t ended;

	prctl(PR_SET_NAME, "hookspool-reap");
	signal(SIGTERM, SIG_IGN);
	signal(SIGINT, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signal(SIGCHLD, SIG_DFL);
	sigemptyset(&ended);
	sigaddset(&ended, SIGCHLD);
	sigprocmask(SIG_BLOCK, &ended, NULL);
	close_range(dup2(lock, STDERR_FILENO + 1) == -1 ? STDERR_FILENO + 1 : STDERR_FILENO + 2, ~0U, 0);
	wait_for_runner(runner);
	wait_for_all();
	_exit(EXIT_SUCCESS);
}

int
reaper_begin(int lock)
{
	void *page = mmap(NULL, sizeof *spared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t runner;

	if (page == MAP_FAILED)
		return -1;
	spared = page;
	if (prctl(PR_SET_CHILD_SUBREAPER, 1) != 0 || (runner = fork()) == -1)
		return -1;
	if (runner != 0)
		be_reaper(runner, lock);
	return 0;
}

void
reaper_spare(void)
{
	if (spared != NULL)
		*spared = true;
}
