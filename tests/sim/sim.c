/*
 * A simulator: see README here.
 *
 *	sim [-n | -s] [steps [seed]]	SIM_STEPS and SIM_SEED say the same; a failure prints what replays it.
 *					-n: only this seed, once, and the trace's hash; SIM_ONLY=3,7-9: of these steps only
 *					-s: find the steps that it takes to fail
 */
#include "sim.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
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
#include "shrink.h"
#include "steps.h"

#define STEPS 300000
#define LOOK_EVERY 300 /* steps between two looks at the whole disk */
#define REPLAYED 20000 /* steps that are run twice */
#define BEGIN_MS 1700000000000
#define MAX_QUEUED 100

static uint64_t seed, steps, hash, chance;
static uint64_t *shared; /* the step, as whoever waits for the process sees it, too */
#define step (*shared)
static bool *left_out; /* by step */
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

/* So that a step is the same whatever was left out before it. */
static uint64_t
chance_of_step(void)
{
	uint64_t mixed = (seed * 0x9e3779b97f4a7c15u) ^ (step * 0xff51afd7ed558ccdu);

	mixed ^= mixed >> 32;
	return mixed * 0xc4ceb9fe1a85ec53u;
}

static void
take_step(void)
{
	chance = chance_of_step();
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
	for (; !alive; step++)
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
		configured[i].cache =
		    seed % 3 == 0 ? 1u << 14 : 1u << 20; /* so small, ids are sealed because they are many */
	}
	forget_runs();
	ledger_open();
	for (step = 1; step <= steps; step++) {
		if (!left_out[step])
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

static void
be_quiet(void)
{
	int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);

	fflush(stdout);
	if (dup2(nowhere, STDOUT_FILENO) == -1 || dup2(nowhere, STDERR_FILENO) == -1)
		fail("no /dev/null");
	close(nowhere);
}

/* With what is left out now. */
static bool
fails(void)
{
	int status = 0;
	pid_t child = fork();

	if (child == 0) {
		be_quiet();
		run();
		_exit(EXIT_SUCCESS);
	}
	return child == -1 || waitpid(child, &status, 0) == -1 || status != 0;
}

static int
find_steps(void)
{
	uint64_t n;

	if (!fails()) {
		printf("ok 1 - seed %llu does not fail\n1..1\n", (unsigned long long)seed);
		return EXIT_SUCCESS;
	}
	steps = step < steps ? step : steps;
	fflush(stdout);
	n = shrink(left_out, steps, fails);
	printf("not ok 1 - %llu steps are enough\n# replay: SIM_ONLY=", (unsigned long long)n);
	shrink_print(left_out, steps);
	printf(" sim -n %llu %llu\n1..1\n", (unsigned long long)steps, (unsigned long long)seed);
	return EXIT_FAILURE;
}

static bool
replays(uint64_t of_steps, uint64_t of_seed)
{
	uint64_t first = run_apart(of_steps, of_seed), second = run_apart(of_steps, of_seed);

	printf("%sok 2 - a seed replays exactly\n# %016llx, %016llx\n", first != 0 && first == second ? "" : "not ",
	    (unsigned long long)first, (unsigned long long)second);
	return first != 0 && first == second;
}

static bool
run_all(bool once)
{
	double begun = seconds();
	uint64_t of_steps = steps, of_seed = seed, result = run_apart(of_steps, of_seed);

	printf("%sok 1 - the core does what the reference says, whatever happens\n", result != 0 ? "" : "not ");
	printf("# %.2f million steps a minute\n", (double)of_steps / 1e6 * 60 / (seconds() - begun));
	if (once)
		printf("# %016llx\n", (unsigned long long)result);
	return result != 0 && (once || replays(of_steps < REPLAYED ? of_steps : REPLAYED, of_seed));
}

int
main(int argc, char **argv)
{
	char option = argc > 1 && argv[1][0] == '-' ? argv[1][1] : '\0';
	char **words = argv + (option != '\0');
	int nwords = argc - (option != '\0'), status;

	shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		return EXIT_FAILURE;
	steps = number_from(nwords > 1 ? words[1] : NULL, "SIM_STEPS", STEPS);
	seed = number_from(nwords > 2 ? words[2] : NULL, "SIM_SEED", (uint64_t)getpid() * 2654435761u % 1000000);
	left_out = enlarge(NULL, (steps + 1) * sizeof left_out[0]);
	memset(left_out, false, (steps + 1) * sizeof left_out[0]);
	if (getenv("SIM_ONLY") != NULL)
		shrink_parse(left_out, steps, getenv("SIM_ONLY"));
	if (option == 's') {
		status = find_steps();
	} else {
		status = run_all(option == 'n') ? EXIT_SUCCESS : EXIT_FAILURE;
		printf("1..%d\n", option == 'n' ? 1 : 2);
	}
	memory_own_free(left_out);
	return status;
}
