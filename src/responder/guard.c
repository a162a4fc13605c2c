/* A mutex that is hardly ever contended, so that a shutdown(2) never hits a descriptor that the guard has closed meanwhile. */
#include "guard.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../lib/clock.h"

void
guard_init(struct guard *guard)
{
	*guard = (struct guard){.fd = -1};
	pthread_mutex_init(&guard->mutex, NULL);
}

int
guard_begin(struct guard *guard, int fd, uint64_t limit_ms)
{
	int own = fcntl(fd, F_DUPFD_CLOEXEC, 0);

	if (own == -1)
		return -1;
	pthread_mutex_lock(&guard->mutex);
	guard->fd = own;
	guard->since_ms = clock_monotonic_ms();
	guard->limit_ms = limit_ms;
	guard->expired = guard->cut = false;
	pthread_mutex_unlock(&guard->mutex);
	return 0;
}

bool
guard_end(struct guard *guard)
{
	bool expired;
	int own;

	pthread_mutex_lock(&guard->mutex);
	own = guard->fd;
	guard->fd = -1;
	expired = guard->expired;
	pthread_mutex_unlock(&guard->mutex);
	if (own != -1)
		close(own);
	return expired;
}

/* Under the mutex. */
static bool
expire(struct guard *guard, uint64_t now)
{
	if (guard->fd == -1 || guard->expired)
		return false;
	shutdown(guard->fd, SHUT_RD); /* it can still be replied to */
	guard->expired = true;
	guard->expired_ms = now;
	return true;
}

uint64_t
guard_look(struct guard *guard)
{
	uint64_t taken = 0, now;

	pthread_mutex_lock(&guard->mutex);
	if (guard->fd != -1) {
		now = clock_monotonic_ms();
		taken = now - guard->since_ms;
		if (taken >= guard->limit_ms)
			expire(guard, now);
		if (guard->expired && !guard->cut && now - guard->expired_ms >= GUARD_CUT_MS) {
			shutdown(guard->fd, SHUT_RDWR);
			guard->cut = true;
		}
	}
	pthread_mutex_unlock(&guard->mutex);
	return taken;
}

bool
guard_ended(struct guard *guard)
{
	bool ended;

	pthread_mutex_lock(&guard->mutex);
	ended = guard->fd != -1 && guard->expired;
	pthread_mutex_unlock(&guard->mutex);
	return ended;
}

bool
guard_expire(struct guard *guard)
{
	bool expired;

	pthread_mutex_lock(&guard->mutex);
	expired = expire(guard, clock_monotonic_ms());
	pthread_mutex_unlock(&guard->mutex);
	return expired;
}
