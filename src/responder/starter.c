/* The spooler is forked twice, so that init adopts it and no web server that ends its responders takes it along. */
#include "starter.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../lib/clock.h"

#define ALONE_MS 60000 /* a lock that is held for so long without a spooler helps nobody */

enum order { ORDER_START = 's', ORDER_REST = 'r' };

struct starter {
	char *program, *file;
	int socket;
	int lock;	     /* the configuration file, locked; -1: not */
	uint64_t refused_ms; /* since when another has the lock; 0: it doesn't */
};

static void __attribute__((noreturn)) be_spooler(const struct starter *starter)
{
	static char *const environment[] = {
	    (char *)(uintptr_t) "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", NULL};
	char *arguments[] = {starter->program, (char *)(uintptr_t) "-c", starter->file, NULL};
	sigset_t none;
	pid_t pid;

	setsid();
	if ((pid = fork()) != 0)
		_exit(pid == -1 ? errno : 0);
	for (int number = 1; number < NSIG; number++)
		signal(number, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	close_range(3, ~0U, 0); /* standard error stays: the web server's log */
	if (chdir("/") == 0)
		execve(arguments[0], arguments, environment);
	dprintf(STDERR_FILENO, "hookspool.fcgi: can't start %s: %s\n", arguments[0], strerror(errno));
	_exit(1);
}

/* Returns 0, or an errno. */
static int
spawn(const struct starter *starter)
{
	int status = 0;
	pid_t pid;

	if (access(starter->program, X_OK) != 0 || (pid = fork()) == -1)
		return errno;
	if (pid == 0)
		be_spooler(starter);
	while (waitpid(pid, &status, 0) == -1 && errno == EINTR)
		continue;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 0;
}

/* Whether this one may start the spooler.  A file that can't be locked is no reason not to: the spool's own lock decides in the end. */
static bool
may_start(struct starter *starter)
{
	uint64_t now = clock_monotonic_ms();

	if (starter->lock == -1 && (starter->lock = open(starter->file, O_RDONLY | O_CLOEXEC)) != -1 &&
	    flock(starter->lock, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
		close(starter->lock);
		starter->lock = -1;
		if (starter->refused_ms == 0)
			starter->refused_ms = now;
		if (now - starter->refused_ms < ALONE_MS)
			return false;
	}
	starter->refused_ms = 0;
	return true;
}

static void
rest(struct starter *starter)
{
	if (starter->lock != -1)
		close(starter->lock);
	starter->lock = -1;
	starter->refused_ms = 0;
}

/* Its own descriptors, and no other: the web server waits for the end of some.  Returns 0, or an errno. */
static int
settle_in(struct starter *starter)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (null == -1 || dup2(null, 0) == -1 || dup2(null, 1) == -1 || dup2(starter->socket, 3) == -1)
		return errno;
	starter->socket = 3;
	close_range(4, ~0U, 0);
	return 0;
}

/* Until the responder has ended.  Its signals are the responder's: what is in hand there may need a spooler yet. */
static void __attribute__((noreturn)) be_starter(struct starter *starter)
{
	unsigned char order;
	ssize_t n;
	int result;

	prctl(PR_SET_NAME, "hookspool-start");
	for (int number = 1; number < NSIG; number++)
		if (number != SIGCHLD)
			signal(number, SIG_IGN);
	result = settle_in(starter);
	if (send(starter->socket, &result, sizeof result, MSG_NOSIGNAL) != sizeof result || result != 0)
		_exit(1);
	while ((n = recv(starter->socket, &order, sizeof order, 0)) > 0 || (n < 0 && errno == EINTR)) {
		if (n > 0 && order == ORDER_REST)
			rest(starter);
		if (n < 0 || order != ORDER_START)
			continue;
		result = may_start(starter) ? spawn(starter) : EBUSY;
		if (send(starter->socket, &result, sizeof result, MSG_NOSIGNAL) != sizeof result)
			break;
	}
	_exit(0);
}

/* What the starter says of itself, or of an order.  Returns 0, or -1 with errno. */
static int
hear(int starter)
{
	int result;
	ssize_t n;

	do
		n = recv(starter, &result, sizeof result, 0);
	while (n < 0 && errno == EINTR);
	if (n >= 0 || errno == ECONNRESET) /* reset: it ended before it had read the order */
		errno = n == sizeof result ? result : EPIPE;
	return n == sizeof result && result == 0 ? 0 : -1;
}

int
starter_new(const char *program, const char *file)
{
	struct starter starter = {.lock = -1};
	int pair[2], why;
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
		return -1;
	starter.socket = pair[1];
	starter.program = (char *)(uintptr_t)program;
	starter.file = (char *)(uintptr_t)file;
	if ((pid = fork()) == 0)
		be_starter(&starter);
	why = errno;
	close(pair[1]);
	errno = why;
	if (pid != -1 && hear(pair[0]) == 0)
		return pair[0];
	why = errno;
	close(pair[0]);
	errno = why;
	return -1;
}

int
starter_start(int starter)
{
	unsigned char order = ORDER_START;

	return send(starter, &order, sizeof order, MSG_NOSIGNAL) == sizeof order ? hear(starter) : -1;
}

void
starter_rest(int starter)
{
	unsigned char order = ORDER_REST;

	(void)!send(starter, &order, sizeof order, MSG_NOSIGNAL);
}
