/*
 * What was asked for, out of the variables that web servers set differently; tests/servers.txt has what each really sends.
 */
#ifndef HOOKSPOOL_ASKED_H
#define HOOKSPOOL_ASKED_H

#include <stdbool.h>

#define ASKED_PATH_SIZE 1024

/* A CGI variable (RFC 3875), or NULL. */
typedef const char *asked_param(void *context, const char *cgi_name);

/*
 * The request's path, without its query, into OUT (ASKED_PATH_SIZE bytes): as the client wrote it (REQUEST_URI), or, where a server does not
 * tell that, what it made of it (SCRIPT_NAME and PATH_INFO).  "" when it is longer.  Returns OUT.
 */
const char *asked_path(asked_param *param, void *context, char *out);

/* Whether it came over TLS: HTTPS is "on" or "1", or REQUEST_SCHEME "https". */
bool asked_https(asked_param *param, void *context);

#endif
