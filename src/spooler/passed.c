/* Where a call may block, a signal that does nothing comes meanwhile, again and again, to this thread only. */
#include "passed.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#ifndef SO_PASSRIGHTS
#define SO_PASSRIGHTS 83
#endif
#ifndef sigev_notify_thread_id
#define sigev_notify_thread_id _sigev_un._tid
#endif

#define PATIENCE_MS 20

static timer_t timer;
static bool needed; /* there is such a timer */

static void
nothing(int number)
{
	(void)number;
}

int
passed_prepare(void)
{
	struct sigaction action = {.sa_handler = nothing}; /* no SA_RESTART: it is to interrupt */
	struct sigevent event = {.sigev_notify = SIGEV_THREAD_ID, .sigev_signo = SIGALRM};

	if (needed)
		return 0;
	event.sigev_notify_thread_id = (pid_t)syscall(SYS_gettid);
	sigemptyset(&action.sa_mask);
	if (sigaction(SIGALRM, &action, NULL) != 0 || timer_create(CLOCK_MONOTONIC, &event, &timer) != 0)
		return -1;
	needed = true;
	return 0;
}

int
passed_refuse(int listener)
{
	int may = 0;

	return setsockopt(listener, SOL_SOCKET, SO_PASSRIGHTS, &may, sizeof may) == 0 ? 0 : passed_prepare();
}

static void
set(long ms)
{
	const struct timespec after = {0, ms * 1000000};
	const struct itimerspec times = {after, after};

	if (needed)
		timer_settime(timer, 0, &times, NULL);
}

ssize_t
passed_receive(int socket, void *bytes, size_t len)
{
	struct iovec part = {bytes, len};
	struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
	ssize_t n;
	int why;

	set(PATIENCE_MS);
	n = recvmsg(socket, &message, MSG_DONTWAIT);
	why = errno;
	set(0);
	errno = why;
	if (n < 0 || (message.msg_flags & MSG_CTRUNC) == 0)
		return n;
	errno = EBADMSG;
	return -1;
}

void
passed_close(int socket)
{
	set(PATIENCE_MS);
	close(socket);
	set(0);
}
