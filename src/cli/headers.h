/*
 * A webhook's head as someone wrote it down, with CGI variables for names.
 */
#ifndef HOOKSPOOL_HEADERS_H
#define HOOKSPOOL_HEADERS_H

#include <stddef.h>

#define HEADERS_MAX 100
#define HEADERS_LINE_MAX 8192

struct headers {
	size_t n;
	char *names[HEADERS_MAX]; /* CGI variables */
	char *values[HEADERS_MAX];
};

/*
 * Take "Name: value", or a request line "POST /path?query HTTP/1.1"; a line may begin with "> ", as curl -v prints it.  A name that is there
 * already gets both values, as web servers do it.  Returns 0, or -1: neither of them, or too many.
 */
int headers_add(struct headers *, const char *line);

/* A variable by its CGI name. */
int headers_set(struct headers *, const char *cgi_name, const char *value);

/* All lines of the file NAME; what is no header line ends it.  Returns 0, or -1 after a message. */
int headers_read(struct headers *, const char *name);

/* The variable of this CGI name, or NULL; CONTEXT is a struct headers.  For asked_read(). */
const char *headers_param(void *context, const char *name);

void headers_free(struct headers *);

#endif
