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

#define LOOK_MS (RETAIN_TURNS * MAX_MS) /* at most, between two looks at what was kept long enough */
#define STEPS 30000
#define LANES 6
#define ACTIVE_MAX 40 /* events with something to run; beyond it none is accepted */
#define RECENT 200    /* events that operators look at */
#define REPEATED 2000 /* events that senders may repeat */

static uint64_t seed, chance, step, steps;
static unsigned long crashes, clean, repeated, renewed;
static uint64_t turns;
static uint64_t *owner, owner_room; /* by id: its last event */
static uint64_t oldest = 1;	    /* events before it have gone */
static bool bad_mood[HOOKS];	    /* the hook fails most of the time */
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

void *
enlarge(void *old, size_t size)
{
	void *new = realloc(old, size);

	if (new == NULL)
		fail("out of memory");
	return new;
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
	add_webhook(
	    number, &(struct webhook){.id = id, .source = order.source, .type = order.type, .lane = order.lane});
	if (id >= owner_room)
		owner = enlarge(owner, (owner_room = id + 4096) * sizeof owner[0]);
	owner[id] = number;
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
	uint64_t id = event_of(m.n - any((uint32_t)(m.n < REPEATED ? m.n : REPEATED)))->id, last = owner[id], age;
	const struct webhook *before = event_of(last);

	age = m.now_ms - before->received_ms;
	order = (struct order){.command = ACCEPT,
	    .number = id,
	    .hook = NO_HOOK,
	    .source = before->source,
	    .type = before->type,
	    .lane = before->lane};
	obeyed();
	if (answer.duplicate && answer.number != last)
		fail("event %llu: a duplicate of it is answered %llu", (unsigned long long)last,
		    (unsigned long long)answer.number);
	if (!answer.duplicate && (!before->gone || age <= DEDUP_MS))
		fail("event %llu: what repeats it became event %llu after %llu ms", (unsigned long long)last,
		    (unsigned long long)answer.number, (unsigned long long)age);
	if (answer.duplicate && before->gone && age > DEDUP_MS + DEDUP_MS / 8 + 2 * LOOK_MS &&
	    m.now_ms - before->ended_ms > KEEP_MS + DEDUP_MS)
		fail("event %llu: its id is remembered for %llu ms", (unsigned long long)last, (unsigned long long)age);
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
		if (there && must_be_gone(e, LONGER_MS(LOOK_MS)))
			fail("event %llu has not gone after %llu ms, %llu since it ended%s", (unsigned long long)number,
			    (unsigned long long)(m.now_ms - e->received_ms),
			    (unsigned long long)(m.now_ms - e->ended_ms), e->late ? ", late" : "");
		if (!there && !e->gone)
			forget_event(number);
		if (e->gone && number == oldest)
			oldest++;
	}
	note_late(LONGER_MS(LOOK_MS));
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
	choose_end(&e.report, e.hook, dice);
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
			run_stops(all[i].number, all[i].hook);
		if (lives || was)
			run_counts(
			    all[i].number, all[i].hook, &all[i].report, told(all[i].number, all[i].hook)->next_ms);
		if (lives)
			run_judges(all[i].hook, probe, &all[i].report, answer.hooks[all[i].hook].probe_ms);
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
operate(enum command command)
{
	uint64_t number = recent_event();
	struct webhook *e = event_of(number);
	const struct mending how = {
	    .hook = any(2) == 0 ? NO_HOOK : (int)any(HOOKS), .force = command == RETRY && any(3) == 0};
	int changed = 0;
	bool lives;

	order = (struct order){
	    .command = command, .number = number, .hook = how.hook, .force = how.force, .asked = {number}, .nasked = 1};
	maybe_dies();
	if (e->gone) {
		order.death = LIVES;
		obeyed();
		if (answer.result != -1 || answer.why != ENOENT)
			fail("event %llu: it has gone and can be changed", (unsigned long long)number);
		return;
	}
	lives = obeyed();
	if (lives || order.death == DIES_BEHIND)
		changed = command == RETRY ? retry_event(number, &how) : drop_event(number, &how, true);
	if (lives && changed != answer.result)
		fail("event %llu: an operator changed %d deliveries, not %d", (unsigned long long)number, answer.result,
		    changed);
	if (changed < 0 && answer.why != EBUSY)
		fail("event %llu: dropped while it runs", (unsigned long long)number);
	crashes += !lives;
	finish_step(lives);
}

static void
retry_dead(void)
{
	order = (struct order){.command = RETRY_DEAD, .hook = NO_HOOK};
	obeyed();
	for (uint64_t number = oldest; number <= m.n; number++)
		if (!event_of(number)->gone)
			retry_event(number, &(struct mending){NO_HOOK, DELIVERY_DEAD, false});
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
	if (lives || order.death == DIES_BEHIND)
		steer_hook(h, order.command == SUSPEND);
	crashes += !lives;
	finish_step(lives);
}

static void
reload(void)
{
	order = (struct order){.command = RELOAD, .hook = NO_HOOK, .form = 1 - m.form};
	obeyed();
	use_form(order.form);
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

static void
resume_all(void)
{
	for (int h = 0; h < HOOKS; h++) {
		if (!m.hooks[h].there)
			continue;
		order = (struct order){.command = RESUME, .hook = h};
		obeyed();
		steer_hook(h, false);
		check_all();
	}
}

/* Everything is opened, in both forms, and nothing fails any more: then nothing may be left. */
static void
drain(void)
{
	resume_all();
	for (step = 0; m.counts[DELIVERY_QUEUED] > 0; step++) {
		if (step > 100000)
			fail("%llu deliveries are never done", (unsigned long long)m.counts[DELIVERY_QUEUED]);
		if (step % 50 == 49) {
			reload();
			resume_all();
		}
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
	    m.suspensions, repeated, renewed);
	free(m.events);
	free(m.active);
	free(owner);
	return EXIT_SUCCESS;
}
