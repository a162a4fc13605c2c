/* A mutex that is hardly ever contended, so that a shutdown(2) never hits a descriptor that has been closed meanwhile. */
#include "guard.h"

#include <sys/socket.h>

#include "../lib/clock.h"

void
guard_init(struct guard *guard)
{
	*guard = (struct guard){.fd = -1};
	pthread_mutex_init(&guard->mutex, NULL);
}

void
guard_begin(struct guard *guard, int fd, uint64_t limit_ms)
{
	pthread_mutex_lock(&guard->mutex);
	guard->fd = fd;
	guard->since_ms = clock_monotonic_ms();
	guard->limit_ms = limit_ms;
	guard->expired = false;
	pthread_mutex_unlock(&guard->mutex);
}

bool
guard_end(struct guard *guard)
{
	bool expired;

	pthread_mutex_lock(&guard->mutex);
	guard->fd = -1;
	expired = guard->expired;
	pthread_mutex_unlock(&guard->mutex);
	return expired;
}

/* Under the mutex. */
static void
expire(struct guard *guard)
{
	if (guard->fd == -1 || guard->expired)
		return;
	shutdown(guard->fd, SHUT_RD);
	guard->expired = true;
}

uint64_t
guard_look(struct guard *guard)
{
	uint64_t taken = 0;

	pthread_mutex_lock(&guard->mutex);
	if (guard->fd != -1) {
		taken = clock_monotonic_ms() - guard->since_ms;
		if (taken >= guard->limit_ms)
			expire(guard);
	}
	pthread_mutex_unlock(&guard->mutex);
	return taken;
}

void
guard_expire(struct guard *guard)
{
	pthread_mutex_lock(&guard->mutex);
	expire(guard);
	pthread_mutex_unlock(&guard->mutex);
}
