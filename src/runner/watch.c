/*
 * Runs, each from beginning to end.  The hook stays a zombie until all else is gone, so that its process id, which is also that of its
 * group, is nobody else's meanwhile.
 */
#include "watch.h"

#include <errno.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../lib/clock.h"

#define KILL_AGAIN_MS 10 /* what forks while it is killed is killed again */
#define KILL_ROUNDS 64	 /* each time */
#define KILL_FOR_MS \
	2000 /* what runs as another user can't be killed, and is left; what can be is killed until it is dead */

enum phase { RUNNING, ENDING, KILLING };

struct watch {
	const struct run_start *run;
	const struct watch_terms *terms;
	pid_t hook;
	bool hook_ended, timed_out;
	bool killable; /* somebody of those whom KILL was sent last may be killed */
	enum phase phase;
	uint64_t until_ms; /* monotonic: then the next phase begins */
	uint64_t killing_ms;
	struct keeper_note note;
};

/* Signal everybody who is there: the hook's group, and what has left it and become a child of this process.  Returns whether any may be. */
static bool
signal_all(const struct watch *k, int number)
{
	FILE *children = fopen("/proc/thread-self/children", "re");
	bool may = children == NULL;
	int pid;

	kill(-k->hook, number);
	while (children != NULL && fscanf(children, "%d", &pid) == 1)
		if (kill(pid, number) == 0 && pid != k->hook)
			may = true;
	if (children != NULL)
		fclose(children);
	return may;
}

/* Reap all but the hook. */
static void
reap_others(const struct watch *k)
{
	FILE *children = fopen("/proc/thread-self/children", "re");
	int pid;

	while (children != NULL && fscanf(children, "%d", &pid) == 1)
		if (pid != k->hook)
			waitpid(pid, NULL, WNOHANG);
	if (children != NULL)
		fclose(children);
}

/*
 * Is anybody left besides the hook, which has ended?  Linux does not count those that have when it is not asked for them, and looks at all
 * at once: whose parent ends is this process's child before that parent has ended.  A list of children that is read and then gone through
 * can't tell: what is on it may have made way for another meanwhile.
 */
static bool
others_left(const struct watch *k)
{
	siginfo_t info;

	if (waitid(P_ALL, 0, &info, WCONTINUED | WNOHANG | WNOWAIT) == -1 && errno == ECHILD)
		return false;
	reap_others(k);
	return true;
}

static bool
has_ended(pid_t pid)
{
	siginfo_t info = {0};

	return waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid == pid;
}

/*
 * Kill all, again and again without a pause: who forks and ends before it is its turn is missed, and its successor may not be.  Notes
 * whether any could be.
 */
static void
kill_all(struct watch *k)
{
	for (int i = 0; i < KILL_ROUNDS; i++) {
		k->killable = signal_all(k, SIGKILL);
		if (!k->killable || (has_ended(k->hook) && !others_left(k)))
			return;
	}
}

static void
enter(struct watch *k, enum phase phase, uint64_t now)
{
	if (phase == KILLING && k->phase != KILLING)
		k->killing_ms = now;
	k->phase = phase;
	if (phase == ENDING)
		signal_all(k, SIGTERM);
	else
		kill_all(k);
	k->until_ms = now + (phase == ENDING ? k->run->grace_ms : KILL_AGAIN_MS);
}

/* Wait for a child's end, the runner's word, or the next phase.  Returns true when the runner wants the end. */
static bool
wait_for_something(const struct watch *k, uint64_t now)
{
	uint64_t ms = k->until_ms > now ? k->until_ms - now : 0;
	struct timespec timeout = clock_wait(ms);

	return sigtimedwait(&k->terms->signals, NULL, &timeout) == SIGTERM;
}

/* Returns whether all is done: the hook has ended, and what it left behind, or that may stay. */
static bool
is_over(struct watch *k)
{
	if (!k->hook_ended && has_ended(k->hook)) {
		k->hook_ended = true;
		k->note.ended_ms = clock_wall_ms();
	}
	if (!k->hook_ended) {
		reap_others(k);
		return false;
	}
	return k->run->keep_orphans || !others_left(k) ||
	    (k->phase == KILLING && !k->killable && clock_monotonic_ms() >= k->killing_ms + KILL_FOR_MS);
}

static void
watch(struct watch *k)
{
	k->until_ms = clock_monotonic_ms() + k->run->timeout_ms;
	for (uint64_t now = clock_monotonic_ms();; now = clock_monotonic_ms()) {
		if (k->hook_ended && k->phase == RUNNING) {
			enter(k, ENDING, now);
		} else if (now >= k->until_ms) {
			k->timed_out = k->timed_out || k->phase == RUNNING;
			enter(k, k->phase == RUNNING ? ENDING : KILLING, now);
		}
		if (wait_for_something(k, now) && k->phase == RUNNING)
			enter(k, ENDING, clock_monotonic_ms());
		if (is_over(k))
			return;
	}
}

static uint64_t
microseconds(const struct timeval *t)
{
	return (uint64_t)t->tv_sec * 1000000 + (uint64_t)t->tv_usec;
}

static void
conclude(struct watch *k)
{
	struct rusage usage;
	int status = 0;
	pid_t other;

	__atomic_store_n(k->terms->hook, 0, __ATOMIC_RELEASE); /* its number is about to be free */
	while (wait4(k->hook, &status, 0, &usage) == -1 && errno == EINTR)
		continue;
	k->note.end = k->timed_out ? RUN_TIMEOUT : WIFSIGNALED(status) ? RUN_SIGNALED : RUN_EXITED;
	k->note.code = WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status);
	k->note.cpu_us = microseconds(&usage.ru_utime) + microseconds(&usage.ru_stime);
	k->note.memory_kib = (uint64_t)usage.ru_maxrss;
	while ((other = waitpid(-1, NULL, WNOHANG)) > 0)
		continue;
	k->note.alone = other == -1 && errno == ECHILD;
}

void
watch_signals(sigset_t *signals)
{
	sigset_t blocked;

	hook_prepare();
	sigemptyset(signals);
	sigaddset(signals, SIGCHLD);
	sigaddset(signals, SIGTERM);
	blocked = *signals;
	sigaddset(&blocked, SIGINT);
	sigaddset(&blocked, SIGHUP);
	sigaddset(&blocked, SIGPIPE);
	sigprocmask(SIG_SETMASK, &blocked, NULL);
}

struct keeper_note
watch_run(const struct run_start *run, const struct hook_files *files, const struct watch_terms *terms)
{
	struct watch k = {.run = run, .terms = terms, .note = {.started_ms = clock_wall_ms()}};
	int failed = hook_start(run, files, terms->hook), why = errno;

	close(files->body);
	if (terms->outputs_end) {
		close(files->out);
		close(files->err);
	}
	if (failed != 0) {
		k.note.alone = true;
		k.note.end = RUN_FAILED;
		k.note.code = why;
		k.note.ended_ms = clock_wall_ms();
		return k.note;
	}
	k.hook = *terms->hook;
	watch(&k);
	conclude(&k);
	return k.note;
}
