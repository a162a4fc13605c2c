/* Two queues under one mutex, which is not held while a job runs. */
#include "store_thread.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "../lib/clock.h"

struct queue {
	struct store_job *first, **last;
};

struct store_thread {
	struct store_turn turn;
	pthread_t thread;
	pthread_mutex_t mutex;
	pthread_cond_t changed;
	struct queue given, done;
	bool woken, ending;
	int told; /* eventfd */
};

static void
queue_clear(struct queue *queue)
{
	queue->first = NULL;
	queue->last = &queue->first;
}

static void
queue_add(struct queue *queue, struct store_job *job)
{
	job->next = NULL;
	*queue->last = job;
	queue->last = &job->next;
}

static struct store_job *
queue_take(struct queue *queue)
{
	struct store_job *job = queue->first;

	if (job != NULL && (queue->first = job->next) == NULL)
		queue->last = &queue->first;
	return job;
}

/* Holding the mutex: until there is something to do, or UNTIL_MS. */
static void
wait_for_work(struct store_thread *thread, uint64_t until_ms)
{
	struct timespec until = clock_wait(until_ms);

	while (thread->given.first == NULL && !thread->woken && !thread->ending && clock_monotonic_ms() < until_ms)
		if (until_ms == UINT64_MAX)
			pthread_cond_wait(&thread->changed, &thread->mutex);
		else
			pthread_cond_timedwait(&thread->changed, &thread->mutex, &until);
}

static void
run(struct store_thread *thread, struct store_job *job)
{
	uint64_t one = 1;

	job->run(job);
	pthread_mutex_lock(&thread->mutex);
	queue_add(&thread->done, job);
	pthread_mutex_unlock(&thread->mutex);
	(void)!write(thread->told, &one, sizeof one);
}

/* Returns when the next one is wanted. */
static uint64_t
take_turn(struct store_thread *thread)
{
	uint64_t in_ms = thread->turn.take(thread->turn.context);

	return in_ms == UINT64_MAX ? UINT64_MAX : clock_monotonic_ms() + in_ms;
}

static void *
work(void *argument)
{
	struct store_thread *thread = argument;
	struct store_job *job;
	uint64_t next_ms = 0;
	bool ending;

	do {
		pthread_mutex_lock(&thread->mutex);
		wait_for_work(thread, next_ms);
		if (thread->woken)
			next_ms = 0;
		thread->woken = false;
		job = queue_take(&thread->given);
		ending = thread->ending && job == NULL;
		pthread_mutex_unlock(&thread->mutex);
		if (job != NULL)
			run(thread, job);
		if (!ending && clock_monotonic_ms() >= next_ms)
			next_ms = take_turn(thread);
	} while (!ending);
	return NULL;
}

static int
start(struct store_thread *thread)
{
	sigset_t all, before;
	int why;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	why = pthread_create(&thread->thread, NULL, work, thread);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	errno = why;
	return why == 0 ? 0 : -1;
}

struct store_thread *
store_thread_new(const struct store_turn *turn)
{
	struct store_thread *thread = calloc(1, sizeof *thread);
	pthread_condattr_t monotonic;
	int saved;

	if (thread == NULL)
		return NULL;
	thread->turn = *turn;
	queue_clear(&thread->given);
	queue_clear(&thread->done);
	if ((thread->told = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) == -1)
		goto fail;
	pthread_mutex_init(&thread->mutex, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&thread->changed, &monotonic);
	pthread_condattr_destroy(&monotonic);
	if (start(thread) == 0)
		return thread;
	saved = errno;
	pthread_cond_destroy(&thread->changed);
	pthread_mutex_destroy(&thread->mutex);
	close(thread->told);
	errno = saved;
fail:
	saved = errno;
	free(thread);
	errno = saved;
	return NULL;
}

void
store_thread_free(struct store_thread *thread)
{
	if (thread == NULL)
		return;
	pthread_mutex_lock(&thread->mutex);
	thread->ending = true;
	pthread_cond_signal(&thread->changed);
	pthread_mutex_unlock(&thread->mutex);
	pthread_join(thread->thread, NULL);
	store_thread_done(thread);
	pthread_cond_destroy(&thread->changed);
	pthread_mutex_destroy(&thread->mutex);
	close(thread->told);
	free(thread);
}

void
store_thread_wake(struct store_thread *thread)
{
	pthread_mutex_lock(&thread->mutex);
	thread->woken = true;
	pthread_cond_signal(&thread->changed);
	pthread_mutex_unlock(&thread->mutex);
}

void
store_thread_give(struct store_thread *thread, struct store_job *job)
{
	pthread_mutex_lock(&thread->mutex);
	queue_add(&thread->given, job);
	pthread_cond_signal(&thread->changed);
	pthread_mutex_unlock(&thread->mutex);
}

int
store_thread_descriptor(const struct store_thread *thread)
{
	return thread->told;
}

void
store_thread_done(struct store_thread *thread)
{
	struct store_job *job, *next;
	uint64_t count;

	(void)!read(thread->told, &count, sizeof count);
	pthread_mutex_lock(&thread->mutex);
	job = thread->done.first;
	queue_clear(&thread->done);
	pthread_mutex_unlock(&thread->mutex);
	for (; job != NULL; job = next) {
		next = job->next;
		if (job->done != NULL)
			job->done(job);
	}
}
