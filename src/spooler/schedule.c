/*
 * The scheduler: reads each hook's range of `due` from its front and starts what may run; turns reports of the runner into new
 * states, committed with the next group.  A run is in memory only: after a crash its delivery is still queued and due.
 *
 * When the runner is gone the spooler ends too: a new one must be forked before the spool is opened.
 */
#include "schedule.h"

#include <errno.h>
#include <event2/event.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../lib/clock.h"
#include "../lib/conf.h"
#include "../lib/log.h"
#include "../runner/run.h"
#include "batch.h"
#include "binding.h"
#include "launch.h"
#include "outcome.h"
#include "spool.h"
#include "spooler.h"

#define NEVER UINT64_MAX
#define RUNNER_BUSY_MS 20    /* its socket is full: it takes messages again soon */
#define COMMIT_AGAIN_MS 1000 /* an outcome that could not be stored is tried again */
#define TURN_STARTS 64	     /* starts before the event loop looks at its sockets again */

/* A hook of the configuration, as the scheduler sees it. */
struct slot {
	const struct source *source;
	const struct hook *hook;
	char identity[SPOOL_HOOK_MAX + 1];
	uint64_t next_ms; /* nothing is due before; NEVER: nothing at all */
	unsigned running;
	bool blocked; /* something due waits for its lane */
};

struct run {
	struct batch_item item; /* joins a group when the run has ended */
	struct schedule *schedule;
	struct slot *slot;
	bool used, ended;
	uint64_t token, number, received_ms, since_ms;
	int pid;
	char lane[CONF_NAME_MAX + 1 + EVENT_ID_MAX + 1]; /* source/lane; empty: in none */
	struct delivery delivery;			 /* as it was; as it will be, once it has ended */
	struct attempt attempt;
	char *output; /* what the attempt's texts lie in */
};

struct schedule {
	struct spooler *spooler;
	int runner;
	struct event *report, *turn;
	struct spool_wake wake;
	struct slot *slots;
	size_t nslots, round; /* ROUND: whose turn it is */
	struct run *runs;     /* max_running of them */
	unsigned running;
	uint64_t token;
	bool stopped;
	unsigned char message[RUN_MESSAGE_MAX];
};

static struct slot *
slot_of(const struct schedule *schedule, const char *identity)
{
	for (size_t i = 0; i < schedule->nslots; i++)
		if (strcmp(schedule->slots[i].identity, identity) == 0)
			return &schedule->slots[i];
	return NULL;
}

static void
turn_in(struct schedule *schedule, uint64_t ms)
{
	struct timeval delay = {(time_t)(ms / 1000), (suseconds_t)(ms % 1000 * 1000)};

	event_add(schedule->turn, &delay);
}

void
schedule_kick(struct schedule *schedule)
{
	event_active(schedule->turn, EV_TIMEOUT, 0);
}

static void
on_woken(void *context, const char *hook, uint64_t due_ms)
{
	struct schedule *schedule = context;
	struct slot *slot = slot_of(schedule, hook);

	if (slot != NULL && due_ms < slot->next_ms) {
		slot->next_ms = due_ms;
		schedule_kick(schedule);
	}
}

const struct spool_wake *
schedule_wake(struct schedule *schedule)
{
	return &schedule->wake;
}

static const struct run *
run_of(const struct schedule *schedule, uint64_t number, const char *hook)
{
	for (unsigned i = 0; i < schedule->spooler->conf->max_running; i++) {
		const struct run *run = &schedule->runs[i];

		if (run->used && run->number == number && strcmp(run->slot->identity, hook) == 0)
			return run;
	}
	return NULL;
}

bool
schedule_running(const struct schedule *schedule, uint64_t number, const char *hook, uint64_t *since_ms)
{
	const struct run *run = run_of(schedule, number, hook);

	if (run != NULL)
		*since_ms = run->since_ms;
	return run != NULL;
}

unsigned
schedule_count(const struct schedule *schedule, const char *hook)
{
	const struct slot *slot;

	if (hook == NULL)
		return schedule->running;
	slot = slot_of(schedule, hook);
	return slot != NULL ? slot->running : 0;
}

/* Another event of this lane is running: an operator brought one back that comes before it. */
static bool
lane_is_busy(const struct schedule *schedule, const char *lane, uint64_t number)
{
	for (unsigned i = 0; lane[0] != '\0' && i < schedule->spooler->conf->max_running; i++) {
		const struct run *run = &schedule->runs[i];

		if (run->used && run->number != number && strcmp(run->lane, lane) == 0)
			return true;
	}
	return false;
}

static void
lane_name(char *out, size_t size, const struct event *event)
{
	out[0] = '\0';
	if (event->len[EVENT_LANE] > 0)
		snprintf(out, size, "%.*s/%.*s", (int)event->len[EVENT_SOURCE], event->text[EVENT_SOURCE],
		    (int)event->len[EVENT_LANE], event->text[EVENT_LANE]);
}

static void
run_release(struct run *run)
{
	struct schedule *schedule = run->schedule;

	run->slot->running--;
	schedule->running--;
	free(run->output);
	memset(run, 0, sizeof *run);
	for (size_t i = 0; i < schedule->nslots; i++)
		if (schedule->slots[i].blocked) {
			schedule->slots[i].blocked = false;
			schedule->slots[i].next_ms = 0;
		}
	schedule_kick(schedule);
}

static int
run_store(struct batch_item *item)
{
	struct run *run = (struct run *)item;
	struct schedule *schedule = run->schedule;

	return spool_outcome(
	    schedule->spooler->spool, run->number, run->slot->identity, &run->delivery, &run->attempt, &schedule->wake);
}

static void
run_finish(struct batch_item *item, bool committed)
{
	struct run *run = (struct run *)item;

	if (committed)
		run_release(run);
	else
		turn_in(run->schedule, COMMIT_AGAIN_MS); /* on_turn() joins it again */
}

static uint32_t
random_number(void)
{
	uint32_t value = 0;

	if (getrandom(&value, sizeof value, GRND_NONBLOCK) != sizeof value)
		value = (uint32_t)clock_wall_ms();
	return value;
}

static void
run_ended(struct run *run, const struct run_report *report)
{
	struct attempt *a = &run->attempt;

	*a = (struct attempt){
	    .end = report->end,
	    .code = report->code,
	    .started_ms = report->started_ms,
	    .ended_ms = report->ended_ms,
	    .cpu_us = report->cpu_us,
	    .memory_kib = report->memory_kib,
	    .out_total = report->out_total,
	    .err_total = report->err_total,
	};
	run->output = malloc((size_t)report->out_len + report->err_len + 1);
	if (run->output != NULL) { /* without memory the outcome counts, not what was printed */
		memcpy(run->output, report->out, report->out_len);
		memcpy(run->output + report->out_len, report->err, report->err_len);
		a->out = run->output;
		a->out_len = report->out_len;
		a->err = run->output + report->out_len;
		a->err_len = report->err_len;
	}
	run->delivery = outcome_decide(&run->delivery, a, &run->slot->hook->backoff, run->received_ms, random_number());
	outcome_log(run->number, run->slot->identity, &run->delivery, a);
	run->ended = true;
	run->item = (struct batch_item){run_store, run_finish};
	batch_join(run->schedule->spooler->batch, &run->item);
}

static struct run *
free_run(struct schedule *schedule)
{
	for (unsigned i = 0; i < schedule->spooler->conf->max_running; i++)
		if (!schedule->runs[i].used)
			return &schedule->runs[i];
	return NULL;
}

static void
run_failed(struct run *run, int why)
{
	struct run_report report = {.token = run->token, .end = RUN_FAILED, .code = why, .out = "", .err = ""};

	report.started_ms = report.ended_ms = clock_wall_ms();
	run_ended(run, &report);
}

enum start { STARTED, SKIPPED, RUNNER_BUSY };

/* An event that can't be read must not stop its hook; it stays in the spool for a person to look at. */
static enum start
unreadable(struct slot *slot, uint64_t number)
{
	log_error("event %llu: %s: can't be read: %s", (unsigned long long)number, slot->identity, strerror(errno));
	return SKIPPED;
}

static enum start
start(struct schedule *schedule, struct slot *slot, uint64_t number)
{
	struct spool *spool = schedule->spooler->spool;
	struct run *run = free_run(schedule);
	struct delivery delivery;
	struct event event;
	char lane[sizeof run->lane];

	if (spool_event(spool, number, &event) != 0 || spool_delivery(spool, number, slot->identity, &delivery) != 0)
		return unreadable(slot, number);
	lane_name(lane, sizeof lane, &event);
	if (lane_is_busy(schedule, lane, number)) {
		slot->blocked = true;
		return SKIPPED;
	}
	*run = (struct run){.schedule = schedule, .slot = slot, .used = true, .number = number};
	run->token = ++schedule->token;
	run->received_ms = event.received_ms;
	run->delivery = delivery;
	run->since_ms = clock_wall_ms();
	memcpy(run->lane, lane, sizeof lane);
	if (launch_send(schedule->runner,
		&(struct launch){run->token, number, delivery.attempts + 1, slot->source, slot->hook, &event}) != 0) {
		int why = errno;

		if (why == EAGAIN || why == EWOULDBLOCK || why == ENOBUFS) {
			memset(run, 0, sizeof *run);
			return RUNNER_BUSY;
		}
		slot->running++;
		schedule->running++;
		run_failed(run, why);
		return STARTED;
	}
	slot->running++;
	schedule->running++;
	return STARTED;
}

/* Start the first of the hook's deliveries that may run now; SKIPPED: there is none. */
static enum start
start_first(struct schedule *schedule, struct slot *slot, uint64_t now)
{
	uint64_t due = 0, number = 0;

	while (spool_due(schedule->spooler->spool, slot->identity, &due, &number) == 0) {
		enum start started;

		if (due > now) {
			slot->next_ms = due;
			return SKIPPED;
		}
		if (run_of(schedule, number, slot->identity) != NULL)
			continue;
		if ((started = start(schedule, slot, number)) != SKIPPED)
			return started;
	}
	if (errno != ENOENT) {
		log_error("spool: can't read what is due for %s: %s", slot->identity, strerror(errno));
		if (spool_broken(schedule->spooler->spool))
			spooler_broken(schedule->spooler);
	}
	slot->next_ms = NEVER;
	return SKIPPED;
}

static bool
may_start(const struct slot *slot, uint64_t now)
{
	return slot->next_ms <= now && (slot->hook->max_running == 0 || slot->running < slot->hook->max_running);
}

/* The next hook in the round that has something to start, or NULL. */
static struct slot *
next_slot(struct schedule *schedule, uint64_t now)
{
	for (size_t i = 0; i < schedule->nslots; i++) {
		struct slot *slot = &schedule->slots[(schedule->round + i) % schedule->nslots];

		if (may_start(slot, now)) {
			schedule->round = (schedule->round + i + 1) % schedule->nslots;
			return slot;
		}
	}
	return NULL;
}

static void
set_timer(struct schedule *schedule, uint64_t now)
{
	uint64_t next = NEVER;

	for (size_t i = 0; i < schedule->nslots; i++) {
		const struct slot *slot = &schedule->slots[i];

		if (slot->next_ms < next && slot->next_ms > now)
			next = slot->next_ms;
	}
	if (next != NEVER)
		turn_in(schedule, next - now);
}

static void
store_again(struct schedule *schedule)
{
	for (unsigned i = 0; i < schedule->spooler->conf->max_running; i++) {
		struct run *run = &schedule->runs[i];

		if (run->used && run->ended)
			batch_join(schedule->spooler->batch, &run->item);
	}
}

static void
on_turn(evutil_socket_t fd, short what, void *argument)
{
	struct schedule *schedule = argument;
	uint64_t now = clock_wall_ms();
	struct slot *slot;

	(void)fd;
	(void)what;
	batch_commit(schedule->spooler->batch); /* so that ended runs in the group are not joined twice */
	store_again(schedule);
	if (schedule->stopped)
		return;
	for (int starts = 0; schedule->running < schedule->spooler->conf->max_running; starts++) {
		if (starts == TURN_STARTS) {
			schedule_kick(schedule);
			return;
		}
		if ((slot = next_slot(schedule, now)) == NULL)
			break;
		if (start_first(schedule, slot, now) == RUNNER_BUSY) {
			turn_in(schedule, RUNNER_BUSY_MS);
			return;
		}
	}
	set_timer(schedule, now);
}

static struct run *
run_with_token(struct schedule *schedule, uint64_t token)
{
	for (unsigned i = 0; i < schedule->spooler->conf->max_running; i++)
		if (schedule->runs[i].used && schedule->runs[i].token == token)
			return &schedule->runs[i];
	return NULL;
}

static void
runner_is_gone(struct schedule *schedule)
{
	for (unsigned i = 0; i < schedule->spooler->conf->max_running; i++)
		if (schedule->runs[i].used && schedule->runs[i].pid > 0)
			kill(-schedule->runs[i].pid, SIGKILL);
	log_error("the runner is gone; hookspoold ends, what ran is queued, and the next start runs it again");
	exit(EXIT_FAILURE);
}

static void
take_message(struct schedule *schedule, size_t len)
{
	struct run_report report;
	struct run *run;
	uint64_t token;
	int pid;

	if (run_decode_started(schedule->message, len, &token, &pid) == 0) {
		if ((run = run_with_token(schedule, token)) != NULL)
			run->pid = pid;
		return;
	}
	if (run_decode_report(&report, schedule->message, len) != 0) {
		log_error("a message of the runner was not understood");
		return;
	}
	if ((run = run_with_token(schedule, report.token)) != NULL && !run->ended)
		run_ended(run, &report);
}

static void
on_report(evutil_socket_t fd, short what, void *argument)
{
	struct schedule *schedule = argument;

	(void)what;
	for (int i = 0; i < TURN_STARTS; i++) {
		ssize_t n = recv(fd, schedule->message, sizeof schedule->message, MSG_DONTWAIT);

		if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
			return;
		if (n <= 0)
			runner_is_gone(schedule);
		take_message(schedule, (size_t)n);
	}
}

static int
make_slots(struct schedule *schedule, const struct conf *conf)
{
	size_t n = 0;

	for (size_t i = 0; i < conf->nsources; i++)
		n += conf->sources[i].nhooks;
	schedule->slots = calloc(n + 1, sizeof schedule->slots[0]);
	if (schedule->slots == NULL)
		return -1;
	for (size_t i = 0; i < conf->nsources; i++)
		for (size_t j = 0; j < conf->sources[i].nhooks; j++) {
			struct slot *slot = &schedule->slots[schedule->nslots++];

			slot->source = &conf->sources[i];
			slot->hook = &conf->sources[i].hooks[j];
			binding_identity(slot->identity, &conf->sources[i], slot->hook);
		}
	return 0;
}

struct schedule *
schedule_new(struct spooler *spooler, int runner)
{
	struct schedule *schedule = calloc(1, sizeof *schedule);

	if (schedule == NULL) {
		close(runner);
		return NULL;
	}
	schedule->spooler = spooler;
	schedule->runner = runner;
	schedule->wake = (struct spool_wake){on_woken, schedule};
	schedule->runs = calloc(spooler->conf->max_running, sizeof schedule->runs[0]);
	schedule->report = event_new(spooler->base, runner, EV_READ | EV_PERSIST, on_report, schedule);
	schedule->turn = event_new(spooler->base, -1, 0, on_turn, schedule);
	if (schedule->runs == NULL || schedule->report == NULL || schedule->turn == NULL ||
	    make_slots(schedule, spooler->conf) != 0 || event_add(schedule->report, NULL) != 0) {
		schedule_free(schedule);
		errno = ENOMEM;
		return NULL;
	}
	schedule_kick(schedule);
	return schedule;
}

void
schedule_stop(struct schedule *schedule)
{
	schedule->stopped = true;
}

void
schedule_free(struct schedule *schedule)
{
	if (schedule == NULL)
		return;
	if (schedule->report != NULL)
		event_free(schedule->report);
	if (schedule->turn != NULL)
		event_free(schedule->turn);
	for (unsigned i = 0; schedule->runs != NULL && i < schedule->spooler->conf->max_running; i++)
		free(schedule->runs[i].output);
	close(schedule->runner);
	free(schedule->runs);
	free(schedule->slots);
	free(schedule);
}
