/*
 * Keepers.  The hook stays a zombie until all else is gone, so that its process id, which is also that of its group, is nobody else's
 * meanwhile.
 */
#include "keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../lib/clock.h"
#include "hook.h"

#define KILL_AGAIN_MS 10 /* what forks while it is killed is killed again */
#define KILL_FOR_MS 2000 /* what runs as another user can't be killed, and is left */

/* Where a keeper has its descriptors. */
enum { FD_BODY = 3, FD_OUT, FD_ERR, FD_NOTES, FD_LOCK, FD_END };

enum phase { RUNNING, ENDING, KILLING };

struct keep {
	const struct run_start *run;
	pid_t hook;
	bool hook_ended, timed_out;
	enum phase phase;
	uint64_t until_ms; /* monotonic: then the next phase begins */
	uint64_t killing_ms;
	sigset_t signals;
	struct keeper_note note;
};

static void
tell(const struct keeper_note *note)
{
	while (write(FD_NOTES, note, sizeof *note) == -1 && errno == EINTR)
		continue;
}

/* Signal everybody who is there: the hook's group, and what has left it and become a child of this process. */
static void
signal_all(const struct keep *k, int number)
{
	FILE *children = fopen("/proc/thread-self/children", "re");
	int pid;

	kill(-k->hook, number);
	while (children != NULL && fscanf(children, "%d", &pid) == 1)
		kill(pid, number);
	if (children != NULL)
		fclose(children);
}

/* Reap all but the hook.  Returns whether anybody is left besides it. */
static bool
reap_others(const struct keep *k)
{
	FILE *children = fopen("/proc/thread-self/children", "re");
	bool left = false;
	int pid;

	if (children == NULL && k->hook_ended && !k->run->keep_orphans)
		kill(-k->hook, SIGKILL); /* without /proc nobody else can be found */
	while (children != NULL && fscanf(children, "%d", &pid) == 1)
		if (pid != k->hook && waitpid(pid, NULL, WNOHANG) == 0)
			left = true;
	if (children != NULL)
		fclose(children);
	return left;
}

static void
enter(struct keep *k, enum phase phase, uint64_t now)
{
	if (phase == KILLING && k->phase != KILLING)
		k->killing_ms = now;
	k->phase = phase;
	signal_all(k, phase == ENDING ? SIGTERM : SIGKILL);
	k->until_ms = now + (phase == ENDING ? k->run->grace_ms : KILL_AGAIN_MS);
}

/* Wait for a child's end, the runner's word, or the next phase.  Returns true when the runner wants the end. */
static bool
wait_for_something(const struct keep *k, uint64_t now)
{
	uint64_t ms = k->until_ms > now ? k->until_ms - now : 0;
	struct timespec timeout = {(time_t)(ms / 1000), (long)(ms % 1000) * 1000000};

	return sigtimedwait(&k->signals, NULL, &timeout) == SIGTERM;
}

static bool
has_ended(pid_t pid)
{
	siginfo_t info = {0};

	return waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid == pid;
}

static void
watch(struct keep *k)
{
	k->until_ms = clock_monotonic_ms() + k->run->timeout_ms;
	for (;;) {
		uint64_t now;
		bool others, stop;

		if (!k->hook_ended && has_ended(k->hook)) {
			k->hook_ended = true;
			k->note.ended_ms = clock_wall_ms();
		}
		others = reap_others(k);
		if (k->hook_ended && (!others || k->run->keep_orphans))
			return;
		now = clock_monotonic_ms();
		if (k->hook_ended && k->phase == KILLING && now >= k->killing_ms + KILL_FOR_MS)
			return;
		if (k->hook_ended && k->phase == RUNNING) {
			enter(k, ENDING, now);
		} else if (now >= k->until_ms) {
			k->timed_out = k->timed_out || k->phase == RUNNING;
			enter(k, k->phase == RUNNING ? ENDING : KILLING, now);
		}
		stop = wait_for_something(k, now);
		if (stop && k->phase == RUNNING)
			enter(k, ENDING, clock_monotonic_ms());
	}
}

static void
conclude(struct keep *k)
{
	struct rusage usage;
	int status = 0;

	while (wait4(k->hook, &status, 0, &usage) == -1 && errno == EINTR)
		continue;
	k->note.word = KEEPER_ENDED;
	k->note.end = k->timed_out ? RUN_TIMEOUT : WIFSIGNALED(status) ? RUN_SIGNALED : RUN_EXITED;
	k->note.code = WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status);
	k->note.cpu_us = (uint64_t)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000 +
	    (uint64_t)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
	k->note.memory_kib = (uint64_t)usage.ru_maxrss;
	tell(&k->note);
}

static void
block_signals(sigset_t *signals)
{
	/* Whatever the runner's own handlers do must not happen here. */
	for (int number = 1; number < NSIG; number++)
		signal(number, SIG_DFL);
	sigemptyset(signals);
	sigaddset(signals, SIGCHLD);
	sigaddset(signals, SIGTERM);
	sigprocmask(SIG_SETMASK, signals, NULL);
	signal(SIGINT, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
}

/* FDS, N of them, to FROM and the numbers behind it; everything above is closed.  -1 stays closed. */
static bool
move_descriptors(const int *fds, int n, int from)
{
	int moved[FD_END];

	for (int i = 0; i < n; i++)
		if ((moved[i] = fds[i] == -1 ? -1 : fcntl(fds[i], F_DUPFD_CLOEXEC, from + n)) == -1 && fds[i] != -1)
			return false;
	for (int i = 0; i < n; i++)
		if (moved[i] == -1)
			close(from + i);
		else if (dup3(moved[i], from + i, O_CLOEXEC) == -1)
			return false;
	return close_range((unsigned)(from + n), ~0U, 0) == 0;
}

static void __attribute__((noreturn)) be_keeper(const struct run_start *run, const int *fds, pid_t runner)
{
	struct keep k = {.run = run, .note = {.started_ms = clock_wall_ms()}};

	block_signals(&k.signals);
	prctl(PR_SET_NAME, "hookspool-keep");
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != runner || prctl(PR_SET_CHILD_SUBREAPER, 1) != 0 ||
	    !move_descriptors(fds, FD_END - FD_BODY, FD_BODY))
		_exit(EXIT_FAILURE);
	k.hook = hook_start(run, FD_BODY, FD_OUT, FD_ERR);
	if (k.hook == -1) {
		k.note = (struct keeper_note){.word = KEEPER_ENDED,
		    .end = RUN_FAILED,
		    .code = errno,
		    .started_ms = k.note.started_ms,
		    .ended_ms = clock_wall_ms()};
		tell(&k.note);
		_exit(EXIT_SUCCESS);
	}
	close_range(FD_BODY, FD_ERR, 0); /* the outputs end with the hook's processes, not with this one */
	tell(&(struct keeper_note){.word = KEEPER_STARTED, .pid = k.hook});
	watch(&k);
	conclude(&k);
	_exit(EXIT_SUCCESS);
}

static void
close_pair(const int *pair)
{
	for (int i = 0; i < 2; i++)
		if (pair[i] != -1)
			close(pair[i]);
}

int
keeper_start(const struct run_start *run, int body, int lock, struct keeper *keeper)
{
	int out[2] = {-1, -1}, err[2] = {-1, -1}, notes[2] = {-1, -1}, why;
	pid_t runner = getpid();

	if (pipe2(out, O_CLOEXEC) != 0 || pipe2(err, O_CLOEXEC) != 0 || pipe2(notes, O_CLOEXEC) != 0 ||
	    (keeper->pid = fork()) == -1) {
		why = errno;
		close_pair(out);
		close_pair(err);
		close_pair(notes);
		errno = why;
		return -1;
	}
	if (keeper->pid == 0)
		be_keeper(run, (const int[]){body, out[1], err[1], notes[1], lock}, runner);
	close(out[1]);
	close(err[1]);
	close(notes[1]);
	keeper->out = out[0];
	keeper->err = err[0];
	keeper->notes = notes[0];
	fcntl(keeper->out, F_SETFL, O_NONBLOCK);
	fcntl(keeper->err, F_SETFL, O_NONBLOCK);
	fcntl(keeper->notes, F_SETFL, O_NONBLOCK);
	return 0;
}
