/* Nothing waits here: what the socket does not take now, the caller tries again. */
#include "runner_link.h"

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../lib/log.h"
#include "../lib/log_flood.h"
#include "../protocol/run.h"
#include "followers.h"
#include "launch.h"

#define TURN_MESSAGES 64 /* before the event loop looks at its other sockets again */

struct runner_link {
	struct runner_link_owner owner;
	int socket;
	struct event *readable;
	unsigned char message[RUN_MESSAGE_MAX];
};

/* Its keepers end what runs.  Nobody is killed by a process number here: that would be the runner's word. */
static void __attribute__((noreturn)) runner_is_gone(void)
{
	log_error("the runner is gone; hookspoold ends, what ran is queued, and the next start runs it again");
	exit(EXIT_FAILURE);
}

/*
 * What send(2) gave.  A runner that is gone ends the spooler here and now: what was to be started has not failed, and must not be told of as
 * if it had.
 */
static int
sent(ssize_t n)
{
	if (n == -1 && (errno == EPIPE || errno == ECONNRESET || errno == ENOTCONN))
		runner_is_gone();
	return n == -1 ? -1 : 0;
}

static int
send_with_descriptor(int runner, const void *message, size_t len, int fd)
{
	struct iovec piece = {.iov_base = (void *)(uintptr_t)message, .iov_len = len};
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(sizeof(int))];
	} control;
	struct msghdr m = {
	    .msg_iov = &piece, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
	struct cmsghdr *c;

	memset(&control, 0, sizeof control);
	c = CMSG_FIRSTHDR(&m);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof fd);
	memcpy(CMSG_DATA(c), &fd, sizeof fd);
	return sent(sendmsg(runner, &m, MSG_NOSIGNAL | MSG_DONTWAIT));
}

int
runner_link_start(struct runner_link *link, const struct launch *launch)
{
	struct launch_message message;
	int failed, saved;

	if (launch_make(&message, launch) != 0)
		return -1;
	failed = send_with_descriptor(link->socket, message.bytes, message.len, message.body);
	saved = errno;
	close(message.body);
	errno = saved;
	return failed;
}

int
runner_link_follow(struct runner_link *link, uint64_t token)
{
	unsigned char message[32];

	return sent(send(link->socket, message, run_encode_follow(token, message), MSG_NOSIGNAL | MSG_DONTWAIT));
}

int
runner_link_log(struct runner_link *link, int log)
{
	unsigned char message[1];

	return send_with_descriptor(link->socket, message, run_encode_log(message), log);
}

static void
take_message(struct runner_link *link, size_t len)
{
	struct run_report report;
	struct run_output output;

	if (run_decode_output(&output, link->message, len) == 0) {
		followers_output(link->owner.followers, &output);
		return;
	}
	if (run_decode_report(&report, link->message, len) != 0) {
		log_flood(LOG_FLOOD_ERROR, "runner", "message", "a message of the runner was not understood");
		return;
	}
	followers_end(link->owner.followers, &report);
	link->owner.ended(link->owner.context, &report);
}

static void
on_readable(evutil_socket_t fd, short what, void *argument)
{
	struct runner_link *link = argument;

	(void)what;
	for (int i = 0; i < TURN_MESSAGES; i++) {
		ssize_t n = recv(fd, link->message, sizeof link->message, MSG_DONTWAIT);

		if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
			return;
		if (n <= 0)
			runner_is_gone();
		take_message(link, (size_t)n);
	}
}

struct runner_link *
runner_link_new(struct event_base *base, int socket, const struct runner_link_owner *owner)
{
	struct runner_link *link = calloc(1, sizeof *link);

	if (link == NULL) {
		close(socket);
		return NULL;
	}
	link->owner = *owner;
	link->socket = socket;
	link->readable = event_new(base, socket, EV_READ | EV_PERSIST, on_readable, link);
	if (link->readable == NULL || event_add(link->readable, NULL) != 0) {
		runner_link_free(link);
		errno = ENOMEM;
		return NULL;
	}
	return link;
}

void
runner_link_free(struct runner_link *link)
{
	if (link == NULL)
		return;
	if (link->readable != NULL)
		event_free(link->readable);
	close(link->socket);
	free(link);
}
