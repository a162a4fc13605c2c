/*
 * Requests.  libfcgi ends a connection by shutting it down and polling for the peer's end, for as long as that sends
 * anything; FCGX_Detach() makes it close the descriptor at once.  libfcgi takes a write that came to a part for a whole
 * one, hence the look at the socket before a second reply goes into it.
 *
 * One that came whole (whole.h) is read from memory and replied to without libfcgi.
 */
#include "request.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../lib/clock.h"
#include "whole.h"

#define KEPT_MAX (64u << 10) /* a buffer larger than this is given back after the request */
#define DRAIN_MAX (4u << 20) /* of a body that is refused */
#define FIRST_ROOM 4096

struct request *
request_new(bool cgi)
{
	struct request *request = calloc(1, sizeof *request);

	if (request == NULL)
		return NULL;
	request->cgi = cgi;
	/* Without a listening socket: libfcgi must not wait for connections itself, see connections.h. */
	if (!cgi && FCGX_InitRequest(&request->fcgi, -1, 0) != 0) {
		free(request);
		return NULL;
	}
	return request;
}

/* It is empty again. */
static void
reset(struct request_buffer *buffer)
{
	buffer->len = 0;
	if (buffer->size <= KEPT_MAX)
		return;
	free(buffer->bytes);
	buffer->bytes = NULL;
	buffer->size = 0;
}

/* Returns 0, or -1 with errno. */
static int
grow(struct request_buffer *buffer, size_t size)
{
	void *larger;

	if (size <= buffer->size)
		return 0;
	if ((larger = realloc(buffer->bytes, size)) == NULL)
		return -1;
	buffer->bytes = larger;
	buffer->size = size;
	return 0;
}

const char *
request_param(const struct request *request, const char *name)
{
	if (request->direct)
		return request->parts != NULL ? whole_variable(request->parts, name) : NULL;
	return FCGX_GetParam(name, request->cgi ? environ : request->fcgi.envp);
}

/*
 * How much there is on a CGI program's standard input, which may have no end of its own.  No length: until the end, if
 * the body came in chunks, and nothing otherwise.
 */
static uint64_t
cgi_length(const struct request *request)
{
	const char *length = request_param(request, "CONTENT_LENGTH");

	if (length != NULL && *length != '\0')
		return strtoull(length, NULL, 10);
	return request_param(request, "HTTP_TRANSFER_ENCODING") != NULL ? UINT64_MAX : 0;
}

int
request_connection(const struct request *request)
{
	return request->cgi ? -1 : request->fcgi.ipcFd;
}

void
request_rest(struct request *request)
{
	reset(&request->head);
	reset(&request->body);
}

static void
begin(struct request *request)
{
	reset(&request->head);
	reset(&request->body);
	request->input_ended = request->drained = request->direct = request->lingers = false;
	request->source[0] = '\0';
}

void
request_attach(struct request *request, int fd)
{
	request->fcgi.ipcFd = fd;
	request->fcgi.keepConnection = 1; /* FCGX_Accept_r() would close it as the one before; the request says anew */
	request->answered = request->begun = false;
	request->watched = request->stirred = request->ended = request->lingers = false;
}

void
request_take(struct request *request, const struct whole_request *parts)
{
	begin(request);
	request->direct = true;
	request->keep = parts->keep;
	request->id = parts->id;
	request->parts = parts;
	request->parts_read = 0;
}

void
request_judged(struct request *request)
{
	request->parts = NULL;
}

int
request_accept(struct request *request)
{
	begin(request);
	FCGX_Detach(&request->fcgi);
	if (FCGX_Accept_r(&request->fcgi) != 0)
		return -1;
	/* Where the connection ended between two variables, libfcgi takes what it has for all of them. */
	if (FCGX_GetError(request->fcgi.in) == 0)
		return 0;
	request_close(request);
	return -1;
}

int
request_may_block(struct request *request, bool may)
{
	int fd = request->fcgi.ipcFd, flags = fcntl(fd, F_GETFL);

	if (flags == -1)
		return -1;
	return fcntl(fd, F_SETFL, may ? flags & ~O_NONBLOCK : flags | O_NONBLOCK) == -1 ? -1 : 0;
}

bool
request_begun(const struct request *request)
{
	return request->fcgi.isBeginProcessed != 0;
}

void
request_accept_cgi(struct request *request, uint64_t limit_ms)
{
	begin(request);
	request->cgi_left = cgi_length(request);
	request->cgi_until_ms = clock_monotonic_ms() + limit_ms;
	request->cgi_late = false;
}

bool
request_late(const struct request *request)
{
	return request->cgi_late;
}

/* Wait until standard input has something, or its end.  Returns false: the time is over. */
static bool
wait_for_input(struct request *request)
{
	struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
	uint64_t now;
	int n;

	do {
		now = clock_monotonic_ms();
		if (request->cgi_late || now >= request->cgi_until_ms)
			break;
		n = poll(&input, 1, (int)(request->cgi_until_ms - now));
		if (n > 0 || (n < 0 && errno != EINTR))
			return true;
	} while (n < 0);
	request->cgi_late = true;
	return false;
}

/* The next bytes of one that came whole; less than LEN at the end. */
static size_t
get_part(struct request *request, char *out, size_t len)
{
	size_t left = request->parts != NULL ? request->parts->body_len - request->parts_read : 0;

	if (len > left)
		len = left;
	if (len > 0)
		memcpy(out, request->parts->body + request->parts_read, len);
	request->parts_read += len;
	return len;
}

/* Returns how many bytes came; less than LEN only at the end, after an error, or when the time is over. */
static size_t
get(struct request *request, char *out, size_t len)
{
	size_t total = 0;

	if (request->direct)
		return get_part(request, out, len);
	if (!request->cgi)
		return (size_t)FCGX_GetStr(out, (int)len, request->fcgi.in);
	if (len > request->cgi_left)
		len = (size_t)request->cgi_left;
	while (total < len && wait_for_input(request)) {
		ssize_t n = read(STDIN_FILENO, out + total, len - total);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		total += (size_t)n;
	}
	request->cgi_left -= total;
	return total;
}

static void
drain(struct request *request)
{
	char bytes[8192];

	for (size_t total = 0; total < DRAIN_MAX; total += sizeof bytes)
		if (get(request, bytes, sizeof bytes) < sizeof bytes) {
			request->input_ended = true;
			return;
		}
}

void
request_drain(struct request *request)
{
	if (request->input_ended || request->drained || request->direct)
		return;
	request->drained = true;
	drain(request);
}

/* A body whose length the server knows. */
static enum request_body
read_counted(struct request *request, size_t len)
{
	char more;

	if (grow(&request->body, len + 1) != 0)
		return REQUEST_BODY_NO_MEMORY;
	request->body.len = get(request, request->body.bytes, len);
	if (request->body.len < len) {
		request->input_ended = true;
		return REQUEST_BODY_SHORT;
	}
	/* Up to the end of the stream, so that closing it drops nothing. */
	if (get(request, &more, 1) == 1) {
		return REQUEST_BODY_BAD_LENGTH;
	}
	request->input_ended = true;
	return REQUEST_BODY_OK;
}

/* Did its input end before it should? */
static bool
has_failed(const struct request *request)
{
	return !request->cgi && !request->direct && FCGX_GetError(request->fcgi.in) != 0;
}

/* A body that came in chunks through a server that does not count them. */
static enum request_body
read_uncounted(struct request *request, size_t max)
{
	struct request_buffer *body = &request->body;

	for (size_t room = FIRST_ROOM;; room *= 2) {
		size_t want = room < max + 1 ? room : max + 1;
		char *bytes;

		if (grow(body, want) != 0)
			return REQUEST_BODY_NO_MEMORY;
		bytes = body->bytes;
		body->len += get(request, bytes + body->len, want - body->len);
		if (body->len < want) {
			request->input_ended = true;
			return has_failed(request) ? REQUEST_BODY_SHORT : REQUEST_BODY_OK;
		}
		if (want == max + 1) {
			return REQUEST_BODY_LONG;
		}
	}
}

enum request_body
request_read_body(struct request *request, const char *length, size_t max)
{
	unsigned long long value;
	char *end;

	if (*length == '\0')
		return read_uncounted(request, max);
	errno = 0;
	value = strtoull(length, &end, 10);
	if (length[0] < '0' || length[0] > '9' || *end != '\0' || errno != 0) {
		return REQUEST_BODY_BAD_LENGTH;
	}
	if (value > max) {
		return REQUEST_BODY_LONG;
	}
	return read_counted(request, (size_t)value);
}

int
request_head_room(struct request *request, size_t size)
{
	return grow(&request->head, size);
}

/* Whether a reply fits into the socket: into one where nothing was sent before, always. */
static bool
has_room(const struct request *request)
{
	struct pollfd output = {.fd = request->fcgi.ipcFd, .events = POLLOUT};

	return !request->answered || poll(&output, 1, 0) == 1;
}

/* One that came whole, by one write. */
static void
reply_directly(struct request *request, const char *text, size_t len)
{
	unsigned char bytes[WHOLE_REPLY_SIZE(REQUEST_TEXT_MAX)];
	size_t size = whole_reply(bytes, request->id, text, len < REQUEST_TEXT_MAX ? len : REQUEST_TEXT_MAX);

	if (send(request->fcgi.ipcFd, bytes, size, MSG_NOSIGNAL | MSG_DONTWAIT) != (ssize_t)size || !request->keep)
		request_close(request);
	request->answered = true;
}

/*
 * Has anything come behind the input's end?  libfcgi may have read it, and would forget it; it does not say so, but
 * when it is asked for more it either goes on in its buffer or finds that it has to read, which must not block.
 */
static bool
has_more(struct request *request)
{
	FCGX_Stream *in = request->fcgi.in;
	const unsigned char *next = in->rdNext;

	in->isClosed = 0;
	if (FCGX_GetChar(in) != EOF || FCGX_GetError(in) != EAGAIN || in->rdNext != next)
		return true;
	FCGX_ClearError(in);
	return false;
}

static void
reply_over(struct request *request, const char *text, size_t len)
{
	if (!has_room(request)) {
		request_close(request);
		return;
	}
	FCGX_PutStr(text, (int)len, request->fcgi.out);
	if (request->fcgi.keepConnection && request->input_ended && !has_failed(request) && has_more(request))
		request->fcgi.keepConnection = 0;
	request->lingers = !request->input_ended;
	if (request->lingers)
		request->fcgi.keepConnection = 1; /* by libfcgi */
	FCGX_Detach(&request->fcgi);
	FCGX_Finish_r(&request->fcgi);
	request->answered = true;
	if (request->lingers && request->fcgi.ipcFd != -1)
		shutdown(request->fcgi.ipcFd, SHUT_WR);
}

void
request_reply(struct request *request, const char *text, size_t len)
{
	request_drain(request);
	if (request->direct) {
		reply_directly(request, text, len);
		return;
	}
	if (!request->cgi) {
		reply_over(request, text, len);
		return;
	}
	while (len > 0) {
		ssize_t n = write(STDOUT_FILENO, text, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return;
		text += n;
		len -= (size_t)n;
	}
}

void
request_close(struct request *request)
{
	FCGX_Detach(&request->fcgi);
	FCGX_Free(&request->fcgi, 1);
}
