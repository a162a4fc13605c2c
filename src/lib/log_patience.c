#include "log_patience.h"

#include <errno.h>
#include <poll.h>
#include <stdatomic.h>

#define PATIENCE_MS 50

bool
log_patience(int fd)
{
	static atomic_bool stuck;
	struct pollfd out = {.fd = fd, .events = POLLOUT};
	int n = poll(&out, 1, atomic_load(&stuck) ? 0 : PATIENCE_MS);

	if (n < 0) /* it is not known: who writes will see */
		return true;
	atomic_store(&stuck, n == 0);
	errno = EAGAIN;
	return n > 0;
}
