/* No process and no socket: a list of runs. */
#include "crew.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/protocol/run.h"
#include "../../src/spool/record.h"
#include "../../src/spooler/launch.h"
#include "../../src/spooler/runner_link.h"
#include "../../src/spooler/schedule.h"
#include "../../src/spooler/suspension.h"
#include "disk.h"
#include "ledger.h"
#include "life.h"
#include "sim.h"

#define RUNS_MAX 64
#define BUSY_MS 20 /* as in schedule.c */

struct runner_link {
	struct runner_link_owner owner;
};

struct running {
	uint64_t number, token;
	int hook;
};

/* One that could not be started. */
struct failed {
	int hook;
	bool probe;
	struct run_report report;
};

unsigned long crew_starts;

static struct runner_link *link_now;
static struct running runs[RUNS_MAX];
static struct failed failed[RUNS_MAX];
static size_t nruns, nfailed;
static uint64_t busy_until, last_token;
static bool bad_mood[HOOKS];

static uint64_t
probe_of(int hook)
{
	const struct suspension *s = schedule_suspension(spooler.schedule, hook_name[hook]);

	return s != NULL ? s->probe_ms : 0;
}

void
crew_settle(void)
{
	size_t n = nfailed;

	nfailed = 0;
	for (size_t i = 0; i < n; i++)
		run_judges(failed[i].hook, failed[i].probe, &failed[i].report, probe_of(failed[i].hook));
}

bool
crew_is_busy(void)
{
	return m.now_ms < busy_until;
}

static void
check_event(const struct launch *launch, const struct webhook *e)
{
	const struct event *event = launch->event;
	char id[ARRIVE_TEXT], *body;
	size_t len = arrive_body(&body, e);

	arrive_id(id, e->id);
	if (event->len[EVENT_ID] != strlen(id) || memcmp(event->text[EVENT_ID], id, strlen(id)) != 0 ||
	    event->body_len != len || memcmp(event->body, body, len) != 0 || event->received_ms != e->received_ms)
		fail("event %llu: what starts is not what came", (unsigned long long)launch->number);
}

static int
check_start(const struct launch *launch)
{
	unsigned long long n = launch->number;
	char name[SPOOL_HOOK_MAX + 1];
	const struct task *d;
	int hook;

	crew_settle();
	snprintf(name, sizeof name, "%s/%s", launch->source->name, launch->hook->title);
	hook = hook_named(name);
	d = &event_of(launch->number)->d[hook];
	if (disk_is_broken())
		fail("event %llu: %s starts on a disk that is broken", n, name);
	if (!d->exists || d->state != DELIVERY_QUEUED)
		fail("event %llu: %s starts and is not queued", n, name);
	if (d->running || d->ended)
		fail("event %llu: %s starts and runs already", n, name);
	if (d->next_ms > m.now_ms)
		fail("event %llu: %s starts before it is due", n, name);
	if (!lane_is_free(launch->number))
		fail("event %llu: %s starts out of its lane's order", n, name);
	if (!hook_may_start(hook))
		fail("event %llu: %s starts beyond a limit, or is suspended", n, name);
	if (first_of(hook) != launch->number)
		fail("event %llu: %s starts before event %llu", n, name, (unsigned long long)first_of(hook));
	if (launch->attempt != d->attempts + 1)
		fail("event %llu: %s starts as attempt %u, not %u", n, name, launch->attempt, d->attempts + 1);
	check_event(launch, event_of(launch->number));
	return hook;
}

/* It can't be started: an end like any other, but that no process was there. */
static int
fail_to_start(const struct launch *launch, int hook, int why)
{
	struct failed *f = &failed[nfailed++];

	if (nfailed == RUNS_MAX)
		fail("more starts fail than there is room for");
	*f = (struct failed){.hook = hook, .probe = m.hooks[hook].suspended};
	f->report = (struct run_report){.token = launch->token, .end = RUN_FAILED, .code = why, .ended_ms = m.now_ms};
	ledger_ended(launch->number, hook, &f->report);
	errno = why;
	return -1;
}

int
runner_link_start(struct runner_link *link, const struct launch *launch)
{
	uint32_t dice = sim_any(200);
	int hook;

	(void)link;
	if (dice < 3) {
		busy_until = m.now_ms + BUSY_MS;
		errno = dice == 0 ? ENOBUFS : EAGAIN;
		return -1;
	}
	hook = check_start(launch);
	sim_trace(launch->number * HOOKS + (uint64_t)hook);
	crew_starts++;
	last_token = launch->token;
	run_starts(launch->number, hook, launch->token);
	if (dice == 3)
		return fail_to_start(launch, hook, sim_any(2) == 0 ? E2BIG : ENOMEM);
	if (nruns == RUNS_MAX)
		fail("more runs than there is room for");
	runs[nruns++] = (struct running){launch->number, launch->token, hook};
	return 0;
}

struct runner_link *
runner_link_new(struct event_base *base, int socket, const struct runner_link_owner *owner)
{
	(void)base;
	(void)socket;
	link_now = calloc(1, sizeof *link_now);
	link_now->owner = *owner;
	return link_now;
}

void
runner_link_free(struct runner_link *link)
{
	free(link);
	link_now = NULL;
}

int
runner_link_follow(struct runner_link *link, uint64_t token)
{
	(void)link;
	(void)token;
	return 0;
}

int
runner_link_log(struct runner_link *link, int log)
{
	(void)link;
	(void)log;
	return 0;
}

void
crew_crash(void)
{
	link_now = NULL;
	nruns = nfailed = 0;
	busy_until = 0;
}

void
crew_mood(void)
{
	bad_mood[sim_any(HOOKS)] = sim_any(3) == 0;
}

static void
report_one(bool well)
{
	size_t i = sim_any((uint32_t)nruns);
	struct running run = runs[i];
	bool probe = event_of(run.number)->d[run.hook].probe;
	struct run_report report = {.token = run.token, .out = "out", .out_len = 3, .out_total = 3, .err = ""};

	choose_end(&report, run.hook, well ? 0 : bad_mood[run.hook] ? 60 + sim_any(40) : sim_any(100));
	report.started_ms = report.ended_ms = m.now_ms;
	runs[i] = runs[--nruns];
	ledger_ended(run.number, run.hook, &report);
	link_now->owner.ended(link_now->owner.context, &report);
	run_judges(run.hook, probe, &report, probe_of(run.hook));
}

void
crew_reports(unsigned wanted, bool well)
{
	crew_settle();
	for (; wanted > 0 && nruns > 0; wanted--)
		report_one(well);
}

/* Whether it runs; its end would be the end. */
static bool
is_token(uint64_t token)
{
	for (size_t i = 0; i < nruns; i++)
		if (runs[i].token == token)
			return true;
	return false;
}

void
crew_babbles(void)
{
	struct run_report report = {.end = RUN_EXITED, .out = "", .err = ""};

	report.token = last_token + 1 - sim_any(6);
	if (!is_token(report.token))
		link_now->owner.ended(link_now->owner.context, &report);
}
