/*
 * A clock that runs faster, for the process and its children alike: what is forgotten a minute after the start, and kept for a time, goes within
 * seconds.  All clocks go alike, and whoever waits for a time waits for a shorter one.
 */
#include "recorder.h"

#include <dlfcn.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/epoll.h>

#define BILLION 1000000000ll

static long long speed = 1;
static long long wall_shift; /* ns */
static long long started[3]; /* ns of each clock */
static int (*next_gettime)(clockid_t, struct timespec *);

static long long
read_clock(clockid_t which)
{
	struct timespec t;

	next_gettime(which, &t);
	return t.tv_sec * BILLION + t.tv_nsec;
}

static int
index_of(clockid_t which)
{
	return which == CLOCK_REALTIME ? 0 : which == CLOCK_MONOTONIC ? 1 : which == CLOCK_BOOTTIME ? 2 : -1;
}

__attribute__((constructor)) static void
start_clocks(void)
{
	static const clockid_t all[] = {CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_BOOTTIME};
	const char *factor = getenv("POWERCUT_SPEED"), *wall = getenv("POWERCUT_WALL_MS");

	next_gettime = (int (*)(clockid_t, struct timespec *))recorder_next("clock_gettime");
	for (int i = 0; i < 3; i++)
		started[i] = read_clock(all[i]);
	if (factor != NULL)
		speed = strtoll(factor, NULL, 10);
	if (wall != NULL)
		wall_shift = strtoll(wall, NULL, 10) * 1000000 - started[0];
}

static long long
faster(int i, long long ns)
{
	return started[i] + (ns - started[i]) * speed + (i == 0 ? wall_shift : 0);
}

uint64_t
recorder_wall_ms(void)
{
	return (uint64_t)(faster(0, read_clock(CLOCK_REALTIME)) / 1000000);
}

uint64_t
recorder_real_ns(void)
{
	return (uint64_t)read_clock(CLOCK_REALTIME);
}

int
clock_gettime(clockid_t which, struct timespec *t)
{
	int i = index_of(which), result;
	long long ns;

	if (next_gettime == NULL)
		start_clocks();
	if ((result = next_gettime(which, t)) != 0 || i == -1)
		return result;
	ns = faster(i, t->tv_sec * BILLION + t->tv_nsec);
	*t = (struct timespec){ns / BILLION, ns % BILLION};
	return 0;
}

static int
shorter(int ms)
{
	return ms <= 0 ? ms : (int)((ms + speed - 1) / speed);
}

int
epoll_wait(int fd, struct epoll_event *events, int max, int ms)
{
	static int (*next)(int, struct epoll_event *, int, int);

	if (next == NULL)
		next = (int (*)(int, struct epoll_event *, int, int))recorder_next("epoll_wait");
	return next(fd, events, max, shorter(ms));
}

int
poll(struct pollfd *all, nfds_t n, int ms)
{
	static int (*next)(struct pollfd *, nfds_t, int);

	if (next == NULL)
		next = (int (*)(struct pollfd *, nfds_t, int))recorder_next("poll");
	return next(all, n, shorter(ms));
}

int
ppoll(struct pollfd *all, nfds_t n, const struct timespec *t, const sigset_t *mask)
{
	static int (*next)(struct pollfd *, nfds_t, const struct timespec *, const sigset_t *);
	struct timespec less;
	long long ns;

	if (next == NULL)
		next =
		    (int (*)(struct pollfd *, nfds_t, const struct timespec *, const sigset_t *))recorder_next("ppoll");
	if (t == NULL)
		return next(all, n, NULL, mask);
	ns = (t->tv_sec * BILLION + t->tv_nsec) / speed;
	less = (struct timespec){ns / BILLION, ns % BILLION};
	return next(all, n, &less, mask);
}

/* Of the monotonic clock: hookspoold has no other condition that waits for a time. */
int
pthread_cond_timedwait(pthread_cond_t *condition, pthread_mutex_t *mutex, const struct timespec *until)
{
	static int (*next)(pthread_cond_t *, pthread_mutex_t *, const struct timespec *);
	long long ns = until->tv_sec * BILLION + until->tv_nsec;
	struct timespec sooner;

	if (next == NULL)
		next = (int (*)(pthread_cond_t *, pthread_mutex_t *, const struct timespec *))dlvsym(
		    RTLD_NEXT, "pthread_cond_timedwait", "GLIBC_2.3.2");
	if (next == NULL)
		next = (int (*)(pthread_cond_t *, pthread_mutex_t *, const struct timespec *))recorder_next(
		    "pthread_cond_timedwait");
	ns = started[1] + (ns - started[1]) / speed;
	sooner = (struct timespec){ns / BILLION, ns % BILLION};
	return next(condition, mutex, &sooner);
}
