/* Called by the loop's thread and the one beside it. */
#include "store_flush.h"

#include <errno.h>
#include <stdatomic.h>
#include <unistd.h>

static atomic_int failed; /* errno of the first that has */

static int
flush(int (*how)(int), int fd)
{
	int why = atomic_load(&failed);

	while (why == 0 && how(fd) != 0)
		if (errno != EINTR)
			atomic_store(&failed, why = errno);
	errno = why;
	return why == 0 ? 0 : -1;
}

void
store_flush_begin(void)
{
	atomic_store(&failed, 0);
}

int
store_flush_data(int fd)
{
	return flush(fdatasync, fd);
}

int
store_flush_names(int directory)
{
	return flush(fsync, directory);
}

bool
store_flush_failed(void)
{
	return atomic_load(&failed) != 0;
}
