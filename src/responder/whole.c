/*
 * FastCGI 1.0: sections 3.3 (records), 3.4 (name-value pairs), 5.  Streams come in records of any sizes; here their
 * contents are moved together, the parameters to where the first of them is, the standard input likewise.
 */
#include "whole.h"

#include <string.h>

#define VERSION 1
#define HEADER 8
#define BEGIN_BODY 8
#define RESPONDER 1
#define KEEP_CONN 1

enum record { RECORD_BEGIN = 1, RECORD_END = 3, RECORD_PARAMS = 4, RECORD_STDIN = 5, RECORD_STDOUT = 6 };

static uint16_t
u16_at(const unsigned char *bytes)
{
	return (uint16_t)(bytes[0] << 8 | bytes[1]);
}

/* Which type of record follows one with CONTENT bytes; 0: none, the request is whole. */
static uint8_t
next_type(uint8_t type, size_t content)
{
	if (type == RECORD_BEGIN)
		return RECORD_PARAMS;
	if (content > 0)
		return type;
	return type == RECORD_PARAMS ? RECORD_STDIN : 0;
}

/*
 * Is it a record of TYPE and ID as it should be?  libfcgi forgets the padding where it goes from one stream to the
 * next.
 */
static bool
is_expected(const unsigned char *header, uint8_t type, uint16_t id)
{
	uint16_t content = u16_at(header + 4);
	uint8_t padding = header[6];

	return header[0] == VERSION && header[1] == type && id != 0 && u16_at(header + 2) == id &&
	    (type != RECORD_BEGIN || content == BEGIN_BODY) && (padding == 0 || (type != RECORD_BEGIN && content > 0));
}

enum whole
whole_look(const unsigned char *bytes, size_t len, size_t max, size_t *size)
{
	uint8_t type = RECORD_BEGIN;
	uint16_t id = 0;
	size_t at = 0;

	while (type != 0) {
		const unsigned char *header = bytes + at;
		size_t content;

		if (max - at < HEADER)
			return WHOLE_NO;
		if (len - at < HEADER)
			return WHOLE_PART;
		if (at == 0) {
			if (header[0] != VERSION || header[1] != RECORD_BEGIN || (id = u16_at(header + 2)) == 0)
				return WHOLE_NEVER;
		}
		content = u16_at(header + 4);
		if (!is_expected(header, type, id) || max - at - HEADER < content + header[6])
			return WHOLE_NO;
		at += HEADER + content + header[6];
		if (at > len)
			return WHOLE_PART;
		if (type == RECORD_BEGIN && u16_at(header + HEADER) != RESPONDER)
			return WHOLE_NO;
		type = next_type(type, content);
	}
	*size = at;
	return WHOLE_YES;
}

/* What is left of a stream's contents. */
struct stream {
	unsigned char *at;
	size_t len;
};

/* Move the contents of the stream whose first record is at *RECORD together; *RECORD is the one after its end then. */
static struct stream
gather(unsigned char **record)
{
	struct stream stream = {*record + HEADER, 0};
	size_t content;

	do {
		unsigned char *next = *record + HEADER;

		content = u16_at(*record + 4);
		next += content + (*record)[6];
		if (stream.len > 0)
			memmove(stream.at + stream.len, *record + HEADER, content); /* over the header, perhaps */
		stream.len += content;
		*record = next;
	} while (content > 0);
	return stream;
}

/* Returns 0, or -1: there is none, or it is beyond all that is looked at. */
static int
take_length(struct stream *stream, size_t *length)
{
	size_t size = stream->len > 0 && stream->at[0] >= 0x80 ? 4 : 1;

	if (stream->len < size || (size == 4 && (stream->at[0] != 0x80 || stream->at[1] != 0)))
		return -1;
	*length = size == 4 ? u16_at(stream->at + 2) : stream->at[0];
	stream->at += size;
	stream->len -= size;
	return 0;
}

/* The length of the name in TEXT; one without an end is nobody's. */
static size_t
name_length(const char *text, size_t name_len)
{
	const char *end = memchr(text, '=', name_len + 1); /* the one behind it at the latest */
	size_t len = (size_t)(end - text);

	return memchr(text, '\0', len) == NULL ? len : SIZE_MAX;
}

/*
 * The next pair.  Its lengths take two bytes or more, and it is moved over them, so that there is room for the ends of
 * both texts; TO is where the one before ended.
 */
static unsigned char *
take_variable(struct stream *stream, struct whole_variable *variable, unsigned char *to)
{
	size_t name_len, value_len;

	if (take_length(stream, &name_len) != 0 || take_length(stream, &value_len) != 0 || stream->len < name_len ||
	    stream->len - name_len < value_len)
		return NULL;
	memmove(to, stream->at, name_len);
	to[name_len] = '=';
	variable->text = (char *)to;
	variable->name_len = name_length(variable->text, name_len);
	to += name_len + 1;
	memmove(to, stream->at + name_len, value_len);
	to[value_len] = '\0';
	stream->at += name_len + value_len;
	stream->len -= name_len + value_len;
	return to + value_len + 1;
}

int
whole_decode(struct whole_request *request, unsigned char *bytes)
{
	unsigned char *record = bytes + HEADER + BEGIN_BODY, *to;
	struct stream params, input;

	request->id = u16_at(bytes + 2);
	request->keep = (bytes[HEADER + 2] & KEEP_CONN) != 0;
	params = gather(&record);
	input = gather(&record);
	request->body = (char *)input.at;
	request->body_len = input.len;
	request->nvariables = 0;
	to = params.at;
	while (params.len > 0)
		if (request->nvariables == WHOLE_VARIABLES_MAX ||
		    (to = take_variable(&params, &request->variables[request->nvariables++], to)) == NULL)
			return -1;
	return 0;
}

const char *
whole_variable(const struct whole_request *request, const char *name)
{
	size_t len = strlen(name);

	for (size_t i = 0; i < request->nvariables; i++)
		if (request->variables[i].name_len == len && memcmp(request->variables[i].text, name, len) == 0)
			return request->variables[i].text + len + 1;
	return NULL;
}

/* Returns where its contents go. */
static unsigned char *
put_header(unsigned char *out, enum record type, uint16_t id, size_t content)
{
	memset(out, 0, HEADER);
	out[0] = VERSION;
	out[1] = (unsigned char)type;
	out[2] = (unsigned char)(id >> 8);
	out[3] = (unsigned char)id;
	out[4] = (unsigned char)(content >> 8);
	out[5] = (unsigned char)content;
	out[6] = (unsigned char)(-content % 8); /* as section 3.3 recommends */
	return out + HEADER;
}

size_t
whole_reply(unsigned char *out, uint16_t id, const char *text, size_t len)
{
	unsigned char *at = put_header(out, RECORD_STDOUT, id, len);

	memcpy(at, text, len);
	memset(at + len, 0, -len % 8);
	at = put_header(at + len + -len % 8, RECORD_STDOUT, id, 0);
	at = put_header(at, RECORD_END, id, 8);
	memset(at, 0, 8); /* status 0, FCGI_REQUEST_COMPLETE */
	return (size_t)(at + 8 - out);
}
