/* One order, one answer; what it starts arrives on the runner's socket, and is looked at after each. */
#include "subject.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../src/protocol/run.h"
#include "../../src/spool/record.h"
#include "../unit/runner_end.h"
#include "reference.h"

struct order order;
struct answer answer;
unsigned long starts;

static int orders = -1, runner = -1;
static pid_t served;
static const char *spool;
static uint64_t chance_given;

static int
hook_called(const char *source, const char *title)
{
	char name[64];
	int hook;

	snprintf(name, sizeof name, "%s/%s", source, title);
	if ((hook = hook_named(name)) == NO_HOOK)
		fail("a run of %s", name);
	return hook;
}

static const char *
variable(const struct run_start *run, const char *name)
{
	for (size_t i = 0; run->variables[i] != NULL; i++)
		if (strncmp(run->variables[i], name, strlen(name)) == 0 && run->variables[i][strlen(name)] == '=')
			return run->variables[i] + strlen(name) + 1;
	fail("a run without %s", name);
}

static void
check_start(const struct run_start *run)
{
	uint64_t number = strtoull(variable(run, "HOOKSPOOL_NUMBER"), NULL, 10);
	int hook = hook_called(variable(run, "HOOKSPOOL_SOURCE"), variable(run, "HOOKSPOOL_HOOK"));
	struct task *d = &event_of(number)->d[hook];
	unsigned long long n = number;

	if (!d->exists || d->state != DELIVERY_QUEUED)
		fail("event %llu: %s starts and is not queued", n, hook_name[hook]);
	if (d->running)
		fail("event %llu: %s starts and runs already", n, hook_name[hook]);
	if (d->next_ms > m.now_ms)
		fail("event %llu: %s starts before it is due", n, hook_name[hook]);
	if (!lane_is_free(number))
		fail("event %llu: %s starts out of its lane's order", n, hook_name[hook]);
	if (!hook_may_start(hook))
		fail("event %llu: %s starts beyond a limit, or is suspended", n, hook_name[hook]);
	if (is_due_before(hook, number))
		fail("event %llu: %s starts before the older event %llu", n, hook_name[hook],
		    (unsigned long long)first_of(hook));
	if (strtoul(variable(run, "HOOKSPOOL_ATTEMPT"), NULL, 10) != d->attempts + 1)
		fail("event %llu: %s starts as the wrong attempt", n, hook_name[hook]);
	run_starts(number, hook, run->token);
	starts++;
}

/* What the spooler sent; only looked at when CHECK. */
static void
take_starts(bool check)
{
	static unsigned char message[RUN_MESSAGE_MAX];
	static struct run_start run;
	struct account same = {.uid = ACCOUNT_SAME};
	size_t len;
	int body;

	while ((len = runner_end_receive(runner, message, &body)) > 0) {
		if (body != -1)
			close(body);
		if (run_decode_start(&run, message, len, &(struct accounts){&same, 1}) != 0)
			fail("a message that is no run");
		if (check)
			check_start(&run);
	}
}

pid_t
subject_start(const char *dir, uint64_t chance)
{
	int o[2], r[2];

	spool = dir;
	chance_given = chance;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, o) != 0 || socketpair(AF_UNIX, SOCK_SEQPACKET, 0, r) != 0)
		fail("socketpair: %s", strerror(errno));
	if ((served = fork()) == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(o[0]);
		close(r[0]);
		serve_orders(o[1], r[1], dir, chance);
	}
	close(o[1]);
	close(r[1]);
	orders = o[0];
	runner = r[0];
	return served;
}

void
subject_kill(void)
{
	if (served > 0)
		kill(served, SIGKILL);
}

void
run_ends(const struct run_report *report)
{
	static unsigned char message[RUN_MESSAGE_MAX];

	if (send(runner, message, run_encode_report(report, message), MSG_NOSIGNAL) < 0)
		fail("the spooler's side does not read");
}

/* Send ORDER and wait.  Returns false: the process has died, as it was told to. */
bool
obeyed(void)
{
	note_free();
	order.now_ms = m.now_ms;
	if (send(orders, &order, sizeof order, MSG_NOSIGNAL) != sizeof order)
		fail("the spooler's side is gone");
	if (recv(orders, &answer, sizeof answer, 0) >= (ssize_t)offsetof(struct answer, present))
		return true;
	if (order.death == LIVES)
		fail("the spooler's side has died");
	return false;
}

/* Start it again after it has died or left, and ask about the same events. */
void
begin_again(void)
{
	struct order before = order;
	int status;

	take_starts(false);
	close(orders);
	close(runner);
	waitpid(served, &status, 0);
	if (!WIFSIGNALED(status) && WEXITSTATUS(status) != 0)
		fail("the spooler's side ended with status %d", WEXITSTATUS(status));
	m.form = 0;
	forget_runs();
	subject_start(spool, chance_given + 1);
	order = (struct order){.command = HELLO, .hook = NO_HOOK, .nasked = before.nasked};
	memcpy(order.asked, before.asked, sizeof order.asked);
	obeyed();
}

static void
check_hooks(void)
{
	for (int h = 0; h < HOOKS; h++) {
		struct program *mine = &m.hooks[h];
		const struct told_hook *theirs = &answer.hooks[h];

		if (mine->there != theirs->there)
			fail("%s is %sthere", hook_name[h], theirs->there ? "" : "not ");
		if (!mine->there)
			continue;
		if (mine->by_hand != theirs->by_hand || mine->suspended != theirs->suspended ||
		    mine->failures != theirs->failures)
			fail("%s: suspended %d %d after %u failures, not %d %d after %u", hook_name[h], theirs->by_hand,
			    theirs->suspended, theirs->failures, mine->by_hand, mine->suspended, mine->failures);
		if (mine->suspended && mine->probe_ms != theirs->probe_ms)
			fail("%s: the probe's time has moved", hook_name[h]);
	}
}

static void
check_counts(void)
{
	const uint64_t theirs[] = {0, answer.queued, answer.done, answer.dead, answer.dropped};

	for (int s = DELIVERY_QUEUED; s <= DELIVERY_DROPPED; s++)
		if (theirs[s] != m.counts[s])
			fail("%llu deliveries in state %d, not %llu", (unsigned long long)theirs[s], s,
			    (unsigned long long)m.counts[s]);
	if (answer.unhandled != m.unhandled || answer.events != m.kept || answer.running != m.running)
		fail("%llu unhandled, %llu events, %u running; not %llu, %llu, %u",
		    (unsigned long long)answer.unhandled, (unsigned long long)answer.events, answer.running,
		    (unsigned long long)m.unhandled, (unsigned long long)m.kept, m.running);
}

static void
check_deliveries(void)
{
	for (int i = 0; i < answer.ndeliveries; i++) {
		const struct told_delivery *theirs = &answer.deliveries[i];
		const struct task *mine;

		if (theirs->hook == NO_HOOK)
			continue; /* of a dropped unhandled event */
		mine = &event_of(theirs->number)->d[theirs->hook];
		if (!mine->exists || mine->state != theirs->state ||
		    (mine->state == DELIVERY_QUEUED &&
			(mine->next_ms != theirs->next_ms || mine->attempts != theirs->attempts)))
			fail("event %llu: %s: state %d, attempts %u, next %llu; not %d, %u, %llu",
			    (unsigned long long)theirs->number, hook_name[theirs->hook], theirs->state,
			    theirs->attempts, (unsigned long long)theirs->next_ms, mine->state, mine->attempts,
			    (unsigned long long)mine->next_ms);
	}
}

void
check_all(void)
{
	check_deliveries();
	check_hooks();
	take_starts(true);
	check_counts();
	for (int h = 0; h < HOOKS; h++)
		if (hook_may_start(h) && first_of(h) != 0)
			fail("event %llu: %s could start and does not", (unsigned long long)first_of(h), hook_name[h]);
}
