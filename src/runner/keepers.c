/*
 * A keeper is in one list: idle, busy, or lost, where it waits to be reaped because its socket says nothing any more, or dying: it is reaped, and
 * its hook, which was killed, is not dead yet.
 */
#include "keepers.h"

#include <errno.h>
#include <event2/event.h>
#include <signal.h>
#include <stdlib.h>

#include "../lib/clock.h"
#include "adopted.h"

#define IDLE_MAX 32 /* so many stay: a burst of more can be started anew */

#define DYING_MS 2000 /* whoever a file system does not let die is not waited for */

#define NOT_DUE UINT64_MAX

struct kept {
	struct kept *next;
	struct keepers *keepers;
	struct keeper keeper;
	struct event *readable;
	struct kept_owner owner; /* of its run */
	uint64_t since_ms;	 /* monotonic: idle since */
	uint64_t grace_ms;	 /* of its run */
	uint64_t due_ms;	 /* monotonic: its run must have ended by then */
	bool only;		 /* it is for one run */
	int status;		 /* a dying one's */
};

struct keepers {
	struct event_base *base;
	const struct keeper_terms *terms;
	struct kept *idle, *busy, *lost, *dying; /* of the idle ones that of the last run comes first */
	unsigned nidle;
	struct event *sweep;
	struct event *overdue; /* one for all: at DUE_MS, when the first of them may be */
	uint64_t due_ms;       /* monotonic; NOT_DUE: it does not wait */
	bool stopping;
	bool left; /* this process may have adopted what may live on */
};

static void
enter(struct kept **list, struct kept *kept)
{
	kept->next = *list;
	*list = kept;
}

static void
leave(struct kept **list, const struct kept *kept)
{
	while (*list != kept)
		list = &(*list)->next;
	*list = kept->next;
}

/* It is in no list, and the process has ended, or ends without this. */
static void
forget(struct kept *kept)
{
	if (kept->readable != NULL)
		event_free(kept->readable);
	keeper_close(&kept->keeper);
	free(kept);
}

/* *AT, an idle one, leaves; also one that somebody has stopped. */
static void
dismiss(struct keepers *keepers, struct kept **at)
{
	struct kept *kept = *at;
	pid_t pid = kept->keeper.pid;

	*at = kept->next;
	keepers->nidle--;
	forget(kept);
	kill(pid, SIGCONT);
}

static void
sweep_later(struct keepers *keepers)
{
	struct timeval delay = clock_delay(keepers->terms->idle_ms);

	event_add(keepers->sweep, &delay);
}

static void
on_sweep(evutil_socket_t fd, short what, void *argument)
{
	struct keepers *keepers = argument;
	uint64_t now = clock_monotonic_ms();

	(void)fd;
	(void)what;
	for (struct kept **at = &keepers->idle, *kept; (kept = *at) != NULL;) {
		if (now < kept->since_ms + keepers->terms->idle_ms) {
			at = &kept->next;
			continue;
		}
		dismiss(keepers, at);
	}
	if (keepers->idle != NULL)
		sweep_later(keepers);
}

static void
wake_at(struct keepers *keepers, uint64_t due_ms)
{
	struct timeval delay;
	uint64_t now;

	if (due_ms >= keepers->due_ms)
		return;
	now = clock_monotonic_ms();
	delay = clock_delay(due_ms > now ? due_ms - now : 0);
	keepers->due_ms = due_ms;
	event_add(keepers->overdue, &delay);
}

static void
tell_of_lost(struct kept *kept)
{
	struct kept_owner owner = kept->owner;
	bool began = kept_hook(kept) > 0;
	int status = kept->status;

	forget(kept);
	if (owner.ended != NULL)
		owner.ended(owner.context, NULL, status, began);
}

/* Also a zombie's number is somebody's, until it is reaped. */
static bool
is_somebody(pid_t pid)
{
	return kill(pid, 0) == 0 || errno != ESRCH;
}

static bool
lives(const struct kept *kept)
{
	pid_t hook = kept_hook(kept);

	return hook > 0 && (is_somebody(hook) || is_somebody(-hook));
}

/* Tells of those of whom nobody lives any more, or who took too long.  That may start the next run: the list is looked at anew. */
static void
settle_dying(struct keepers *keepers, uint64_t now)
{
	struct kept *kept = keepers->dying;

	while (kept != NULL)
		if (lives(kept) && now < kept->due_ms) {
			kept = kept->next;
		} else {
			leave(&keepers->dying, kept);
			tell_of_lost(kept);
			kept = keepers->dying;
		}
}

static void
on_overdue(evutil_socket_t fd, short what, void *argument)
{
	struct keepers *keepers = argument;
	uint64_t now = clock_monotonic_ms();

	(void)fd;
	(void)what;
	keepers->due_ms = NOT_DUE;
	for (struct kept *kept = keepers->busy; kept != NULL; kept = kept->next) {
		if (kept->due_ms <= now) {
			keeper_kill(&kept->keeper);
			kept->due_ms = NOT_DUE;
		}
		wake_at(keepers, kept->due_ms);
	}
	settle_dying(keepers, now);
	for (struct kept *kept = keepers->dying; kept != NULL; kept = kept->next)
		wake_at(keepers, kept->due_ms);
}

/* Its run is over, and nothing of that lives. */
static void
rest(struct kept *kept)
{
	struct keepers *keepers = kept->keepers;

	if (keepers->stopping || keepers->nidle == IDLE_MAX) {
		forget(kept);
		return;
	}
	kept->since_ms = clock_monotonic_ms();
	if (keepers->idle == NULL)
		sweep_later(keepers);
	enter(&keepers->idle, kept);
	keepers->nidle++;
}

/* It has said how its run ended. */
static void
conclude(struct kept *kept, const struct keeper_note *note)
{
	struct kept_owner owner = kept->owner;

	leave(&kept->keepers->busy, kept);
	kept->owner.ended = NULL;
	if (kept->only && !note->alone) { /* what it leaves is adopted when it is reaped */
		event_del(kept->readable);
		enter(&kept->keepers->lost, kept);
	} else if (kept->only || !note->alone)
		forget(kept);
	else
		rest(kept);
	owner.ended(owner.context, note, 0, true);
}

static void
on_readable(evutil_socket_t fd, short what, void *argument)
{
	struct kept *kept = argument;
	struct keepers *keepers = kept->keepers;
	struct keeper_note note;
	int found = keeper_read(&kept->keeper, &note);

	(void)fd;
	(void)what;
	if (found == 0)
		return;
	if (found == 1 && kept->owner.ended != NULL) {
		conclude(kept, &note);
		return;
	}
	/* It was killed, and is about to be reaped; or is made to be. */
	kill(kept->keeper.pid, SIGKILL);
	event_del(kept->readable);
	if (kept->owner.ended == NULL)
		keepers->nidle--;
	leave(kept->owner.ended == NULL ? &keepers->idle : &keepers->busy, kept);
	enter(&keepers->lost, kept);
}

static struct kept *
kept_new(struct keepers *keepers, const struct keeper *keeper)
{
	struct kept *kept = calloc(1, sizeof *kept);

	if (kept != NULL) {
		kept->keepers = keepers;
		kept->keeper = *keeper;
		kept->readable = event_new(keepers->base, keeper->socket, EV_READ | EV_PERSIST, on_readable, kept);
	}
	if (kept != NULL && kept->readable != NULL && event_add(kept->readable, NULL) == 0)
		return kept;
	if (kept != NULL && kept->readable != NULL)
		event_free(kept->readable);
	free(kept);
	kill(keeper->pid, SIGKILL);
	keeper_close(&(struct keeper){keeper->pid, keeper->socket, keeper->hook});
	errno = ENOMEM;
	return NULL;
}

/* One that is kept, with the run; or NULL: there is none. */
static struct kept *
give_idle(struct keepers *keepers, const struct run_start *run, const struct hook_files *files)
{
	while (keepers->idle != NULL) {
		struct kept *kept = keepers->idle;
		int failed = keeper_give(&kept->keeper, run, files);

		if (failed != 0) { /* somebody has killed it */
			dismiss(keepers, &keepers->idle);
			continue;
		}
		keepers->idle = kept->next;
		keepers->nidle--;
		return kept;
	}
	return NULL;
}

static struct kept *
give_new(struct keepers *keepers, const struct run_start *run, const struct hook_files *files)
{
	struct keeper keeper;
	struct kept *kept;

	/* What a hook may leave behind must not be taken for the next one's. */
	if (run->keep_orphans ? keeper_start(keepers->terms, run, files, &keeper) != 0
			      : keeper_open(keepers->terms, &keeper) != 0)
		return NULL;
	if ((kept = kept_new(keepers, &keeper)) == NULL)
		return NULL;
	kept->only = run->keep_orphans;
	if (kept->only || keeper_give(&kept->keeper, run, files) == 0)
		return kept;
	forget(kept);
	errno = EAGAIN;
	return NULL;
}

struct kept *
keepers_run(struct keepers *keepers, const struct run_start *run, const struct hook_files *files,
    const struct kept_owner *owner)
{
	struct kept *kept = run->keep_orphans ? NULL : give_idle(keepers, run, files);

	if (kept == NULL && (kept = give_new(keepers, run, files)) == NULL)
		return NULL;
	kept->owner = *owner;
	kept->grace_ms = run->grace_ms;
	kept->due_ms = clock_monotonic_ms() + run->timeout_ms + run->grace_ms + keepers->terms->patience_ms;
	enter(&keepers->busy, kept);
	wake_at(keepers, kept->due_ms);
	return kept;
}

void
kept_end(const struct kept *kept)
{
	if (kept->keeper.pid > 0)
		kill(kept->keeper.pid, SIGTERM);
}

pid_t
kept_keeper(const struct kept *kept)
{
	return kept->keeper.pid;
}

pid_t
kept_hook(const struct kept *kept)
{
	return keeper_hook(&kept->keeper);
}

static struct kept *
with_pid(struct kept *list, pid_t pid)
{
	while (list != NULL && list->keeper.pid != pid)
		list = list->next;
	return list;
}

/* The hook went with its keeper (PR_SET_PDEATHSIG); its group, which may not have, is killed here.  The run has ended when they are dead. */
static void
lose(struct kept *kept, int status)
{
	pid_t hook = kept_hook(kept);

	if (hook > 0) {
		kill(-hook, SIGKILL);
		kill(hook, SIGKILL); /* it may not have begun yet, so that it has no group, and was stopped */
	}
	if (kept->only)
		kept->keepers->left = true;
	kept->keeper.pid = 0; /* which may be another's soon */
	kept->status = status;
	kept->due_ms = clock_monotonic_ms() + DYING_MS;
	enter(&kept->keepers->dying, kept);
	wake_at(kept->keepers, kept->due_ms);
}

static bool
reaped(struct keepers *keepers, pid_t pid, int status)
{
	struct keeper_note note;
	struct kept *kept;

	if ((kept = with_pid(keepers->idle, pid)) != NULL) {
		leave(&keepers->idle, kept);
		keepers->nidle--;
		forget(kept);
		return true;
	}
	if ((kept = with_pid(keepers->lost, pid)) != NULL) {
		leave(&keepers->lost, kept);
		lose(kept, status);
		return true;
	}
	if ((kept = with_pid(keepers->busy, pid)) == NULL)
		return false;
	if (keeper_read(&kept->keeper, &note) == 1) {
		keepers->left = keepers->left || kept->only;
		kept->only = note.alone = true; /* it is gone */
		conclude(kept, &note);
		return true;
	}
	leave(&keepers->busy, kept);
	lose(kept, status);
	return true;
}

bool
keepers_reaped(struct keepers *keepers, pid_t pid, int status)
{
	bool found = reaped(keepers, pid, status);

	settle_dying(keepers, clock_monotonic_ms());
	return found;
}

void
keepers_stop(struct keepers *keepers)
{
	uint64_t now = clock_monotonic_ms();

	keepers->stopping = true;
	while (keepers->idle != NULL)
		dismiss(keepers, &keepers->idle);
	for (struct kept *kept = keepers->busy; kept != NULL; kept = kept->next) {
		uint64_t due_ms = now + kept->grace_ms + keepers->terms->patience_ms;

		if (due_ms < kept->due_ms)
			kept->due_ms = due_ms;
		wake_at(keepers, kept->due_ms);
	}
}

static bool
any_only(const struct kept *list)
{
	while (list != NULL && !list->only)
		list = list->next;
	return list != NULL;
}

bool
keepers_leave_any(struct keepers *keepers)
{
	keepers->left = keepers->left && adopted_any();
	return keepers->left || any_only(keepers->busy) || any_only(keepers->lost);
}

unsigned
keepers_idle(const struct keepers *keepers)
{
	return keepers->nidle;
}

struct keepers *
keepers_new(struct event_base *base, const struct keeper_terms *terms)
{
	struct keepers *keepers = calloc(1, sizeof *keepers);

	if (keepers == NULL)
		return NULL;
	keepers->base = base;
	keepers->terms = terms;
	keepers->due_ms = NOT_DUE;
	keepers->sweep = event_new(base, -1, 0, on_sweep, keepers);
	keepers->overdue = event_new(base, -1, 0, on_overdue, keepers);
	if (keepers->sweep != NULL && keepers->overdue != NULL)
		return keepers;
	if (keepers->sweep != NULL)
		event_free(keepers->sweep);
	if (keepers->overdue != NULL)
		event_free(keepers->overdue);
	free(keepers);
	return NULL;
}

static void
forget_all(struct kept **list)
{
	while (*list != NULL) {
		struct kept *kept = *list;

		*list = kept->next;
		forget(kept);
	}
}

void
keepers_free(struct keepers *keepers)
{
	if (keepers == NULL)
		return;
	keepers_stop(keepers);
	forget_all(&keepers->busy);
	forget_all(&keepers->lost);
	forget_all(&keepers->dying);
	event_free(keepers->sweep);
	event_free(keepers->overdue);
	free(keepers);
}
