/*
 * A simulator: see README here.
 *
 *	sim [-n] [steps [seed]]		SIM_STEPS and SIM_SEED say the same; a failure prints what replays it.
 *					-n: only this seed, once, and the trace's hash
 */
#include "sim.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../model/reference.h"
#include "arrive.h"
#include "check.h"
#include "crew.h"
#include "disk.h"
#include "ledger.h"
#include "life.h"
#include "loop.h"
#include "memory.h"
#include "steps.h"

#define STEPS 150000
#define LOOK_EVERY 300 /* steps between two looks at the whole disk */
#define REPLAYED 20000 /* steps that are run twice */
#define BEGIN_MS 1700000000000
#define MAX_QUEUED 100

static uint64_t seed, steps, step, hash, chance;
static unsigned long lives, deaths, failed_starts;
static jmp_buf death;
static bool alive;

uint32_t
sim_any(uint32_t below)
{
	chance = chance * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)((chance >> 33) % below);
}

void
sim_trace(uint64_t what)
{
	hash = (hash ^ what) * 0x9e3779b97f4a7c15u;
	hash ^= hash >> 29;
}

void
sim_trace_bytes(const void *bytes, size_t len)
{
	const unsigned char *at = bytes;
	uint64_t word;

	for (; len >= sizeof word; len -= sizeof word, at += sizeof word) {
		memcpy(&word, at, sizeof word);
		sim_trace(word);
	}
	for (; len > 0; len--, at++)
		sim_trace(*at);
}

void
sim_die(const char *why)
{
	sim_trace_bytes(why, strlen(why));
	longjmp(death, 1);
}

void
fail(const char *format, ...)
{
	va_list args;

	printf("# seed %llu, step %llu: ", (unsigned long long)seed, (unsigned long long)step);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf("\n# replay: sim -n %llu %llu\n", (unsigned long long)steps, (unsigned long long)seed);
	fflush(stdout);
	_exit(EXIT_FAILURE);
}

static void
bury(void)
{
	deaths++;
	alive = false;
	arrivals_crash();
	crew_crash();
	ledger_crash();
	life_crash();
}

static void
be_born(void)
{
	m.form = (int)sim_any(FORMS);
	for (int h = 0; h < HOOKS; h++)
		m.hooks[h].there = hook_is_in(m.form, h);
	if (sim_any(6) == 0)
		disk_trouble(&(struct disk_trouble){.fail_in = sim_any(40), .count = 1, .crash_in = sim_any(80)});
	if (!life_start()) {
		failed_starts++;
		sim_die("it could not start");
	}
	alive = true;
	lives++;
	if (sim_any(2) == 0)
		check_disk();
}

/* An orderly end. */
static void
leave(void)
{
	life_end();
	arrivals_leave();
	if (memory_in_use() != 0)
		fail("an end leaves %zu pieces of memory", memory_in_use());
	sim_die("it has left");
}

static void
take_step(void)
{
	if (setjmp(death) != 0) {
		bury();
		return;
	}
	if (!alive)
		be_born();
	else if (sim_any(4000) == 0)
		leave();
	else
		steps_one();
	if (alive && step % LOOK_EVERY == 0 && !disk_is_troubled())
		check_disk();
}

static void
end(void)
{
	while (!alive)
		take_step();
	if (setjmp(death) != 0)
		fail("it died without a reason");
	steps_drain();
	steps_forget();
	life_end();
	if (memory_in_use() != 0)
		fail("an end leaves %zu pieces of memory", memory_in_use());
}

/* Returns the trace's hash. */
static uint64_t
run(void)
{
	chance = seed;
	m.now_ms = BEGIN_MS;
	loop_set_now(1000000);
	for (int i = 0; i < FORMS; i++) {
		configured[i].spool = (char *)(uintptr_t) "spool";
		configured[i].max_queued = MAX_QUEUED;
		configured[i].dedup_ms = seed % 2 == 0 ? KEEP_MS : DEDUP_MS; /* as short as it may be */
		configured[i].min_free = 1;
	}
	forget_runs();
	ledger_open();
	for (step = 1; step <= steps; step++) {
		take_step();
		sim_trace(m.now_ms);
	}
	end();
	return hash;
}

/* In a process of its own, as what is static in there is new each time.  Returns the hash, 0: it failed, and said why. */
static uint64_t
run_apart(uint64_t of_steps, uint64_t of_seed)
{
	int pipes[2], status = 0;
	uint64_t result = 0;
	pid_t child;

	fflush(stdout);
	if (pipe(pipes) != 0 || (child = fork()) == -1)
		fail("no process");
	if (child == 0) {
		steps = of_steps;
		seed = of_seed;
		result = run();
		printf(
		    "# seed %llu: %llu steps, %llu events, %lu runs, %lu lives, %lu deaths, %lu starts that failed, %lu "
		    "suspensions, %lu repairs, %lu troubles, %lu duplicates, %lu ids that were new again\n",
		    (unsigned long long)seed, (unsigned long long)steps, (unsigned long long)m.n, crew_starts, lives,
		    deaths, failed_starts, m.suspensions, steps_repairs, steps_troubles, arrived[SUBMIT_DUPLICATE],
		    renewed);
		fflush(stdout);
		_exit(write(pipes[1], &result, sizeof result) == sizeof result ? EXIT_SUCCESS : EXIT_FAILURE);
	}
	close(pipes[1]);
	if (read(pipes[0], &result, sizeof result) != sizeof result)
		result = 0;
	close(pipes[0]);
	waitpid(child, &status, 0);
	if (WIFSIGNALED(status))
		printf("# signal %d; replay: sim -n %llu %llu\n", WTERMSIG(status), (unsigned long long)of_steps,
		    (unsigned long long)of_seed);
	return status == 0 ? result : 0;
}

static uint64_t
number_from(const char *argument, const char *name, uint64_t otherwise)
{
	const char *text = argument != NULL ? argument : getenv(name);

	return text != NULL && *text != '\0' ? strtoull(text, NULL, 10) : otherwise;
}

static double
seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static bool
replays(uint64_t of_steps, uint64_t of_seed)
{
	uint64_t first = run_apart(of_steps, of_seed), second = run_apart(of_steps, of_seed);

	printf("%sok 2 - a seed replays exactly\n# %016llx, %016llx\n", first != 0 && first == second ? "" : "not ",
	    (unsigned long long)first, (unsigned long long)second);
	return first != 0 && first == second;
}

int
main(int argc, char **argv)
{
	bool once = argc > 1 && strcmp(argv[1], "-n") == 0, good;
	uint64_t of_steps = number_from(argc > 1 + once ? argv[1 + once] : NULL, "SIM_STEPS", STEPS),
		 of_seed = number_from(
		     argc > 2 + once ? argv[2 + once] : NULL, "SIM_SEED", (uint64_t)getpid() * 2654435761u % 1000000),
		 result;
	double begun = seconds();

	result = run_apart(of_steps, of_seed);
	printf("%sok 1 - the core does what the reference says, whatever happens\n", result != 0 ? "" : "not ");
	printf("# %.2f million steps a minute\n", (double)of_steps / 1e6 * 60 / (seconds() - begun));
	if (once)
		printf("# %016llx\n", (unsigned long long)result);
	good = result != 0 && (once || replays(of_steps < REPLAYED ? of_steps : REPLAYED, of_seed));
	printf("1..%d\n", once ? 1 : 2);
	return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
