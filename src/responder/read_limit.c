/* A mutex that is hardly ever contended, so that a shutdown(2) never hits a descriptor that the limit has closed meanwhile. */
#include "read_limit.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../lib/clock.h"

void
read_limit_init(struct read_limit *limit)
{
	*limit = (struct read_limit){.fd = -1};
	pthread_mutex_init(&limit->mutex, NULL);
}

int
read_limit_begin(struct read_limit *limit, int fd, uint64_t limit_ms)
{
	int own = fcntl(fd, F_DUPFD_CLOEXEC, 0);

	if (own == -1)
		return -1;
	pthread_mutex_lock(&limit->mutex);
	limit->fd = own;
	limit->since_ms = clock_monotonic_ms();
	limit->limit_ms = limit_ms;
	limit->expired = limit->cut = false;
	pthread_mutex_unlock(&limit->mutex);
	return 0;
}

bool
read_limit_end(struct read_limit *limit)
{
	bool expired;
	int own;

	pthread_mutex_lock(&limit->mutex);
	own = limit->fd;
	limit->fd = -1;
	expired = limit->expired;
	pthread_mutex_unlock(&limit->mutex);
	if (own != -1)
		close(own);
	return expired;
}

/* Under the mutex. */
static bool
expire(struct read_limit *limit, uint64_t now)
{
	if (limit->fd == -1 || limit->expired)
		return false;
	shutdown(limit->fd, SHUT_RD); /* it can still be replied to */
	limit->expired = true;
	limit->expired_ms = now;
	return true;
}

uint64_t
read_limit_look(struct read_limit *limit)
{
	uint64_t taken = 0, now;

	pthread_mutex_lock(&limit->mutex);
	if (limit->fd != -1) {
		now = clock_monotonic_ms();
		taken = now - limit->since_ms;
		if (taken >= limit->limit_ms)
			expire(limit, now);
		if (limit->expired && !limit->cut && now - limit->expired_ms >= READ_LIMIT_CUT_MS) {
			shutdown(limit->fd, SHUT_RDWR);
			limit->cut = true;
		}
	}
	pthread_mutex_unlock(&limit->mutex);
	return taken;
}

bool
read_limit_ended(struct read_limit *limit)
{
	bool ended;

	pthread_mutex_lock(&limit->mutex);
	ended = limit->fd != -1 && limit->expired;
	pthread_mutex_unlock(&limit->mutex);
	return ended;
}

bool
read_limit_expire(struct read_limit *limit)
{
	bool expired;

	pthread_mutex_lock(&limit->mutex);
	expired = expire(limit, clock_monotonic_ms());
	pthread_mutex_unlock(&limit->mutex);
	return expired;
}
