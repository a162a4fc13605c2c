/* A report must not be lost silently: a runner that can't keep it ends, so that the spooler starts anew and its events run again. */
#include "reports.h"

#include <errno.h>
#include <event2/event.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "../lib/clock.h"
#include "means.h"

struct waiting {
	struct waiting *next;
	size_t len;
	unsigned char message[];
};

struct reports {
	int socket;
	struct event *writable;
	struct waiting *first, **last;
	unsigned owed;
	bool stopped;
	unsigned char message[RUN_MESSAGE_MAX];
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

/* LEN bytes of the message, if they can be sent at once.  Returns whether they were, or never have to be. */
static bool
send_at_once(struct reports *reports, size_t len)
{
	return reports->stopped || (reports->first == NULL && send_now(reports, reports->message, len));
}

void
reports_owe(struct reports *reports)
{
	reports->owed++;
}

unsigned
reports_owed(const struct reports *reports)
{
	return reports->owed;
}

void
reports_ended(struct reports *reports, const struct run_report *report)
{
	size_t len = run_encode_report(report, reports->message);
	struct waiting *later;

	reports->owed--;
	if (send_at_once(reports, len))
		return;
	if ((later = malloc(sizeof *later + len)) == NULL)
		means_exhausted();
	later->next = NULL;
	later->len = len;
	memcpy(later->message, reports->message, len);
	*reports->last = later;
	reports->last = &later->next;
	event_add(reports->writable, NULL);
}

void
reports_failed(struct reports *reports, uint64_t token, int why)
{
	uint64_t now = clock_wall_ms();

	reports_ended(reports,
	    &(struct run_report){.token = token,
		.end = RUN_FAILED,
		.code = why,
		.started_ms = now,
		.ended_ms = now,
		.out = "",
		.err = ""});
}

uint64_t
reports_output(struct reports *reports, const struct run_output *output)
{
	return send_at_once(reports, run_encode_output(output, reports->message)) ? 0 : output->missed + output->len;
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
