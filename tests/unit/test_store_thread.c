/* The thread beside the loop: its jobs, its turns, its end. */
#include <check.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <unistd.h>

#include "../../src/spool/store_thread.h"

#define JOBS 5
#define SOON_MS 10000 /* for what comes at once, unless it is lost */

struct counted {
	struct store_job job;
	int number;
	pthread_t ran_on;
	bool blocked;
	int *done;
};

static atomic_int turns, ran;
static _Atomic uint64_t answer = UINT64_MAX;

static uint64_t
take(void *context)
{
	(void)context;
	atomic_fetch_add(&turns, 1);
	return atomic_load(&answer);
}

static void
run(struct store_job *job)
{
	struct counted *counted = (struct counted *)job;
	sigset_t mask;

	pthread_sigmask(SIG_SETMASK, NULL, &mask);
	counted->blocked = sigismember(&mask, SIGTERM) == 1 && sigismember(&mask, SIGHUP) == 1;
	counted->ran_on = pthread_self();
	counted->number = atomic_fetch_add(&ran, 1);
}

static void
done(struct store_job *job)
{
	++*((struct counted *)job)->done;
}

static void
set_up(void)
{
	atomic_store(&turns, 0);
	atomic_store(&ran, 0);
	atomic_store(&answer, UINT64_MAX);
}

static struct store_thread *
new_thread(void)
{
	struct store_turn turn = {take, NULL};
	struct store_thread *thread = store_thread_new(&turn);

	ck_assert_ptr_nonnull(thread);
	return thread;
}

static void
wait_until_turns(int n)
{
	for (int waited = 0; atomic_load(&turns) < n; waited++) {
		ck_assert_int_lt(waited, SOON_MS);
		usleep(1000);
	}
}

START_TEST(jobs_run_in_their_order_elsewhere_and_without_signals)
{
	struct store_thread *thread = new_thread();
	struct counted jobs[JOBS] = {0};
	int told = 0;

	for (int i = 0; i < JOBS; i++) {
		jobs[i] = (struct counted){.job = {.run = run, .done = done}, .done = &told};
		store_thread_give(thread, &jobs[i].job);
	}
	while (told < JOBS) {
		struct pollfd fd = {store_thread_descriptor(thread), POLLIN, 0};

		ck_assert_int_eq(poll(&fd, 1, SOON_MS), 1);
		store_thread_done(thread);
	}
	for (int i = 0; i < JOBS; i++) {
		ck_assert_int_eq(jobs[i].number, i);
		ck_assert(jobs[i].blocked);
		ck_assert(!pthread_equal(jobs[i].ran_on, pthread_self()));
	}
	store_thread_free(thread);
	ck_assert_int_eq(told, JOBS);
}
END_TEST

START_TEST(the_end_leaves_no_job_behind)
{
	struct store_thread *thread = new_thread();
	struct counted jobs[JOBS] = {0};
	int told = 0;

	for (int i = 0; i < JOBS; i++) {
		jobs[i] = (struct counted){.job = {.run = run, .done = done}, .done = &told};
		store_thread_give(thread, &jobs[i].job);
	}
	store_thread_free(thread);
	ck_assert_int_eq(atomic_load(&ran), JOBS);
	ck_assert_int_eq(told, JOBS);
}
END_TEST

START_TEST(a_turn_comes_at_the_start_and_with_each_wake)
{
	struct store_thread *thread = new_thread();

	wait_until_turns(1);
	store_thread_wake(thread);
	wait_until_turns(2);
	store_thread_free(thread);
	ck_assert_int_eq(atomic_load(&turns), 2);
}
END_TEST

START_TEST(a_turn_comes_when_the_time_has_passed_that_it_asked_for)
{
	struct store_thread *thread;

	atomic_store(&answer, 1);
	thread = new_thread();
	wait_until_turns(5);
	store_thread_free(thread);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("store_thread");
	TCase *tcase = tcase_create("thread");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tcase, set_up, NULL);
	tcase_add_test(tcase, jobs_run_in_their_order_elsewhere_and_without_signals);
	tcase_add_test(tcase, the_end_leaves_no_job_behind);
	tcase_add_test(tcase, a_turn_comes_at_the_start_and_with_each_wake);
	tcase_add_test(tcase, a_turn_comes_when_the_time_has_passed_that_it_asked_for);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
