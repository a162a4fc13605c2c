/* An outcome must not be lost silently: a runner that can't keep it ends, so that the spooler starts anew and its events run again. */
#include "reports.h"

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../lib/log.h"

struct waiting {
	struct waiting *next;
	size_t len;
	unsigned char message[];
};

struct reports {
	int socket;
	struct event *writable;
	struct waiting *first, **last;
	bool stopped;
};

/* Returns true when it is sent, or will never be. */
static bool
send_now(struct reports *reports, const void *message, size_t len)
{
	while (send(reports->socket, message, len, MSG_NOSIGNAL | MSG_DONTWAIT) == -1) {
		if (errno == EINTR)
			continue;
		return errno != EAGAIN && errno != EWOULDBLOCK && errno != ENOBUFS;
	}
	return true;
}

bool
reports_try(struct reports *reports, const void *message, size_t len)
{
	return reports->stopped || (reports->first == NULL && send_now(reports, message, len));
}

void
reports_send(struct reports *reports, const void *message, size_t len)
{
	struct waiting *later;

	if (reports_try(reports, message, len))
		return;
	if ((later = malloc(sizeof *later + len)) == NULL) {
		log_error("runner: out of memory");
		_exit(EXIT_FAILURE);
	}
	later->next = NULL;
	later->len = len;
	memcpy(later->message, message, len);
	*reports->last = later;
	reports->last = &later->next;
	event_add(reports->writable, NULL);
}

static void
on_writable(evutil_socket_t fd, short what, void *argument)
{
	struct reports *reports = argument;

	(void)fd;
	(void)what;
	while (reports->first != NULL) {
		struct waiting *next = reports->first->next;

		if (!send_now(reports, reports->first->message, reports->first->len)) {
			event_add(reports->writable, NULL);
			return;
		}
		free(reports->first);
		if ((reports->first = next) == NULL)
			reports->last = &reports->first;
	}
}

void
reports_stop(struct reports *reports)
{
	reports->stopped = true;
	event_del(reports->writable);
}

struct reports *
reports_new(struct event_base *base, int socket)
{
	struct reports *reports = calloc(1, sizeof *reports);

	if (reports == NULL)
		return NULL;
	reports->socket = socket;
	reports->last = &reports->first;
	if ((reports->writable = event_new(base, socket, EV_WRITE, on_writable, reports)) != NULL)
		return reports;
	free(reports);
	return NULL;
}

void
reports_free(struct reports *reports)
{
	while (reports->first != NULL) {
		struct waiting *next = reports->first->next;

		free(reports->first);
		reports->first = next;
	}
	event_free(reports->writable);
	free(reports);
}
