/* Real code but for the clock, chance, and the wish to die at a commit (linked with --wrap). */
#include "served.h"

#include <errno.h>
#include <event2/event.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../../src/lib/clock.h"
#include "../../src/lib/log.h"
#include "../../src/protocol/event.h"
#include "../../src/spool/spool.h"
#include "../../src/spooler/batch.h"
#include "../../src/spooler/binding.h"
#include "../../src/spooler/broken.h"
#include "../../src/spooler/event_repair.h"
#include "../../src/spooler/followers.h"
#include "../../src/spooler/hook_steer.h"
#include "../../src/spooler/schedule.h"
#include "../../src/spooler/spooler.h"
#include "../../src/spooler/state.h"
#include "../../src/spooler/suspension.h"

#define TIMERS_MAX 8
#define PASSES 6 /* of the event loop: a report, the moment it waits for others, its commit, what starts then */

static uint64_t now_ms, chance;
static enum death death;

uint64_t __wrap_clock_wall_ms(void);
uint64_t __wrap_clock_monotonic_ms(void);
ssize_t __wrap_getrandom(void *, size_t, unsigned);
int __real_spool_commit(struct spool *);
int __wrap_spool_commit(struct spool *);

uint64_t
__wrap_clock_wall_ms(void)
{
	return now_ms;
}

uint64_t
__wrap_clock_monotonic_ms(void)
{
	return now_ms;
}

ssize_t
__wrap_getrandom(void *out, size_t size, unsigned flags)
{
	(void)flags;
	chance = chance * 6364136223846793005u + 1442695040888963407u;
	memset(out, 0, size);
	memcpy(out, (const char *)&chance + 4, size < 4 ? size : 4);
	return (ssize_t)size;
}

int
__wrap_spool_commit(struct spool *spool)
{
	int result;

	if (death == DIES_BEFORE)
		raise(SIGKILL);
	result = __real_spool_commit(spool);
	if (death == DIES_BEHIND)
		raise(SIGKILL);
	return result;
}

void
broken_check(const struct spool *of)
{
	if (!spool_broken(of))
		return;
	fputs("the spool is broken\n", stderr);
	_exit(EXIT_FAILURE);
}

static struct account nobody_else[] = {{.uid = ACCOUNT_SAME}};
static struct spooler spooler = {.accounts = {nobody_else, 1}};

static void
set_text(struct event *event, enum event_text which, const char *text)
{
	event->text[which] = text;
	event->len[which] = (uint32_t)strlen(text);
}

/* As admit.c does it, in a transaction of its own. */
static int
accept_event(const struct order *order, struct answer *answer)
{
	struct event event = {.kind = EVENT_ACCEPTED, .received_ms = order->now_ms, .body = "b", .body_len = 1};
	const char *hooks[SPOOL_DELIVERIES_MAX];
	struct spool_submission s = {&event, hooks, 0};
	char id[32], lane[16] = "";
	struct binding binding;
	enum spool_accept accepted;

	for (int i = 0; i < EVENT_TEXTS; i++)
		event.text[i] = "";
	snprintf(id, sizeof id, "%llu", (unsigned long long)order->number);
	if (order->lane > 0)
		snprintf(lane, sizeof lane, "lane%d", order->lane);
	set_text(&event, EVENT_SOURCE, source_name[order->source]);
	set_text(&event, EVENT_TYPE, type_name[order->type]);
	set_text(&event, EVENT_ID, id);
	set_text(&event, EVENT_KEY, id);
	set_text(&event, EVENT_LANE, lane);
	binding_hooks(binding_source(spooler.conf, &event), &event, &binding);
	for (; s.n < binding.n; s.n++)
		hooks[s.n] = binding.identity[s.n];
	batch_commit(spooler.batch);
	if (spool_begin(spooler.spool) != 0)
		return -1;
	accepted = spool_accept(spooler.spool, &s, now_ms, &answer->number);
	answer->duplicate = accepted == SPOOL_DUPLICATE;
	return accepted == SPOOL_FAILED ? -1 : spool_commit(spooler.spool);
}

static int
retry_dead(void)
{
	const struct event_repair repair = {.verb = REPAIR_RETRY, .state = STATE_DEAD};
	uint64_t from = 1;
	int changed = 0;

	while (from != 0) {
		int n = event_repair_all(&spooler, &repair, &from);

		if (n < 0)
			return -1;
		changed += n;
	}
	return changed;
}

/* As upkeep.c does it, until there is nothing more to do: what is made beside the loop is there at the next turn. */
static int
retain(void)
{
	const struct spool_ages ages = {now_ms, KEEP_MS, DEDUP_MS, true};

	batch_commit(spooler.batch);
	for (int quiet = 0; quiet < 3;) {
		int more;

		spool_wait(spooler.spool);
		if ((more = spool_retain(spooler.spool, &ages)) < 0)
			return -1;
		quiet = more > 0 ? 0 : quiet + 1;
	}
	return 0;
}

static int
obey(const struct order *order, struct answer *answer)
{
	const struct event_repair repair = {.verb = order->command == RETRY ? REPAIR_RETRY : REPAIR_DROP,
	    .hook = hook_name[order->hook],
	    .force = order->force};

	switch (order->command) {
	case ACCEPT:
		return accept_event(order, answer);
	case RETRY:
	case DROP:
		return event_repair_one(&spooler, &repair, order->number);
	case RETRY_DEAD:
		return retry_dead();
	case SUSPEND:
		return hook_steer_suspend(&spooler, hook_name[order->hook]);
	case RESUME:
		return hook_steer_resume(&spooler, hook_name[order->hook]);
	case RELOAD:
		if (schedule_reload(spooler.schedule, &configured[order->form]) != 0)
			return -1;
		spooler.conf = &configured[order->form];
		return 0;
	case RETAIN:
		return retain();
	default:
		return 0;
	}
}

static void
tell(const struct order *order, struct answer *answer)
{
	const struct spool_counters *c = spool_counters(spooler.spool);

	answer->running = schedule_count(spooler.schedule, NULL);
	answer->queued = c->queued;
	answer->done = c->done;
	answer->dead = c->dead;
	answer->dropped = c->dropped;
	answer->unhandled = c->unhandled;
	answer->events = c->events;
	for (int i = 0; i < HOOKS; i++) {
		const struct suspension *s = schedule_suspension(spooler.schedule, hook_name[i]);

		if (s != NULL)
			answer->hooks[i] = (struct told_hook){true, s->suspended, s->by_hand, s->failures, s->probe_ms};
	}
	for (int i = 0; i < order->nasked; i++) {
		struct spool_delivery all[SPOOL_DELIVERIES_MAX];
		int n = spool_deliveries(spooler.spool, order->asked[i], all, SPOOL_DELIVERIES_MAX);

		for (int j = 0; j < n; j++)
			answer->deliveries[answer->ndeliveries++] =
			    (struct told_delivery){order->asked[i], all[j].delivery.next_ms, hook_named(all[j].hook),
				(int)all[j].delivery.state, all[j].delivery.attempts};
	}
}

static void
tell_present(struct answer *answer)
{
	uint64_t number = 0;

	while (answer->npresent < PRESENT_MAX && spool_next(spooler.spool, number + 1, &number) == 0)
		answer->present[answer->npresent++] = number;
}

static void
open_all(int runner, const char *dir)
{
	int lock;

	for (int i = 0; i < FORMS; i++)
		configured[i].spool = (char *)(uintptr_t)dir;
	spooler.conf = &configured[0];
	if ((lock = spool_lock(dir)) == -1 || (spooler.base = event_base_new()) == NULL ||
	    (spooler.followers = followers_new()) == NULL || (spooler.spool = spool_open(spooler.conf, lock)) == NULL ||
	    (spooler.batch = batch_new(spooler.base, spooler.spool)) == NULL ||
	    (spooler.schedule = schedule_new(&spooler, runner)) == NULL) {
		perror("the spooler's side can't start");
		_exit(EXIT_FAILURE);
	}
}

struct timers {
	struct event *all[TIMERS_MAX];
	size_t n;
};

static int
note_timer(const struct event_base *base, const struct event *event, void *timers)
{
	struct timers *found = timers;

	(void)base;
	if (event_get_fd(event) == -1 && found->n < TIMERS_MAX)
		found->all[found->n++] = (struct event *)(uintptr_t)event;
	return 0;
}

/* The clock is the model's, and libevent has another: who waits for a time looks whether it has come. */
static void
let_time_pass(void)
{
	struct timers timers = {.n = 0};

	event_base_foreach_event(spooler.base, note_timer, &timers);
	for (size_t i = 0; i < timers.n; i++)
		event_active(timers.all[i], EV_TIMEOUT, 0);
}

void
serve_orders(int orders, int runner, const char *dir, uint64_t seed)
{
	static struct order order;
	static struct answer answer;
	size_t size;

	chance = seed;
	log_open("model", "/dev/null");
	while (recv(orders, &order, sizeof order, 0) == sizeof order) {
		memset(&answer, 0, sizeof answer);
		now_ms = order.now_ms;
		if (spooler.spool == NULL)
			open_all(runner, dir);
		death = order.death;
		answer.result = obey(&order, &answer);
		answer.why = errno;
		for (int i = 0; i < PASSES; i++) {
			let_time_pass();
			event_base_loop(spooler.base, EVLOOP_NONBLOCK);
		}
		death = LIVES;
		tell(&order, &answer);
		if (order.command == RETAIN)
			tell_present(&answer);
		if (order.command == LEAVE) {
			schedule_free(spooler.schedule);
			batch_free(spooler.batch);
			followers_free(spooler.followers);
			spool_close(spooler.spool);
			event_base_free(spooler.base);
		}
		size = offsetof(struct answer, present) + answer.npresent * sizeof answer.present[0];
		if (send(orders, &answer, size, MSG_NOSIGNAL) != (ssize_t)size || order.command == LEAVE)
			break;
	}
	_exit(EXIT_SUCCESS);
}
