/*
 * A webhook's head as someone wrote it down, with CGI variables for names.
 */
#ifndef HOOKSPOOL_HEADERS_H
#define HOOKSPOOL_HEADERS_H

#include <stddef.h>

#define HEADERS_MAX 100
#define HEADERS_LINE_MAX 8192 /* bytes of a line in a file, its end included */

/* Begins zeroed. */
struct headers {
	size_t n;
	char *names[HEADERS_MAX]; /* CGI variables */
	char *values[HEADERS_MAX];
};

/*
 * Take "Name: value", or a request line "POST /path?query HTTP/1.1"; a line may begin with "> ", as curl -v prints it.  A name that is there
 * already gets both values, as web servers do it.  Returns 0, or -1: neither of them, too many, or out of memory.
 */
int headers_add(struct headers *, const char *line);

/* Take a variable by its CGI name, as headers_add() takes a header.  Returns 0, or -1: too many, or out of memory. */
int headers_set(struct headers *, const char *cgi_name, const char *value);

/* All lines of the file NAME up to an empty one.  Returns 0, or -1 after a message: also when one of them can't be taken. */
int headers_read(struct headers *, const char *name);

/* The variable of this CGI name, or NULL; CONTEXT is a struct headers.  For asked_read(). */
const char *headers_param(void *context, const char *name);

void headers_free(struct headers *);

#endif
