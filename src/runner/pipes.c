/* Only this process's ends do not block: programs expect of their outputs that they do. */
#include "pipes.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static int
open_one(int *near, int *far)
{
	int ends[2], why;

	if (pipe2(ends, O_CLOEXEC) != 0)
		return -1;
	*near = ends[0];
	*far = ends[1];
	if (fcntl(*near, F_SETFL, O_NONBLOCK) == 0)
		return 0;
	why = errno;
	close(*near);
	close(*far);
	errno = why;
	return -1;
}

int
pipes_open(struct pipes *pipes, int body)
{
	int why;

	pipes->hook.body = body;
	if (open_one(&pipes->out, &pipes->hook.out) != 0)
		return -1;
	if (open_one(&pipes->err, &pipes->hook.err) == 0)
		return 0;
	why = errno;
	close(pipes->out);
	close(pipes->hook.out);
	errno = why;
	return -1;
}

void
pipes_close_hooks(const struct pipes *pipes)
{
	close(pipes->hook.out);
	close(pipes->hook.err);
}

void
pipes_close(const struct pipes *pipes)
{
	pipes_close_hooks(pipes);
	close(pipes->out);
	close(pipes->err);
}
