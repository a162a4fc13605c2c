/* Replies, put together from constants and from our own configuration only. */
#include "reply.h"

#include <stdio.h>
#include <string.h>

#include "../conf/conf.h"
#include "../lib/json_escape.h"
#include "../webhook/handshake.h"
#include "request.h"

#define RETRY_AFTER "Retry-After: 5\r\n" /* seconds; a spooler is back sooner */

struct error {
	const char *status, *header, *code; /* HEADER: lines with their ends, or "" */
};

static const struct error errors[] = {
    [REPLY_NOT_FOUND] = {"404 Not Found", "", "not-found"},
    [REPLY_METHOD] = {"405 Method Not Allowed", "Allow: POST\r\n", "method-not-allowed"},
    [REPLY_METHOD_GET] = {"405 Method Not Allowed", "Allow: GET, HEAD\r\n", "method-not-allowed"},
    [REPLY_HTTPS] = {"403 Forbidden", "", "https-required"},
    [REPLY_ADDRESS] = {"403 Forbidden", "", "address-not-allowed"},
    [REPLY_NOT_A_FORM] = {"415 Unsupported Media Type", "Accept: application/x-www-form-urlencoded\r\n",
	"unsupported-media-type"},
    [REPLY_MEDIA_TYPE] = {"415 Unsupported Media Type", "Accept: application/json\r\n", "unsupported-media-type"},
    [REPLY_ENCODING] = {"415 Unsupported Media Type", "Accept-Encoding: identity\r\n", "unsupported-encoding"},
    [REPLY_TOO_LARGE] = {"413 Content Too Large", "", "body-too-large"},
    [REPLY_BAD_LENGTH] = {"400 Bad Request", "", "bad-length"},
    [REPLY_TRUNCATED] = {"400 Bad Request", "", "truncated-body"},
    [REPLY_SLOW] = {"408 Request Timeout", "", "body-too-slow"},
    [REPLY_EMPTY] = {"400 Bad Request", "", "empty-body"},
    [REPLY_UNAUTHORIZED] = {"401 Unauthorized", "", "unauthorized"},
    [REPLY_INVALID_JSON] = {"400 Bad Request", "", "invalid-json"},
    [REPLY_INVALID_FIELD] = {"400 Bad Request", "", "invalid-field"},
    [REPLY_UNAVAILABLE] = {"503 Service Unavailable", RETRY_AFTER, "unavailable"},
    [REPLY_BUSY] = {"503 Service Unavailable", RETRY_AFTER, "busy"},
    [REPLY_DISK] = {"503 Service Unavailable", RETRY_AFTER, "disk"},
    [REPLY_INTERNAL] = {"503 Service Unavailable", RETRY_AFTER, "internal"},
};

/* Put together by hand: printf would be most of what a reply costs here. */
struct text {
	size_t len;
	char bytes[2048];
};

/* Append TEXT, of which no more is taken than there is room for: all of them are our own, and fit. */
static void
add(struct text *text, const char *bytes)
{
	size_t len = strlen(bytes), room = sizeof text->bytes - text->len;

	if (len > room)
		len = room;
	memcpy(text->bytes + text->len, bytes, len);
	text->len += len;
}

static void
add_number(struct text *text, uint64_t number)
{
	char digits[24], *at = digits + sizeof digits - 1;

	*at = '\0';
	do
		*--at = (char)('0' + number % 10);
	while ((number /= 10) > 0);
	add(text, at);
}

static void
send_text(struct request *request, const char *status, const char *header, const char *body)
{
	struct text text;

	text.len = 0;
	add(&text, "Status: ");
	add(&text, status);
	add(&text, "\r\nContent-Type: application/json\r\nContent-Length: ");
	add_number(&text, strlen(body) + 1);
	add(&text, "\r\nCache-Control: no-store\r\n");
	add(&text, header);
	add(&text, "\r\n");
	add(&text, body);
	add(&text, "\n");
	request_reply(request, text.bytes, text.len);
}

/* A selector's text inside a JSON string, cut where it would not fit. */
static void
escape(char *out, size_t size, const char *text)
{
	size_t n = 0;

	for (; *text != '\0' && n + JSON_ESCAPE_MAX + 1 < size; text++)
		n += json_escape(out + n, *text);
	out[n] = '\0';
}

void
reply_send(struct request *request, enum reply reply, const char *pointer)
{
	const struct error *error = &errors[reply];
	char body[1400], escaped[1200];

	if (pointer == NULL) {
		snprintf(body, sizeof body, "{\"error\":\"%s\"}", error->code);
	} else {
		escape(escaped, sizeof escaped, pointer);
		snprintf(body, sizeof body, "{\"error\":\"%s\",\"pointer\":\"%s\"}", error->code, escaped);
	}
	send_text(request, error->status, error->header, body);
}

void
reply_handshake(struct request *request, const struct handshake_reply *reply)
{
	char text[HANDSHAKE_BODY_MAX + 256];
	int n = snprintf(text, sizeof text, "Status: %u %s\r\nContent-Type: %s\r\n", reply->handshake->status,
	    reply->handshake->status == 204 ? "No Content" : "OK",
	    reply->handshake->json ? "application/json" : "text/plain; charset=utf-8");

	if (reply->handshake->status != 204)
		n += snprintf(text + n, sizeof text - (size_t)n, "Content-Length: %zu\r\n", reply->len);
	n += snprintf(
	    text + n, sizeof text - (size_t)n, "Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n\r\n");
	if (reply->handshake->status != 204) {
		memcpy(text + n, reply->body, reply->len);
		n += (int)reply->len;
	}
	request_reply(request, text, (size_t)n);
}

static void
send_number(struct request *request, const char *status, uint64_t number)
{
	struct text body;

	body.len = 0;
	add(&body, "{\"status\":\"");
	add(&body, status);
	add(&body, "\",\"number\":");
	add_number(&body, number);
	add(&body, "}");
	body.bytes[body.len] = '\0'; /* there is room by far */
	send_text(request, "200 OK", "", body.bytes);
}

void
reply_ack(struct request *request, enum submit_ack ack, uint64_t number)
{
	switch (ack) {
	case SUBMIT_STORED:
		send_number(request, "stored", number);
		return;
	case SUBMIT_DUPLICATE:
		send_number(request, "duplicate", number);
		return;
	case SUBMIT_READY:
		send_text(request, "200 OK", "", "{\"status\":\"ready\"}");
		return;
	case SUBMIT_BUSY:
		reply_send(request, REPLY_BUSY, NULL);
		return;
	case SUBMIT_DISK:
		reply_send(request, REPLY_DISK, NULL);
		return;
	case SUBMIT_KEPT:
	case SUBMIT_UNKNOWN:
	case SUBMIT_INVALID:
	case SUBMIT_UNFIT:
		reply_send(request, REPLY_UNAVAILABLE, NULL);
		return;
	}
}
