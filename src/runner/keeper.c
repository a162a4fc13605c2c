/* Keepers: how they come into being, what they are told, and what they do all day. */
#include "keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../lib/log_flood.h"

#define FILES 3 /* of a hook */

/* Where a keeper has its descriptors. */
enum { FD_SOCKET = 3, FD_LOCK, FD_BODY, FD_OUT, FD_ERR, FD_END };

/* What its process begins with. */
struct beginning {
	const struct keeper_terms *terms;
	const struct run_start *only; /* NULL: runs come from the socket */
	pid_t runner;
	struct watch_terms watch;
	sigset_t idle; /* what is blocked between runs: not SIGTERM, which ends an idle keeper */
};

static bool
tell(const struct keeper_note *note)
{
	ssize_t n;

	while ((n = send(FD_SOCKET, note, sizeof *note, MSG_NOSIGNAL)) == -1 && errno == EINTR)
		continue;
	return n == sizeof *note;
}

/* Wait for a run.  Returns false: there will be none; errno says why, 0: it is not wanted any more. */
static bool
next_run(const struct beginning *b, struct run_start *run, struct hook_files *files)
{
	static unsigned char message[RUN_MESSAGE_MAX];
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(sizeof *files)];
	} control;
	struct iovec piece = {message, sizeof message};
	struct msghdr m = {
	    .msg_iov = &piece, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
	struct pollfd wait = {.fd = FD_SOCKET, .events = POLLIN};
	ssize_t n;

	while (ppoll(&wait, 1, NULL, &b->idle) == -1)
		if (errno != EINTR)
			return false;
	errno = 0;
	if ((n = recvmsg(FD_SOCKET, &m, MSG_CMSG_CLOEXEC)) <= 0)
		return false;
	errno = (m.msg_flags & MSG_CTRUNC) != 0 ? EMFILE : EPROTO;
	if ((m.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0 || CMSG_FIRSTHDR(&m) == NULL ||
	    CMSG_FIRSTHDR(&m)->cmsg_len != CMSG_LEN(sizeof *files))
		return false;
	memcpy(files, CMSG_DATA(CMSG_FIRSTHDR(&m)), sizeof *files);
	return run_decode_start(run, message, (size_t)n, b->terms->accounts) == 0;
}

static void __attribute__((noreturn)) work(const struct beginning *b)
{
	struct hook_files files = {FD_BODY, FD_OUT, FD_ERR};
	struct keeper_note note;
	struct run_start run;

	if (b->only != NULL) {
		note = watch_run(b->only, &files, &b->watch);
		_exit(tell(&note) ? EXIT_SUCCESS : EXIT_FAILURE);
	}
	while (next_run(b, &run, &files)) {
		note = watch_run(&run, &files, &b->watch);
		if (!tell(&note) || !note.alone)
			_exit(EXIT_SUCCESS);
		close(files.out); /* not before: the runner would be woken for that, too */
		close(files.err);
	}
	_exit(errno); /* where a run waits, this is why it is none (child.c) */
}

/* FDS to FD_SOCKET and the numbers behind it; everything above is closed.  -1 stays closed. */
static bool
move_descriptors(const int *fds)
{
	enum { N = FD_END - FD_SOCKET };
	int moved[N];

	for (int i = 0; i < N; i++)
		if ((moved[i] = fds[i] == -1 ? -1 : fcntl(fds[i], F_DUPFD_CLOEXEC, FD_END)) == -1 && fds[i] != -1)
			return false;
	for (int i = 0; i < N; i++)
		if (moved[i] == -1)
			close(FD_SOCKET + i);
		else if (dup3(moved[i], FD_SOCKET + i, O_CLOEXEC) == -1)
			return false;
	return close_range(FD_END, ~0U, 0) == 0;
}

/* What a hook is given must not lie among the first three. */
static bool
fill_first_three(void)
{
	int fd;

	while ((fd = open("/dev/null", O_RDWR | O_CLOEXEC)) != -1 && fd < FD_SOCKET)
		continue;
	return fd != -1 && close(fd) == 0;
}

static void __attribute__((noreturn)) be_keeper(struct beginning *b, const int *fds)
{
	watch_signals(&b->watch.signals);
	sigprocmask(SIG_SETMASK, NULL, &b->idle);
	sigdelset(&b->idle, SIGTERM);
	prctl(PR_SET_NAME, "hookspool-keep");
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	errno = 0;
	if (getppid() != b->runner || prctl(PR_SET_CHILD_SUBREAPER, 1) != 0 || !fill_first_three() ||
	    !move_descriptors(fds))
		_exit(errno);
	work(b);
}

static int
fork_keeper(struct beginning *b, const struct hook_files *files, struct keeper *keeper)
{
	pid_t *hook = mmap(NULL, sizeof *hook, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int pair[2], why;

	if (hook == MAP_FAILED)
		return -1;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0) {
		why = errno;
		munmap(hook, sizeof *hook);
		errno = why;
		return -1;
	}
	b->runner = getpid();
	b->watch.hook = hook;
	*keeper = (struct keeper){fork(), pair[0], hook};
	why = errno;
	if (keeper->pid == 0)
		be_keeper(b, (const int[]){pair[1], b->terms->lock, files->body, files->out, files->err});
	close(pair[1]);
	if (keeper->pid == -1) {
		keeper_close(keeper);
		errno = why;
	}
	return keeper->pid == -1 ? -1 : 0;
}

int
keeper_open(const struct keeper_terms *terms, struct keeper *keeper)
{
	struct beginning b = {.terms = terms};

	return fork_keeper(&b, &(struct hook_files){-1, -1, -1}, keeper);
}

int
keeper_start(const struct keeper_terms *terms, const struct run_start *run, const struct hook_files *files,
    struct keeper *keeper)
{
	struct beginning b = {.terms = terms, .only = run, .watch = {.outputs_end = true}};

	return fork_keeper(&b, files, keeper);
}

int
keeper_give(const struct keeper *keeper, const struct run_start *run, const struct hook_files *files)
{
	static unsigned char message[RUN_MESSAGE_MAX];
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(sizeof *files)];
	} control = {.header = {CMSG_LEN(sizeof *files), SOL_SOCKET, SCM_RIGHTS}};
	struct iovec piece = {message, run_encode_start(run, message)};
	struct msghdr m = {
	    .msg_iov = &piece, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};

	memcpy(CMSG_DATA(&control.header), files, sizeof *files);
	*keeper->hook = 0;
	return sendmsg(keeper->socket, &m, MSG_NOSIGNAL | MSG_DONTWAIT) == -1 ? -1 : 0;
}

int
keeper_read(const struct keeper *keeper, struct keeper_note *note)
{
	ssize_t n = recv(keeper->socket, note, sizeof *note, MSG_DONTWAIT | MSG_TRUNC);

	if (n == -1 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
		return 0;
	return n == sizeof *note ? 1 : -1;
}

pid_t
keeper_hook(const struct keeper *keeper)
{
	return __atomic_load_n(keeper->hook, __ATOMIC_ACQUIRE);
}

void
keeper_kill(const struct keeper *keeper)
{
	pid_t hook = keeper_hook(keeper);

	log_flood(LOG_FLOOD_WARN, "runner", "overdue",
	    "runner: keeper %d does not end its run in time: it is killed, and the hook, %d", (int)keeper->pid,
	    (int)hook);
	if (hook > 0) {
		kill(-hook, SIGKILL);
		kill(hook, SIGKILL); /* which has no group of its own at first */
	}
	kill(keeper->pid, SIGKILL);
}

void
keeper_close(struct keeper *keeper)
{
	close(keeper->socket);
	munmap(keeper->hook, sizeof *keeper->hook);
}
