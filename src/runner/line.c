/*
 * A string is written as it is but for '"', '\' and control characters (RFC 8259, section 7), so that JSON in a JSON string stays
 * readable.  A body that no such string can carry to every worker, for it is not UTF-8 or has NUL bytes, goes as Base64.
 */
#include "line.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../lib/base64.h"
#include "../lib/json_escape.h"
#include "../lib/text.h"
#include "../protocol/run.h"
#include "../protocol/variable.h"

#define BASE64_STEP 1536u /* bytes coded at once: a multiple of 3, at most BASE64_BYTES_MAX */

/* A variable of the run that is a member of its own. */
static const struct {
	const char *variable, *member;
} members[] = {{VARIABLE_SOURCE, "source"}, {VARIABLE_HOOK, "hook"}, {VARIABLE_EVENT, "event"}, {VARIABLE_ID, "id"},
    {VARIABLE_KEY, "key"}, {VARIABLE_RECEIVED_AT, "received_at"}, {VARIABLE_CONTENT_TYPE, "content_type"}};

/* One character of a string.  Returns where the next goes. */
static char *
put_character(char *out, const unsigned char *c, size_t len)
{
	if (len > 1) {
		memcpy(out, c, len);
		return out + len;
	}
	if (*c != '\n' && *c != '\t' && *c != '\r')
		return out + json_escape(out, (char)*c);
	*out++ = '\\';
	*out++ = *c == '\n' ? 'n' : *c == '\t' ? 't' : 'r';
	return out;
}

/* A string in quotes; what is not UTF-8 in it becomes U+FFFD, byte by byte. */
static char *
put_string(char *out, const char *text, size_t len)
{
	const unsigned char *at = (const unsigned char *)text, *end = at + len;

	*out++ = '"';
	while (at < end) {
		size_t n = text_utf8(at, (size_t)(end - at));

		out = n != 0 ? put_character(out, at, n) : put_character(out, (const unsigned char *)"\xef\xbf\xbd", 3);
		at += n != 0 ? n : 1;
	}
	*out++ = '"';
	return out;
}

/* The value of the variable NAME, NAME_LEN bytes, if VARIABLE is it; else NULL. */
static const char *
value_of(const char *variable, const char *name, size_t name_len)
{
	return strncmp(variable, name, name_len) == 0 && variable[name_len] == '=' ? variable + name_len + 1 : NULL;
}

static const char *
find(const struct run_start *run, const char *name)
{
	const char *value = NULL;

	for (size_t i = 0; run->variables[i] != NULL && value == NULL; i++)
		value = value_of(run->variables[i], name, strlen(name));
	return value;
}

/* Those that the source maps: hookspool's own and PATH are not among them, hookspool.conf(5). */
static char *
put_env(char *p, const struct run_start *run)
{
	bool first = true;

	p = stpcpy(p, ",\"env\":{");
	for (size_t i = run->fixed; run->variables[i] != NULL; i++) {
		const char *variable = run->variables[i], *equals = strchr(variable, '=');

		if (equals == NULL || variable_is_own(variable, (size_t)(equals - variable)))
			continue;
		if (!first)
			*p++ = ',';
		first = false;
		p = put_string(p, variable, (size_t)(equals - variable));
		*p++ = ':';
		p = put_string(p, equals + 1, strlen(equals + 1));
	}
	*p++ = '}';
	return p;
}

static int
make_head(struct line *line, const struct run_start *run)
{
	size_t size = 256;
	const char *attempt = find(run, VARIABLE_ATTEMPT);
	char *p;

	for (size_t i = 0; run->variables[i] != NULL; i++)
		size += JSON_ESCAPE_MAX * strlen(run->variables[i]) + 8;
	if ((p = line->head = malloc(size)) == NULL)
		return -1;
	p += sprintf(p, "{\"number\":%llu,\"attempt\":%llu", (unsigned long long)run->number,
	    attempt != NULL ? strtoull(attempt, NULL, 10) : 0);
	for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
		const char *value = find(run, members[i].variable);

		if (value == NULL)
			continue;
		p = stpcpy(stpcpy(stpcpy(p, ",\""), members[i].member), "\":");
		p = put_string(p, value, strlen(value));
	}
	p = put_env(p, run);
	p = stpcpy(p, line->base64 ? ",\"body_base64\":\"" : ",\"body\":\"");
	line->head_len = (size_t)(p - line->head);
	return 0;
}

static bool
needs_base64(const unsigned char *body, size_t len)
{
	for (size_t n; len > 0; body += n, len -= n)
		if (*body == '\0' || (n = text_utf8(body, len)) == 0)
			return true;
	return false;
}

int
line_open(struct line *line, const struct run_start *run, int body)
{
	struct stat st;
	void *map;

	memset(line, 0, sizeof *line);
	if (fstat(body, &st) != 0)
		return -1;
	if (st.st_size > 0) {
		map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, body, 0);
		if (map == MAP_FAILED)
			return -1;
		line->body = map;
		line->body_len = (size_t)st.st_size;
	}
	line->base64 = needs_base64(line->body, line->body_len);
	if (make_head(line, run) != 0) {
		line_close(line);
		errno = ENOMEM;
		return -1;
	}
	return 0;
}

static char *
next_text(struct line *line, char *out, const char *end)
{
	while (line->body_at < line->body_len && end - out >= JSON_ESCAPE_MAX) {
		size_t n = text_utf8(line->body + line->body_at, line->body_len - line->body_at);

		if (n == 0)
			n = 1; /* it was text a moment ago, and the file is sealed: protocol/run.h */
		out = put_character(out, line->body + line->body_at, n);
		line->body_at += n;
	}
	return out;
}

static char *
next_base64(struct line *line, char *out, const char *end)
{
	while (line->body_at < line->body_len && (size_t)(end - out) >= BASE64_TEXT_SIZE(BASE64_STEP)) {
		size_t left = line->body_len - line->body_at, n = left < BASE64_STEP ? left : BASE64_STEP;

		base64_encode(out, line->body + line->body_at, n);
		out += (n + 2) / 3 * 4;
		line->body_at += n;
	}
	return out;
}

/* The next piece, LINE_PIECE bytes at most.  Returns its length; 0 at the end. */
static size_t
next_piece(struct line *line, char *out)
{
	static const char tail[] = "\"}\n";
	char *p = out;
	const char *end = out + LINE_PIECE;
	size_t n = line->head_len - line->head_at;

	if (n > LINE_PIECE)
		n = LINE_PIECE;
	memcpy(p, line->head + line->head_at, n);
	p += n;
	line->head_at += n;
	if (line->head_at < line->head_len)
		return n;
	p = line->base64 ? next_base64(line, p, end) : next_text(line, p, end);
	if (line->body_at == line->body_len && !line->tail_given && (size_t)(end - p) >= strlen(tail)) {
		p = stpcpy(p, tail);
		line->tail_given = true;
	}
	return (size_t)(p - out);
}

enum line_progress
line_write(struct line *line, int fd)
{
	for (;;) {
		ssize_t n;

		if (line->piece_at == line->piece_len) {
			line->piece_at = 0;
			if ((line->piece_len = next_piece(line, line->piece)) == 0)
				return LINE_DONE;
		}
		n = write(fd, line->piece + line->piece_at, line->piece_len - line->piece_at);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN || errno == EWOULDBLOCK ? LINE_AGAIN : LINE_REFUSED;
		line->piece_at += (size_t)n;
		line->written += (size_t)n;
	}
}

void
line_close(struct line *line)
{
	if (line->body != NULL)
		munmap((void *)(uintptr_t)line->body, line->body_len);
	free(line->head);
	line->body = NULL;
	line->head = NULL;
}
