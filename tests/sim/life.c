/* As src/spooler/life.c puts the parts together. */
#include "life.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/statvfs.h>

#include "../../src/lib/clock.h"
#include "../../src/spool/spool.h"
#include "../../src/spooler/batch.h"
#include "../../src/spooler/broken.h"
#include "../../src/spooler/schedule.h"
#include "../../src/spooler/space.h"
#include "../../src/spooler/suspension.h"
#include "../../src/spooler/upkeep.h"
#include "../model/reference.h"
#include "disk.h"
#include "loop.h"
#include "memory.h"
#include "sim.h"

#define FORGETS_AFTER_MS 60000 /* as in upkeep.c */
#define TURNS_MAX 10000	       /* at one moment */

struct spooler spooler;
static struct upkeep *upkeep;
static struct account nobody_else[] = {{.uid = ACCOUNT_SAME}};
static bool free_enough = true, saw_free = true;
static uint64_t forgets_since, slept_at;

uint64_t __wrap_clock_wall_ms(void);
uint64_t __wrap_clock_monotonic_ms(void);
uint64_t __wrap_clock_boot_ms(void);
ssize_t __wrap_getrandom(void *, size_t, unsigned);
int __wrap_statvfs(const char *, struct statvfs *);

uint64_t
__wrap_clock_wall_ms(void)
{
	return m.now_ms;
}

uint64_t
__wrap_clock_monotonic_ms(void)
{
	return loop_now();
}

uint64_t
__wrap_clock_boot_ms(void)
{
	return loop_now();
}

ssize_t
__wrap_getrandom(void *out, size_t size, unsigned flags)
{
	uint32_t value = sim_any(UINT32_MAX);

	(void)flags;
	memset(out, 0, size);
	memcpy(out, &value, size < sizeof value ? size : sizeof value);
	return (ssize_t)size;
}

int
__wrap_statvfs(const char *path, struct statvfs *disk)
{
	(void)path;
	saw_free = free_enough;
	*disk = (struct statvfs){.f_frsize = 1, .f_bavail = free_enough ? 1 : 0};
	return 0;
}

void
life_set_free(bool enough)
{
	free_enough = enough;
}

bool
life_saw_free(void)
{
	return saw_free;
}

void
broken_check(const struct spool *of)
{
	if (spool_broken(of))
		sim_die("the spool is broken");
}

void
life_holds(unsigned anew)
{
	for (int h = 0; disk_is_troubled() && h < HOOKS; h++) {
		const struct suspension *s = schedule_suspension(spooler.schedule, hook_name[h]);

		m.hooks[h].held |= (anew >> h & 1) != 0 && s != NULL && s->by_hand;
	}
}

bool
life_start(void)
{
	spooler = (struct spooler){.conf = &configured[m.form], .accounts = {nobody_else, 1}};
	forgets_since = m.now_ms + FORGETS_AFTER_MS;
	if ((spooler.spool = spool_open(spooler.conf, -1)) == NULL) {
		disk_jobs_end();
		if (memory_in_use() != 0)
			fail("a start that failed keeps %zu pieces of memory", memory_in_use());
		return false;
	}
	spooler.batch = batch_new(NULL, spooler.spool);
	spooler.space = space_new(&spooler);
	spooler.schedule = schedule_new(&spooler, -1);
	upkeep = upkeep_new(&spooler);
	if (spooler.batch == NULL || spooler.space == NULL || spooler.schedule == NULL || upkeep == NULL)
		fail("no life: %s", strerror(errno));
	life_holds(UINT_MAX);
	if (schedule_paused(spooler.schedule) != 0 && !disk_is_troubled())
		fail("paused by nobody");
	schedule_pause(
	    spooler.schedule, 0); /* it may be where the spool can't say whether it is: an operator sees to that */
	return true;
}

void
life_crash(void)
{
	loop_clear();
	disk_jobs_crash();
	disk_crash();
	memory_crash();
	forget_runs();
}

void
life_end(void)
{
	schedule_store(spooler.schedule);
	batch_commit(spooler.batch);
	upkeep_free(upkeep);
	schedule_free(spooler.schedule);
	space_free(spooler.space);
	batch_free(spooler.batch);
	spool_close(spooler.spool);
}

uint64_t
life_forgets_since(void)
{
	if (disk_is_troubled())
		forgets_since = m.now_ms;
	return forgets_since;
}

void
life_settle(void)
{
	for (int i = 0; !loop_is_quiet(); i++) {
		if (i == TURNS_MAX)
			fail("the spooler is busy for ever");
		loop_turn();
	}
}

static void
set_now(uint64_t now_ms)
{
	loop_set_now(loop_now() + (now_ms - m.now_ms));
	m.now_ms = now_ms;
}

/* How long until the next timer's time. */
static uint64_t
to_go(void)
{
	uint64_t next = loop_next();

	return next == LOOP_NEVER ? LOOP_NEVER : next > loop_now() ? next - loop_now() : 0;
}

void
life_pass(uint64_t until_ms, bool stalls)
{
	while (!stalls && to_go() <= until_ms - m.now_ms) {
		set_now(m.now_ms + to_go());
		loop_turn();
	}
	set_now(until_ms);
}

void
life_sleep(uint64_t ms)
{
	life_pass(m.now_ms + ms, true);
	slept_at = m.now_ms;
}

uint64_t
life_slept_at(void)
{
	return slept_at;
}
