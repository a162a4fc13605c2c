/* Only this process's ends do not block: programs expect of their outputs that they do. */
#include "pipes.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static int
open_one(int *near, int *far)
{
	int ends[2] = {-1, -1}, failed = pipe2(ends, O_CLOEXEC);

	*near = ends[0];
	*far = ends[1];
	return failed == 0 ? fcntl(*near, F_SETFL, O_NONBLOCK) : -1;
}

int
pipes_open(struct pipes *pipes, int body)
{
	int why;

	*pipes = (struct pipes){.out = -1, .err = -1, .hook = {body, -1, -1}};
	if (open_one(&pipes->out, &pipes->hook.out) == 0 && open_one(&pipes->err, &pipes->hook.err) == 0)
		return 0;
	why = errno;
	pipes_close(pipes); /* as far as there are any */
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
