/* What happens once a second; the clocks are the test's, and libevent has its own. */
#include <check.h>
#include <errno.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../../src/conf/conf.h"
#include "../../src/lib/clock.h"
#include "../../src/lib/log.h"
#include "../../src/spool/jumps.h"
#include "../../src/spool/spool.h"
#include "../../src/spooler/batch.h"
#include "../../src/spooler/upkeep.h"
#include "spooled.h"

#define DAY_MS 86400000

static uint64_t passed_ms; /* more than has really passed */
static int64_t set_ms;	   /* the wall clock */
static struct upkeep *upkeep;

uint64_t __real_clock_wall_ms(void);
uint64_t __real_clock_monotonic_ms(void);
uint64_t __real_clock_boot_ms(void);
uint64_t __wrap_clock_wall_ms(void);
uint64_t __wrap_clock_monotonic_ms(void);
uint64_t __wrap_clock_boot_ms(void);

uint64_t
__wrap_clock_wall_ms(void)
{
	return __real_clock_wall_ms() + passed_ms + (uint64_t)set_ms;
}

uint64_t
__wrap_clock_monotonic_ms(void)
{
	return __real_clock_monotonic_ms() + passed_ms;
}

uint64_t
__wrap_clock_boot_ms(void)
{
	return __real_clock_boot_ms() + passed_ms;
}

static void
begin(void)
{
	ck_assert_ptr_nonnull(upkeep = upkeep_new(&spooled));
}

static void
set_up(void)
{
	spooled_set_up();
	spooled.conf->keep_ms = spooled.conf->dedup_ms = 1000000;
}

static void
tear_down(void)
{
	upkeep_free(upkeep);
	spooled_tear_down();
}

static void
wait_for_events(uint64_t n)
{
	while (spool_counters(spooled.spool)->events != n)
		event_base_loop(spooled.base, EVLOOP_ONCE);
}

START_TEST(what_was_kept_long_enough_is_forgotten)
{
	uint64_t done = spooled_accept("a.x", ""), queued, number;

	spooled_run(done, 0);
	queued = spooled_accept("a.x", "");
	begin();
	passed_ms = 2000000;
	wait_for_events(1);
	ck_assert_int_eq(spool_next(spooled.spool, 0, &number), 0);
	ck_assert_uint_eq(number, queued);
}
END_TEST

static int
store_nothing(struct batch_item *item)
{
	(void)item;
	return 0;
}

static void
finish_nothing(struct batch_item *item, bool committed)
{
	(void)item;
	(void)committed;
}

/* As with a group in which webhooks come. */
START_TEST(a_clock_that_is_set_there_and_back_between_two_looks_makes_nothing_older)
{
	struct batch_item item = {.store = store_nothing, .finish = finish_nothing};
	struct event event;
	struct clocks now;
	uint64_t number;

	begin();
	set_ms = -DAY_MS;
	batch_join(spooled.batch, &item);
	batch_commit(spooled.batch);
	number = spooled_accept("a.x", "");
	set_ms = 0;
	now = (struct clocks){clock_wall_ms(), clock_boot_ms()};
	ck_assert_int_eq(spool_event_head(spooled.spool, number, &event), 0);
	ck_assert_uint_lt(event.received_ms, now.wall_ms - DAY_MS / 2);
	ck_assert_uint_gt(spool_received_by(spooled.spool, &now, number, event.received_ms), now.wall_ms - DAY_MS / 2);
}
END_TEST

START_TEST(a_clock_that_is_set_forward_makes_nothing_older)
{
	uint64_t number = spooled_accept("a.x", ""), received = clock_wall_ms();

	spooled_run(number, 0);
	begin();
	set_ms = 5000000;
	while (spool_received(spooled.spool, number, received) == received)
		event_base_loop(spooled.base, EVLOOP_ONCE);
	ck_assert_uint_ge(spool_received(spooled.spool, number, received), received + 4999000);
	passed_ms = 100000; /* it is looked through, and too young */
	for (int i = 0; i < 3; i++)
		event_base_loop(spooled.base, EVLOOP_ONCE);
	ck_assert_uint_eq(spool_counters(spooled.spool)->events, 1);
}
END_TEST

START_TEST(a_clock_that_was_ahead_is_noticed_at_the_start)
{
	uint64_t number, received;

	set_ms = 5000000;
	number = spooled_accept("a.x", "");
	received = clock_wall_ms();
	set_ms = 0;
	begin();
	ck_assert_uint_le(spool_received(spooled.spool, number, received), received - 4999000);
}
END_TEST

/* Whether the runner has been told of another file since. */
static bool
runner_told(void)
{
	unsigned char message[64];
	ssize_t n = recv(spooled_runner, message, sizeof message, MSG_DONTWAIT);

	return n > 0 && run_decode_log(message, (size_t)n) == 0;
}

START_TEST(the_runner_follows_a_log_that_was_renamed)
{
	char dir[] = "/tmp/test_upkeep.XXXXXX", file[64], renamed[64];

	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(file, sizeof file, "%s/log", dir);
	snprintf(renamed, sizeof renamed, "%s/log.1", dir);
	ck_assert_int_eq(log_open("test", file), 0);
	begin();
	upkeep_log(upkeep);
	while (runner_told())
		continue;
	upkeep_log(upkeep);
	ck_assert(!runner_told());
	ck_assert_int_eq(rename(file, renamed), 0);
	upkeep_log(upkeep);
	ck_assert(runner_told());
	ck_assert_int_eq(access(file, F_OK), 0);
	unlink(file);
	unlink(renamed);
	rmdir(dir);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("upkeep");
	TCase *tc = tcase_create("upkeep");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, tc);
	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, what_was_kept_long_enough_is_forgotten);
	tcase_add_test(tc, a_clock_that_is_set_there_and_back_between_two_looks_makes_nothing_older);
	tcase_add_test(tc, a_clock_that_is_set_forward_makes_nothing_older);
	tcase_add_test(tc, a_clock_that_was_ahead_is_noticed_at_the_start);
	tcase_add_test(tc, the_runner_follows_a_log_that_was_renamed);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
