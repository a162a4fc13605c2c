/*
 * A model test: chance decides what happens to a real spooler (served.c), a few tables say what must follow, and after each step both are
 * compared.  Checked at each start of a run: it is queued, due, not running, the first of its lane, the oldest its hook may start, and within
 * all limits; after each step: nothing that could start was left waiting, and every state, counter and suspension is as it should be; at
 * the end: everything that was not dropped or dead has been done.
 *
 *	model [steps [seed]]	MODEL_STEPS and MODEL_SEED say the same; a failure prints what replays it
 */
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../src/protocol/run.h"
#include "../../src/spool/record.h"
#include "reference.h"
#include "subject.h"

#define STEPS 30000
#define LANES 6
#define ACTIVE_MAX 40 /* events with something to run; beyond it none is accepted */
#define RECENT 200    /* events that operators look at */
#define REPEATED 2000 /* events that senders may repeat */

static uint64_t seed, chance, step, steps;
static unsigned long crashes, clean, suspensions, repeated, renewed;
static uint64_t turns;
static uint64_t oldest = 1;  /* events before it have gone */
static bool bad_mood[HOOKS]; /* the hook fails most of the time */
static char dir[64];

static void
remove_spool(void)
{
	char command[128];

	snprintf(command, sizeof command, "rm -r %s", dir);
	if (dir[0] != '\0' && system(command) != 0)
		printf("# %s could not be removed\n", dir);
}

void
fail(const char *format, ...)
{
	va_list args;

	printf("not ok 1 - the spooler does what the model says\n# seed %llu, step %llu: ", (unsigned long long)seed,
	    (unsigned long long)step);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf("\n# replay: model %llu %llu\n1..1\n", (unsigned long long)steps, (unsigned long long)seed);
	subject_kill();
	remove_spool();
	exit(EXIT_FAILURE);
}

static uint32_t
any(uint32_t below)
{
	chance = chance * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(chance >> 33) % below;
}

static void
maybe_dies(void)
{
	if (any(100) == 0)
		order.death = any(2) == 0 ? DIES_BEFORE : DIES_BEHIND;
}

static void
finish_step(bool lives)
{
	if (!lives)
		begin_again();
	check_all();
}

/* A webhook with this id, as ordered. */
static void
add_event(uint64_t number, uint64_t id)
{
	struct webhook *e;

	if (number != m.n + 1)
		fail("event %llu is stored as %llu", (unsigned long long)m.n + 1, (unsigned long long)number);
	if (number >= m.room) {
		m.events = realloc(m.events, (m.room + 4096) * sizeof m.events[0]);
		if (m.events == NULL)
			fail("out of memory");
		memset(m.events + m.room, 0, 4096 * sizeof m.events[0]);
		if ((m.owner = realloc(m.owner, (m.room + 4096) * sizeof m.owner[0])) == NULL)
			fail("out of memory");
		m.room += 4096;
	}
	m.n = number;
	m.kept++;
	m.owner[id] = number;
	e = event_of(number);
	*e = (struct webhook){.received_ms = m.now_ms,
	    .ended_ms = m.now_ms,
	    .id = id,
	    .source = order.source,
	    .type = order.type,
	    .lane = order.lane};
	for (int h = 0; h < HOOKS; h++) {
		bool gets = order.source == SOURCE_T ? h == HOOK_T && order.type == TYPE_X
						     : h == HOOK_ALL || (h == HOOK_X && order.type == TYPE_X) ||
			(h == HOOK_Y && order.type == TYPE_Y && !m.without_y);

		if (!gets)
			continue;
		set_state(&e->d[h], DELIVERY_QUEUED);
		e->d[h].next_ms = m.now_ms;
	}
	e->unhandled = !is_active(e);
	m.unhandled += e->unhandled;
	note_active(number);
}

static void
accept_one(void)
{
	bool lives;

	order = (struct order){.command = ACCEPT,
	    .number = m.n + 1,
	    .hook = NO_HOOK,
	    .source = any(4) == 0 ? SOURCE_T : SOURCE_S,
	    .type = any(3) == 0 ? TYPE_Y : TYPE_X,
	    .lane = (int)any(LANES)};
	maybe_dies();
	lives = obeyed();
	if (lives || order.death == DIES_BEHIND)
		add_event(lives ? answer.number : m.n + 1, m.n + 1);
	if (!lives) {
		struct order again = order;

		crashes++;
		begin_again();
		check_all();
		again.death = LIVES;
		order = again;
		obeyed(); /* nobody was told: the sender comes again */
		if (answer.duplicate != (again.number == m.n) || answer.number != again.number)
			fail("event %llu: a sender that comes again is answered %llu", (unsigned long long)again.number,
			    (unsigned long long)answer.number);
		if (!answer.duplicate)
			add_event(answer.number, again.number);
	}
	check_all();
}

/* A sender repeats what he has sent some time ago. */
static void
accept_again(void)
{
	uint64_t id = event_of(m.n - any((uint32_t)(m.n < REPEATED ? m.n : REPEATED)))->id, owner = m.owner[id], age;
	const struct webhook *before = event_of(owner);

	age = m.now_ms - before->received_ms;
	order = (struct order){.command = ACCEPT,
	    .number = id,
	    .hook = NO_HOOK,
	    .source = before->source,
	    .type = before->type,
	    .lane = before->lane};
	obeyed();
	if (answer.duplicate && answer.number != owner)
		fail("event %llu: a duplicate of it is answered %llu", (unsigned long long)owner,
		    (unsigned long long)answer.number);
	if (!answer.duplicate && (!before->gone || age <= DEDUP_MS))
		fail("event %llu: what repeats it became event %llu after %llu ms", (unsigned long long)owner,
		    (unsigned long long)answer.number, (unsigned long long)age);
	if (answer.duplicate && before->gone && age > DEDUP_MS + DEDUP_MS / 8 + 2 * RETAIN_TURNS * MAX_MS &&
	    m.now_ms - before->ended_ms > KEEP_MS + DEDUP_MS)
		fail(
		    "event %llu: its id is remembered for %llu ms", (unsigned long long)owner, (unsigned long long)age);
	repeated += answer.duplicate;
	renewed += !answer.duplicate;
	if (!answer.duplicate)
		add_event(answer.number, id);
	check_all();
}

/* What is there is what must be, and nothing else. */
static void
check_present(void)
{
	size_t i = 0;

	if (answer.npresent == PRESENT_MAX)
		fail("more events than there is room for are kept");
	for (uint64_t number = oldest; number <= m.n; number++) {
		const struct webhook *e = event_of(number);
		bool there;

		while (i < answer.npresent && answer.present[i] < number)
			fail("event %llu is there again", (unsigned long long)answer.present[i]);
		there = i < answer.npresent && answer.present[i] == number;
		i += there;
		if (there && e->gone)
			fail("event %llu is there again", (unsigned long long)number);
		if (!there && !e->gone && must_be_there(e))
			fail("event %llu has gone too soon", (unsigned long long)number);
		if (there && must_be_gone(e))
			fail("event %llu has not gone after %llu ms, %llu since it ended%s", (unsigned long long)number,
			    (unsigned long long)(m.now_ms - e->received_ms),
			    (unsigned long long)(m.now_ms - e->ended_ms), e->late ? ", late" : "");
		if (!there && !e->gone)
			forget_event(number);
		if (e->gone && number == oldest)
			oldest++;
	}
	note_late();
}

/* What was kept long enough goes. */
static void
retain(void)
{
	order = (struct order){.command = RETAIN, .hook = NO_HOOK};
	if (any(20) == 0)
		order.death = any(2) == 0 ? DIES_BEFORE : DIES_BEHIND;
	if (!obeyed()) {
		crashes++;
		begin_again();
		order = (struct order){.command = RETAIN, .hook = NO_HOOK};
		obeyed();
	}
	check_present();
	check_all();
}

/* The INDEX-th of what runs. */
static uint64_t
running_one(unsigned index, int *hook)
{
	for (size_t i = 0; i < m.nactive; i++)
		for (int h = 0; h < HOOKS; h++)
			if (event_of(m.active[i])->d[h].running && index-- == 0) {
				*hook = h;
				return m.active[i];
			}
	fail("less runs than was counted");
}

static uint64_t
growing(uint64_t times, uint64_t max)
{
	uint64_t delay = FIRST_MS;

	for (uint64_t i = 1; i < times && delay < max; i++)
		delay *= FACTOR;
	return delay < max ? delay : max;
}

/* Between 9 and 11 tenths of EXPECTED from now. */
static void
check_delay(const char *what, uint64_t at_ms, uint64_t expected)
{
	if (at_ms < m.now_ms + expected * 9 / 10 || at_ms > m.now_ms + expected * 11 / 10)
		fail(
		    "%s in %lld ms, not about %llu", what, (long long)(at_ms - m.now_ms), (unsigned long long)expected);
}

struct ending {
	uint64_t number;
	int hook;
	struct run_report report;
};

static struct ending
choose_ending(bool well)
{
	struct ending e = {.report = {.out = "out", .out_len = 3, .out_total = 3, .err = ""}};
	uint32_t dice;

	e.number = running_one(any(m.running), &e.hook);
	dice = well ? 0 : bad_mood[e.hook] ? 60 + any(40) : any(100);
	e.report.token = event_of(e.number)->d[e.hook].token;
	e.report.started_ms = e.report.ended_ms = m.now_ms;
	e.report.end = dice < 85 ? RUN_EXITED : dice < 92 ? RUN_TIMEOUT : dice < 98 ? RUN_SIGNALED : RUN_FAILED;
	e.report.code = dice < 65 ? 0 : dice < 68 ? 100 : dice < 85 ? 1 : dice < 98 ? SIGTERM : EAGAIN;
	return e;
}

/* Which of those asked for are these. */
static const struct told_delivery *
told(uint64_t number, int hook)
{
	for (int i = 0; i < answer.ndeliveries; i++)
		if (answer.deliveries[i].number == number && answer.deliveries[i].hook == hook)
			return &answer.deliveries[i];
	fail("event %llu: no delivery for %s", (unsigned long long)number, hook_name[hook]);
}

static void
stop_run(const struct ending *e)
{
	event_of(e->number)->d[e->hook].running = false;
	m.hooks[e->hook].running--;
	m.running--;
}

static void
apply_outcome(const struct ending *e)
{
	struct webhook *event = event_of(e->number);
	struct task *d = &event->d[e->hook];
	bool exited = e->report.end == RUN_EXITED;

	if (e->report.end == RUN_FAILED) {
		d->next_ms = m.now_ms + 2000; /* the machine's trouble, not the hook's */
		return;
	}
	d->attempts++;
	if (exited && e->report.code == 0) {
		set_state(d, DELIVERY_DONE);
		event->done[e->hook] = true;
	} else if ((exited && e->report.code == 100) || m.now_ms - event->received_ms >= GIVE_UP_MS ||
	    d->attempts >= ATTEMPTS) {
		set_state(d, DELIVERY_DEAD);
	} else {
		d->next_ms = told(e->number, e->hook)->next_ms;
		check_delay("a retry", d->next_ms, growing(d->attempts, MAX_MS));
	}
	note_active(e->number);
}

static void
apply_suspension(const struct ending *e, bool probe)
{
	struct program *hook = &m.hooks[e->hook];

	if (!hook->there || e->report.end == RUN_FAILED)
		return;
	if (e->report.end == RUN_EXITED && (e->report.code == 0 || e->report.code == 100)) {
		hook->failures = hook->probes = 0;
		hook->suspended = false;
		return;
	}
	hook->failures++;
	if (hook->suspended && !probe)
		return;
	hook->probes += hook->suspended;
	if (hook->failures < SUSPEND_AFTER)
		return;
	suspensions += !hook->suspended;
	hook->suspended = true;
	hook->probe_ms = answer.hooks[e->hook].probe_ms;
	check_delay("a probe", hook->probe_ms, growing(hook->probes + 1, MAX_MS));
}

/* Whether the outcome was on disk when the spooler died. */
static bool
was_stored(const struct ending *e)
{
	const struct task *before = &event_of(e->number)->d[e->hook];
	const struct told_delivery *now = told(e->number, e->hook);

	return now->state != before->state || now->attempts != before->attempts || now->next_ms != before->next_ms;
}

/* Some runs end. */
static void
end_runs(bool well)
{
	struct ending all[3];
	int wanted = 1 + (int)any(3), n = 0, stored = 0;
	bool lives, behind;

	order = (struct order){.command = TURN, .hook = NO_HOOK};
	for (int i = 0; i < wanted; i++) {
		all[n] = choose_ending(well);
		/* One of a hook: so that what it tells of the hook is of this run. */
		for (int j = 0; j < n; j++)
			if (all[j].hook == all[n].hook)
				goto next;
		order.asked[order.nasked++] = all[n].number;
		run_ends(&all[n].report);
		n++;
next:;
	}
	if (!well)
		maybe_dies();
	lives = obeyed();
	behind = order.death == DIES_BEHIND;
	if (!lives) {
		crashes++;
		begin_again();
	}
	for (int i = 0; i < n; i++) {
		bool probe = event_of(all[i].number)->d[all[i].hook].probe, was = !lives && was_stored(&all[i]);

		stored += was;
		if (lives)
			stop_run(&all[i]);
		if (lives || was)
			apply_outcome(&all[i]);
		if (lives)
			apply_suspension(&all[i], probe);
	}
	/* They are not all in one group: who dies behind a commit has stored one of them at least. */
	if (!lives && behind != (stored > 0))
		fail("died %s a commit with %d outcomes stored", behind ? "behind" : "before", stored);
	check_all();
}

/* What an operator looks at: often something that is not finished. */
static uint64_t
recent_event(void)
{
	if (m.nactive > 0 && any(2) == 0)
		return m.active[any((uint32_t)m.nactive)];
	return m.n - any((uint32_t)(m.n < RECENT ? m.n : RECENT));
}

static void
retry_one(struct webhook *e, int h, bool force)
{
	struct task *d = &e->d[h];

	if (!d->exists || d->running || !m.hooks[h].there || (d->state == DELIVERY_DONE && !force))
		return;
	set_state(d, DELIVERY_QUEUED);
	d->attempts = 0;
	d->next_ms = m.now_ms;
}

static bool
would_drop(const struct task *d)
{
	return d->exists && (d->state == DELIVERY_QUEUED || d->state == DELIVERY_DEAD);
}

static void
operate(enum command command)
{
	uint64_t number = recent_event();
	struct webhook *e = event_of(number);
	bool busy = false, lives;

	order = (struct order){.command = command,
	    .number = number,
	    .hook = any(2) == 0 ? NO_HOOK : (int)any(HOOKS),
	    .force = command == RETRY && any(3) == 0,
	    .asked = {number},
	    .nasked = 1};
	maybe_dies();
	if (e->gone) {
		order.death = LIVES;
		obeyed();
		if (answer.result != -1 || answer.why != ENOENT)
			fail("event %llu: it has gone and can be changed", (unsigned long long)number);
		return;
	}
	for (int h = 0; h < HOOKS; h++)
		busy |= (order.hook == NO_HOOK || order.hook == h) && would_drop(&e->d[h]) && e->d[h].running;
	lives = obeyed();
	if (command == DROP && busy && (!lives || answer.result != -1 || answer.why != EBUSY))
		fail("event %llu: dropped while it runs", (unsigned long long)number);
	if (command == DROP && busy) {
		check_all();
		return;
	}
	if (lives || order.death == DIES_BEHIND) {
		for (int h = 0; h < HOOKS; h++) {
			if (order.hook != NO_HOOK && order.hook != h)
				continue;
			if (command == RETRY)
				retry_one(e, h, order.force);
			else if (would_drop(&e->d[h])) {
				set_state(&e->d[h], DELIVERY_DROPPED);
				e->ended_ms = m.now_ms; /* anew, where it was dead */
			}
		}
		if (command == DROP && order.hook == NO_HOOK && e->unhandled) {
			e->unhandled = false;
			m.unhandled--;
			e->dropped_unhandled = true;
			e->ended_ms = m.now_ms;
			m.counts[DELIVERY_DROPPED]++;
		}
		note_active(number);
	}
	crashes += !lives;
	finish_step(lives);
}

static void
retry_dead(void)
{
	order = (struct order){.command = RETRY_DEAD, .hook = NO_HOOK};
	obeyed();
	for (uint64_t number = 1; number <= m.n; number++)
		for (int h = 0; h < HOOKS; h++)
			if (event_of(number)->d[h].exists && event_of(number)->d[h].state == DELIVERY_DEAD) {
				retry_one(event_of(number), h, false);
				note_active(number);
			}
	check_all();
}

static void
steer(void)
{
	int h = (int)any(HOOKS);
	bool lives;

	order = (struct order){.command = any(8) == 0 ? SUSPEND : RESUME, .hook = h};
	if (!m.hooks[h].there)
		return;
	maybe_dies();
	lives = obeyed();
	if (lives || order.death == DIES_BEHIND) {
		m.hooks[h].by_hand = order.command == SUSPEND;
		if (order.command == RESUME) {
			m.hooks[h].suspended = false;
			m.hooks[h].failures = m.hooks[h].probes = 0;
		}
	}
	crashes += !lives;
	finish_step(lives);
}

static void
reload(void)
{
	struct program *y = &m.hooks[HOOK_Y];

	order = (struct order){.command = RELOAD, .hook = NO_HOOK, .without_y = !m.without_y};
	obeyed();
	m.without_y = order.without_y;
	y->there = !m.without_y;
	if (m.without_y && y->running == 0) { /* the scheduler forgets what nothing runs of */
		y->suspended = false;
		y->failures = y->probes = 0;
	}
	check_all();
}

static void
restart(void)
{
	if (any(2) == 0) {
		subject_kill();
		crashes++;
	} else {
		order = (struct order){.command = LEAVE, .hook = NO_HOOK};
		obeyed();
		clean++;
	}
	begin_again();
	check_all();
}

static void
pass_time(uint64_t ms)
{
	m.now_ms += ms;
	order = (struct order){.command = TURN, .hook = NO_HOOK};
	obeyed();
	check_all();
	if (++turns % RETAIN_TURNS == 0)
		retain();
}

static void
one_step(void)
{
	uint32_t dice = any(1000);

	if (any(300) == 0)
		bad_mood[any(HOOKS)] = any(3) == 0;
	if (dice < 3)
		restart();
	else if (dice < 8)
		reload();
	else if (dice < 9 && any(2) == 0)
		retry_dead();
	else if (dice < 20)
		steer();
	else if (dice < 55 && m.n > 0)
		operate(RETRY);
	else if (dice < 85 && m.n > 0)
		operate(DROP);
	else if (dice < 250)
		pass_time(any(3000));
	else if (dice < 280 && m.n > 0 && m.nactive < ACTIVE_MAX)
		accept_again();
	else if (dice < 560 && m.nactive < ACTIVE_MAX)
		accept_one();
	else if (m.running > 0)
		end_runs(false);
	else
		pass_time(any(20000));
}

/* Everything is opened, and nothing fails any more: then nothing may be left. */
static void
drain(void)
{
	if (m.without_y)
		reload();
	for (int h = 0; h < HOOKS; h++) {
		order = (struct order){.command = RESUME, .hook = h};
		obeyed();
		m.hooks[h].by_hand = m.hooks[h].suspended = false;
		m.hooks[h].failures = m.hooks[h].probes = 0;
		check_all();
	}
	for (step = 0; m.counts[DELIVERY_QUEUED] > 0; step++) {
		if (step > 100000)
			fail("%llu deliveries are never done", (unsigned long long)m.counts[DELIVERY_QUEUED]);
		if (m.running > 0)
			end_runs(true);
		else
			pass_time(MAX_MS);
	}
	for (uint64_t number = 1; number <= m.n; number++)
		for (int h = 0; h < HOOKS; h++) {
			const struct webhook *e = event_of(number);

			if (e->d[h].exists && e->d[h].state == DELIVERY_DONE && !e->done[h])
				fail("event %llu: %s never ran", (unsigned long long)number, hook_name[h]);
		}
}

/* Time passes until nothing must be there. */
static void
forget_all(void)
{
	for (uint64_t passed = 0; passed < 2 * (KEEP_MS + DEDUP_MS); passed += MAX_MS)
		pass_time(MAX_MS);
	if (m.kept != 0)
		fail("%llu events are kept for ever", (unsigned long long)m.kept);
}

static uint64_t
number_from(const char *argument, const char *name, uint64_t otherwise)
{
	const char *text = argument != NULL ? argument : getenv(name);

	return text != NULL && *text != '\0' ? strtoull(text, NULL, 10) : otherwise;
}

int
main(int argc, char **argv)
{
	steps = number_from(argc > 1 ? argv[1] : NULL, "MODEL_STEPS", STEPS);
	seed = number_from(argc > 2 ? argv[2] : NULL, "MODEL_SEED", (uint64_t)getpid() * 2654435761u % 1000000);
	chance = seed;
	/* In memory where there is some: what a power cut does is not what is tested here. */
	snprintf(dir, sizeof dir, "%s/hookspool-model.XXXXXX", access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	if (mkdtemp(dir) == NULL)
		fail("%s: %s", dir, strerror(errno));
	m.now_ms = 1700000000000;
	forget_runs();
	subject_start(dir, seed);
	order = (struct order){.command = HELLO, .hook = NO_HOOK};
	obeyed();
	for (step = 1; step <= steps; step++)
		one_step();
	drain();
	forget_all();
	order = (struct order){.command = LEAVE, .hook = NO_HOOK};
	obeyed();
	remove_spool();
	printf(
	    "ok 1 - the spooler does what the model says\n# seed %llu: %llu steps, %llu events, %lu runs, %lu crashes, "
	    "%lu stops, %lu suspensions, %lu duplicates, "
	    "%lu ids that were new again\n1..1\n",
	    (unsigned long long)seed, (unsigned long long)steps, (unsigned long long)m.n, starts, crashes, clean,
	    suspensions, repeated, renewed);
	free(m.events);
	free(m.active);
	free(m.owner);
	return EXIT_SUCCESS;
}
