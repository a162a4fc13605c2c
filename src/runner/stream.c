/* A closed output is not the end of its program, and the program does not wait for those who follow. */
#include "stream.h"

#include <errno.h>
#include <event2/event.h>
#include <unistd.h>

#include "../protocol/run.h"
#include "reports.h"

#define TURN (64u << 10)       /* bytes of one stream per turn of the loop, so that no hook takes it all */
#define DRAIN_MAX (16u * TURN) /* bytes of what lies in a pipe, whatever its size, and no more of who still writes */

void
stream_init(struct stream *stream)
{
	stream->readable = NULL;
	stream->is_error = false;
	stream->audience = NULL;
	stream->log.label = stream->log.stream = NULL;
	stream->log.len = stream->log.lines = 0;
	output_init(&stream->kept, 0);
}

void
stream_close(struct stream *stream)
{
	if (stream->readable == NULL)
		return;
	event_free(stream->readable);
	close(stream->fd);
	stream->readable = NULL;
}

static void
tell(struct stream *stream, const char *bytes, size_t len)
{
	struct audience *audience = stream->audience;

	audience->missed = reports_output(stream->means->reports,
	    &(struct run_output){audience->token, audience->missed, stream->is_error, bytes, (uint32_t)len});
}

void
stream_tell_kept(struct stream *stream)
{
	char kept[RUN_OUTPUT_MAX];

	tell(stream, kept, output_kept(&stream->kept, kept));
}

static void
take(struct stream *stream, const char *bytes, size_t len)
{
	output_add(&stream->kept, bytes, len);
	line_log_add(&stream->log, bytes, len);
	if (stream->audience != NULL && stream->audience->listens)
		tell(stream, bytes, len);
}

static void
read_up_to(struct stream *stream, size_t bound)
{
	char bytes[16384];

	for (size_t total = 0; stream->readable != NULL && total < bound;) {
		ssize_t n = read(stream->fd, bytes, sizeof bytes);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
			return;
		if (n <= 0) {
			stream_close(stream);
			return;
		}
		take(stream, bytes, (size_t)n);
		total += (size_t)n;
	}
}

static void
on_readable(evutil_socket_t fd, short what, void *argument)
{
	(void)fd;
	(void)what;
	read_up_to(argument, TURN);
}

void
stream_drain(struct stream *stream)
{
	read_up_to(stream, DRAIN_MAX);
}

void
stream_open(struct stream *stream, const struct means *means, int fd, uint32_t max)
{
	stream->means = means;
	stream->fd = fd;
	output_init(&stream->kept, max);
	stream->readable = event_new(means->base, fd, EV_READ | EV_PERSIST, on_readable, stream);
	if (stream->readable == NULL || event_add(stream->readable, NULL) != 0)
		means_exhausted();
}
