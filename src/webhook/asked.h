/*
 * What was asked for, out of the variables that web servers set differently; tests/servers.txt has what each really sends.
 */
#ifndef HOOKSPOOL_ASKED_H
#define HOOKSPOOL_ASKED_H

#include <stdbool.h>

#define ASKED_PATH_SIZE 1024

/* A CGI variable (RFC 3875), or NULL. */
typedef const char *asked_param(void *context, const char *cgi_name);

/* Borrows the texts of the variables.  A text is "" where there is none. */
struct asked {
	const char *method, *content_type, *content_length, *coding, *query;
	const char *peer;    /* the address of who is connected: a proxy's, perhaps */
	const char *address; /* the sender's, see address_of(); NULL: not known */
	bool https;
	asked_param *param; /* for the headers that the configuration names */
	void *context;
	char path[ASKED_PATH_SIZE];
};

/*
 * Read what is the same for every source, once: method, path, type, ….  The path is without its query, as the client wrote it (REQUEST_URI),
 * or, where a server does not tell that, what it made of it (SCRIPT_NAME and PATH_INFO); "" when it is longer.  It came over TLS when HTTPS
 * is "on" or "1", or REQUEST_SCHEME "https".  The address is left NULL.
 */
void asked_read(struct asked *, asked_param *, void *context);

bool asked_is_get(const struct asked *);
bool asked_is_post(const struct asked *);

/* A header by its CGI name, "HTTP_X_GITHUB_EVENT" or "CONTENT_TYPE"; NULL: not there.  Borrowed as the others are. */
const char *asked_header(const struct asked *, const char *cgi_name);

#endif
