/*
 * The strict scanner: a pushdown automaton over the bytes with a stack of its own, no tree, no recursion.  While it reads it keeps,
 * for each open container, the place in the plan's trie of reference tokens, so that selected values are noticed as they pass.
 */
#include "json.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "json_escape.h"
#include "json_names.h"
#include "text.h"

#define NOWHERE 0 /* no pointer leads here */
#define ROOT 1

struct node {
	const char *token; /* of the step from the parent */
	size_t len;
	uint32_t child, sibling; /* NOWHERE: none */
	bool selected;
};

struct json_plan {
	struct node *nodes; /* [0] unused */
	uint32_t nnodes;
	uint32_t where[JSON_PLAN_MAX]; /* node of each pointer */
	size_t n;
	unsigned depth;
	char *tokens; /* what the nodes' tokens point into */
};

struct frame {
	bool object;
	uint32_t node, number; /* place in the trie; the object's number for json_names */
	uint64_t index;	       /* of the array's element */
	const char *begin;
};

struct json_scratch {
	struct json_names *names;
	struct frame stack[JSON_DEPTH_MAX];
	struct json_value found[JSON_PLAN_MAX * JSON_POINTER_MAX + 2]; /* by node */
};

struct scan {
	const struct json_plan *plan;
	struct json_scratch *scratch;
	const unsigned char *at, *end;
	unsigned depth;
	uint32_t objects;
};

static uint32_t
add_step(struct json_plan *plan, uint32_t parent, const char *token, size_t len)
{
	uint32_t i;

	for (i = plan->nodes[parent].child; i != NOWHERE; i = plan->nodes[i].sibling)
		if (plan->nodes[i].len == len && memcmp(plan->nodes[i].token, token, len) == 0)
			return i;
	i = plan->nnodes++;
	plan->nodes[i] = (struct node){.token = token, .len = len, .sibling = plan->nodes[parent].child};
	plan->nodes[parent].child = i;
	return i;
}

struct json_plan *
json_plan_new(const struct json_pointer *const *pointers, size_t n, unsigned depth)
{
	struct json_plan *plan;
	size_t steps = 0, bytes = 0;
	char *text;

	if (n > JSON_PLAN_MAX || depth < 1 || depth > JSON_DEPTH_MAX) {
		errno = EINVAL;
		return NULL;
	}
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < pointers[i]->ntokens; j++, steps++)
			bytes += strlen(pointers[i]->tokens[j]);
	plan = calloc(1, sizeof *plan);
	if (plan == NULL || (plan->nodes = calloc(steps + 2, sizeof plan->nodes[0])) == NULL ||
	    (plan->tokens = malloc(bytes + 1)) == NULL) {
		json_plan_free(plan);
		return NULL;
	}
	plan->nnodes = 2;
	plan->n = n;
	plan->depth = depth;
	text = plan->tokens;
	for (size_t i = 0; i < n; i++) {
		uint32_t node = ROOT;

		for (size_t j = 0; j < pointers[i]->ntokens; j++) {
			size_t len = strlen(pointers[i]->tokens[j]);

			memcpy(text, pointers[i]->tokens[j], len);
			node = add_step(plan, node, text, len);
			text += len;
		}
		plan->nodes[node].selected = true;
		plan->where[i] = node;
	}
	return plan;
}

void
json_plan_free(struct json_plan *plan)
{
	if (plan == NULL)
		return;
	free(plan->nodes);
	free(plan->tokens);
	free(plan);
}

struct json_scratch *
json_scratch_new(void)
{
	struct json_scratch *scratch = calloc(1, sizeof *scratch);

	if (scratch != NULL && (scratch->names = json_names_new()) == NULL) {
		free(scratch);
		return NULL;
	}
	return scratch;
}

void
json_scratch_free(struct json_scratch *scratch)
{
	if (scratch == NULL)
		return;
	json_names_free(scratch->names);
	free(scratch);
}

static uint32_t
step(const struct json_plan *plan, uint32_t parent, const char *token, size_t len)
{
	if (parent == NOWHERE)
		return NOWHERE;
	for (uint32_t i = plan->nodes[parent].child; i != NOWHERE; i = plan->nodes[i].sibling)
		if (plan->nodes[i].len == len && memcmp(plan->nodes[i].token, token, len) == 0)
			return i;
	return NOWHERE;
}

/* A name that still has its escapes. */
static uint32_t
step_by_name(const struct json_plan *plan, uint32_t parent, const char *raw, size_t len)
{
	char text[6 * JSON_POINTER_TEXT_MAX];

	if (parent == NOWHERE || plan->nodes[parent].child == NOWHERE)
		return NOWHERE;
	if (memchr(raw, '\\', len) == NULL)
		return step(plan, parent, raw, len);
	if (len > sizeof text) /* longer than any token with every character escaped */
		return NOWHERE;
	return step(plan, parent, text, json_unescape(text, raw, len));
}

static uint32_t
step_by_index(const struct json_plan *plan, uint32_t parent, uint64_t index)
{
	char text[24];
	size_t at = sizeof text;

	if (parent == NOWHERE || plan->nodes[parent].child == NOWHERE)
		return NOWHERE;
	do {
		text[--at] = (char)('0' + index % 10);
		index /= 10;
	} while (index > 0);
	return step(plan, parent, text + at, sizeof text - at);
}

static void
skip_space(struct scan *s)
{
	while (s->at < s->end && (*s->at == ' ' || *s->at == '\n' || *s->at == '\r' || *s->at == '\t'))
		s->at++;
}

static bool
skip_escape(struct scan *s)
{
	if (s->end - s->at < 2)
		return false;
	if (s->at[1] == 'u') {
		if (s->end - s->at < 6)
			return false;
		for (int i = 2; i < 6; i++)
			if (text_hex_digit((char)s->at[i]) < 0)
				return false;
		s->at += 6;
		return true;
	}
	if (s->at[1] == '\0' || strchr("\"\\/bfnrt", s->at[1]) == NULL)
		return false;
	s->at += 2;
	return true;
}

/* 1: stands for itself inside a string. */
static const unsigned char plain[256] = {
    [0x20 ... 0x21] = 1,
    [0x23 ... 0x5b] = 1,
    [0x5d ... 0x7f] = 1,
};

/* At the opening quote; afterwards behind the closing one. */
static enum json_result
scan_string(struct scan *s)
{
	s->at++;
	while (s->at < s->end) {
		if (plain[*s->at]) {
			s->at++;
			continue;
		}
		if (*s->at == '"') {
			s->at++;
			return JSON_OK;
		}
		if (*s->at >= 0x80) {
			size_t n = text_utf8(s->at, (size_t)(s->end - s->at));

			if (n == 0)
				return JSON_UTF8;
			s->at += n;
			continue;
		}
		if (*s->at != '\\' || !skip_escape(s)) /* a control character, or a bad escape */
			return JSON_SYNTAX;
	}
	return JSON_SYNTAX;
}

static bool
skip_digits(struct scan *s)
{
	const unsigned char *from = s->at;

	while (s->at < s->end && *s->at >= '0' && *s->at <= '9')
		s->at++;
	return s->at > from;
}

static enum json_result
scan_number(struct scan *s)
{
	if (*s->at == '-')
		s->at++;
	if (s->at < s->end && *s->at == '0')
		s->at++; /* nothing but '.', 'e' or the end may follow: a digit is refused by whoever reads on */
	else if (!skip_digits(s))
		return JSON_SYNTAX;
	if (s->at < s->end && *s->at == '.') {
		s->at++;
		if (!skip_digits(s))
			return JSON_SYNTAX;
	}
	if (s->at < s->end && (*s->at == 'e' || *s->at == 'E')) {
		s->at++;
		if (s->at < s->end && (*s->at == '+' || *s->at == '-'))
			s->at++;
		if (!skip_digits(s))
			return JSON_SYNTAX;
	}
	return JSON_OK;
}

static enum json_result
scan_word(struct scan *s, const char *word, size_t len)
{
	if ((size_t)(s->end - s->at) < len || memcmp(s->at, word, len) != 0)
		return JSON_SYNTAX;
	s->at += len;
	return JSON_OK;
}

static enum json_result
scan_scalar(struct scan *s, enum json_kind *type)
{
	switch (*s->at) {
	case '"':
		*type = JSON_STRING;
		return scan_string(s);
	case 't':
		*type = JSON_BOOLEAN;
		return scan_word(s, "true", 4);
	case 'f':
		*type = JSON_BOOLEAN;
		return scan_word(s, "false", 5);
	case 'n':
		*type = JSON_NULL;
		return scan_word(s, "null", 4);
	default:
		*type = JSON_NUMBER;
		return *s->at == '-' || (*s->at >= '0' && *s->at <= '9') ? scan_number(s) : JSON_SYNTAX;
	}
}

static void
note(struct scan *s, uint32_t node, enum json_kind type, const char *begin)
{
	if (node != NOWHERE && s->plan->nodes[node].selected)
		s->scratch->found[node] = (struct json_value){type, begin, (size_t)((const char *)s->at - begin)};
}

/* A member's name and its colon; *NODE is where its value lies. */
static enum json_result
scan_name(struct scan *s, const struct frame *frame, uint32_t *node)
{
	const char *name = (const char *)s->at + 1;
	enum json_result result;
	size_t len;

	if (s->at == s->end || *s->at != '"')
		return JSON_SYNTAX;
	if ((result = scan_string(s)) != JSON_OK)
		return result;
	len = (size_t)((const char *)s->at - name) - 1;
	switch (json_names_add(s->scratch->names, frame->number, name, len)) {
	case JSON_NAMES_KNOWN:
		return JSON_DUPLICATE;
	case JSON_NAMES_NO_MEMORY:
		return JSON_NO_MEMORY;
	case JSON_NAMES_NEW:
		break;
	}
	*node = step_by_name(s->plan, frame->node, name, len);
	skip_space(s);
	if (s->at == s->end || *s->at != ':')
		return JSON_SYNTAX;
	s->at++;
	skip_space(s);
	return JSON_OK;
}

static enum json_result
open_container(struct scan *s, uint32_t node)
{
	struct frame *frame;

	if (s->depth == s->plan->depth)
		return JSON_TOO_DEEP;
	frame = &s->scratch->stack[s->depth++];
	*frame = (struct frame){.object = *s->at == '{', .node = node, .begin = (const char *)s->at};
	if (frame->object)
		frame->number = ++s->objects;
	s->at++;
	skip_space(s);
	return JSON_OK;
}

/* Where the next value of the innermost container begins; *NODE is its place. */
static enum json_result
next_place(struct scan *s, uint32_t *node)
{
	struct frame *frame = &s->scratch->stack[s->depth - 1];

	if (frame->object)
		return scan_name(s, frame, node);
	*node = step_by_index(s->plan, frame->node, frame->index++);
	return JSON_OK;
}

static bool
closes(const struct scan *s)
{
	return s->at < s->end && *s->at == (s->scratch->stack[s->depth - 1].object ? '}' : ']');
}

/* Behind a value: close what ends here; then a comma leads to the next value.  The depth is 0 when the document is complete. */
static enum json_result
after_value(struct scan *s, uint32_t *node)
{
	for (;;) {
		const struct frame *frame;

		if (s->depth == 0)
			return JSON_OK;
		skip_space(s);
		if (!closes(s))
			break;
		frame = &s->scratch->stack[--s->depth];
		s->at++;
		note(s, frame->node, frame->object ? JSON_OBJECT : JSON_ARRAY, frame->begin);
	}
	if (s->at == s->end || *s->at != ',')
		return JSON_SYNTAX;
	s->at++;
	skip_space(s);
	return next_place(s, node);
}

static enum json_result
scan_document(struct scan *s)
{
	uint32_t node = ROOT;
	enum json_result result;

	do {
		const char *begin = (const char *)s->at;
		enum json_kind type;

		if (s->at == s->end)
			return JSON_SYNTAX;
		if (*s->at == '{' || *s->at == '[') {
			if ((result = open_container(s, node)) != JSON_OK)
				return result;
			if (!closes(s)) {
				if ((result = next_place(s, &node)) != JSON_OK)
					return result;
				continue;
			}
		} else {
			if ((result = scan_scalar(s, &type)) != JSON_OK)
				return result;
			note(s, node, type, begin);
		}
		if ((result = after_value(s, &node)) != JSON_OK)
			return result;
	} while (s->depth > 0);
	skip_space(s);
	return s->at == s->end ? JSON_OK : JSON_TRAILING;
}

enum json_result
json_scan(const struct json_plan *plan, struct json_scratch *scratch, const char *text, size_t len,
    struct json_value *values, size_t *offset)
{
	struct scan s = {.plan = plan, .scratch = scratch, .at = (const unsigned char *)text};
	enum json_result result;

	s.end = s.at + len;
	memset(scratch->found, 0, plan->nnodes * sizeof scratch->found[0]);
	skip_space(&s);
	result = s.at == s.end ? JSON_EMPTY : scan_document(&s);
	json_names_reset(scratch->names);
	if (offset != NULL)
		*offset = (size_t)((const char *)s.at - text);
	for (size_t i = 0; i < plan->n; i++)
		values[i] = scratch->found[plan->where[i]];
	return result;
}

const char *
json_result_text(enum json_result result)
{
	static const char *const text[] = {
	    [JSON_OK] = "valid",
	    [JSON_EMPTY] = "empty",
	    [JSON_SYNTAX] = "not JSON",
	    [JSON_UTF8] = "invalid UTF-8",
	    [JSON_DUPLICATE] = "a member name twice in one object",
	    [JSON_TOO_DEEP] = "nested too deep",
	    [JSON_TRAILING] = "bytes after the value",
	    [JSON_NO_MEMORY] = "out of memory",
	};

	return text[result];
}
