/*
 * One strict pass over a JSON text (RFC 8259) that builds no tree and finds the selected values as their exact bytes.
 *
 * Refused beyond what the grammar refuses: invalid UTF-8 (RFC 3629), duplicate member names (compared after
 * unescaping), nesting beyond a cap, anything but white space after the value, a byte order mark.
 */
#ifndef HOOKSPOOL_JSON_H
#define HOOKSPOOL_JSON_H

#include <stddef.h>

#define JSON_DEPTH_MAX 512
#define JSON_PLAN_MAX 64	  /* values one plan can select */
#define JSON_POINTER_MAX 32	  /* reference tokens in one pointer */
#define JSON_POINTER_TEXT_MAX 512 /* bytes of a pointer */

enum json_kind {
	JSON_ABSENT = 0, /* the pointer leads nowhere */
	JSON_NULL,
	JSON_BOOLEAN,
	JSON_NUMBER,
	JSON_STRING,
	JSON_ARRAY,
	JSON_OBJECT
};

enum json_result {
	JSON_OK,
	JSON_EMPTY,	/* nothing, or white space only */
	JSON_SYNTAX,	/* not RFC 8259 */
	JSON_UTF8,	/* not UTF-8 */
	JSON_DUPLICATE, /* a member name twice in one object */
	JSON_TOO_DEEP,
	JSON_TRAILING, /* bytes after the value */
	JSON_NO_MEMORY
};

/* A JSON Pointer (RFC 6901): its reference tokens, unescaped; none of them: the whole document. */
struct json_pointer {
	char **tokens;
	size_t ntokens;
};

/* A value inside the scanned text: its exact bytes, a string with its quotes.  Borrows the text. */
struct json_value {
	enum json_kind type;
	const char *bytes;
	size_t len;
};

/* What to look for.  Immutable after json_plan_new(), so that threads can share one. */
struct json_plan;

/* What a scan needs to remember; one per thread, reused. */
struct json_scratch;

/*
 * POINTERS are N of them (N up to JSON_PLAN_MAX), borrowed during the call; two may name the same value.
 * DEPTH is 1 to JSON_DEPTH_MAX.  Returns owned, or NULL with errno (EINVAL, ENOMEM).
 */
struct json_plan *json_plan_new(const struct json_pointer *const *pointers, size_t n, unsigned depth);
void json_plan_free(struct json_plan *);

struct json_scratch *json_scratch_new(void);
void json_scratch_free(struct json_scratch *);

/*
 * Scan TEXT, LEN bytes.  VALUES has the plan's N places and is filled in the order of its pointers; it is meaningful
 * only after JSON_OK.  *OFFSET, unless OFFSET is NULL, is the byte at which the text was refused.
 * Takes time linear in LEN whatever the text; memory is bounded by a small multiple of LEN and kept in the scratch
 * only up to a fixed size.
 */
enum json_result json_scan(const struct json_plan *, struct json_scratch *, const char *text, size_t len,
    struct json_value *values, size_t *offset);

/* "invalid UTF-8" and the like: a constant string for log and operator. */
const char *json_result_text(enum json_result);

enum json_text_result {
	JSON_TEXT_OK,
	JSON_TEXT_TYPE,	     /* null, an array, an object, absent */
	JSON_TEXT_NUL,	     /* has U+0000 */
	JSON_TEXT_SURROGATE, /* a lone surrogate: no UTF-8 form */
	JSON_TEXT_LONG	     /* longer than SIZE - 1 bytes */
};

/*
 * The text of a scalar of a scanned document: a string unescaped into UTF-8, a number or boolean as its own bytes.
 * Writes at most SIZE bytes to OUT, terminated; *LEN is the length without the terminator.
 */
enum json_text_result json_text(const struct json_value *, char *out, size_t size, size_t *len);

#endif
