/* From header to header (FastCGI 1.0, section 3.3); what is between them is libfcgi's. */
#include "whole.h"

#include <stdbool.h>
#include <stdint.h>

#define VERSION 1
#define HEADER 8
#define BEGIN_BODY 8
#define RESPONDER 1

enum record { RECORD_BEGIN = 1, RECORD_PARAMS = 4, RECORD_STDIN = 5 };

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

/* Is it a record of TYPE and ID as it should be?  libfcgi forgets the padding where it goes from one stream to the next. */
static bool
is_expected(const unsigned char *header, uint8_t type, uint16_t id)
{
	uint16_t content = u16_at(header + 4);
	uint8_t padding = header[6];

	return header[0] == VERSION && header[1] == type && id != 0 && u16_at(header + 2) == id &&
	    (type != RECORD_BEGIN || content == BEGIN_BODY) && (padding == 0 || (type != RECORD_BEGIN && content > 0));
}

enum whole
whole_look(const unsigned char *bytes, size_t len, size_t max)
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
		if (at == 0)
			id = u16_at(header + 2);
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
	return WHOLE_YES;
}
