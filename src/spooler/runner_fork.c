/* Between fork and the runner's main: rights, and the turn of an earlier runner. */
#include "runner_fork.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../conf/conf.h"
#include "../lib/log.h"
#include "../protocol/run.h"
#include "../spool/spool.h"
#include "rights.h"

#define WAIT_MS 20    /* between looks whether an earlier runner has left */
#define TELL_MS 30000 /* he should have by then */

/*
 * Wait until the runner of an earlier spooler, which may still be ending its hooks, has left: no event may run twice at once.
 * Returns false when this runner's own spooler has ended meanwhile.
 */
static bool
only_runner(int lock, int socket)
{
	struct pollfd peer = {.fd = socket, .events = 0};

	for (unsigned looks = 1; flock(lock, LOCK_EX | LOCK_NB) != 0; looks++) {
		if (poll(&peer, 1, WAIT_MS) > 0 && (peer.revents & (POLLHUP | POLLERR)) != 0)
			return false;
		if (looks % (TELL_MS / WAIT_MS) == 0)
			log_warn(
			    "no hook starts yet: the runner of an earlier hookspoold, or its parent, has not ended");
	}
	return true;
}

/* Whom the runner becomes, unless hooks have users of their own. */
static struct rights
runners_rights(const struct conf *conf)
{
	return rights_of(conf->hook_user != NULL ? conf->hook_user : conf->user);
}

/* Whether the runner is, or can become, somebody else than the spooler. */
static bool
has_rights_of_its_own(const struct conf *conf)
{
	struct rights spooler = rights_of(conf->user), runner = runners_rights(conf);

	return spooler.user != NULL && (conf_has_users(conf) || runner.uid != spooler.uid);
}

bool
runner_fork_can_read(const struct conf *conf)
{
	struct rights runner = runners_rights(conf);
	struct conf *again;
	FILE *nowhere;

	if (!has_rights_of_its_own(conf))
		return true;
	if ((nowhere = fopen("/dev/null", "we")) == NULL)
		return false;
	if (!conf_has_users(conf))
		rights_assume(&runner, RIGHTS_SAME_GROUP);
	again = conf_read(conf->file, CONF_NAMES, nowhere);
	if (!conf_has_users(conf))
		rights_resume();
	fclose(nowhere);
	conf_free(again);
	return again != NULL;
}

static void __attribute__((noreturn)) be_runner(const struct runner_fork *f, int lock, int socket)
{
	const struct conf *conf = f->conf;
	struct rights user = runners_rights(conf);
	struct runner_setup setup = {
	    .socket = socket, .lock = lock, .conf = has_rights_of_its_own(conf) ? conf : NULL, .accounts = f->accounts};

	/* Who starts hooks as several users stays root, and drops to each one's for each of them. */
	if (!conf_has_users(conf))
		rights_become(&user);
	prctl(PR_SET_NAME, "hookspool-run");
	signal(SIGPIPE, SIG_IGN);
	if (!only_runner(lock, socket))
		_exit(EXIT_SUCCESS);
	_exit(f->main(&setup));
}

int
runner_fork(const struct runner_fork *f, pid_t *runner)
{
	int pair[2], lock;

	rights_assume(f->owner, RIGHTS_SAME_GROUP);
	lock = spool_lock_open(f->conf->spool, "runner.lock");
	rights_resume();
	if (lock == -1 || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) != 0)
		fatal("can't prepare the runner: %s", strerror(errno));
	switch (*runner = fork()) {
	case -1:
		fatal("can't fork the runner: %s", strerror(errno));
	case 0:
		close(pair[0]);
		for (size_t i = 0; i < f->nprivate; i++)
			close(f->private[i]);
		be_runner(f, lock, pair[1]);
	default:
		close(pair[1]);
		close(lock);
		return pair[0];
	}
}
