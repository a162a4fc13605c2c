/*
 * Fields of application/x-www-form-urlencoded text (WHATWG URL, section 5.1): a query string, or a body.
 */
#ifndef HOOKSPOOL_FORM_H
#define HOOKSPOOL_FORM_H

#include <stddef.h>

enum form_result {
	FORM_OK,
	FORM_ABSENT,
	FORM_TWICE, /* which of them counts is not for us to guess */
	FORM_ENCODING,
	FORM_NUL,
	FORM_LONG
};

/*
 * The value of the field NAME in TEXT, LEN bytes, decoded into OUT (SIZE bytes, terminated); *OUT_LEN without the terminator.
 * Names are compared decoded as well.
 */
enum form_result form_value(const char *text, size_t len, const char *name, char *out, size_t size, size_t *out_len);

/* "is there twice" and the like, for log and operator; NULL for FORM_OK and FORM_ABSENT. */
const char *form_result_text(enum form_result);

#endif
