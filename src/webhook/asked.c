/* One place for what servers differ in. */
#include "asked.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

static const char *
text(const struct asked *asked, const char *name)
{
	const char *value = asked->param(asked->context, name);

	return value != NULL ? value : "";
}

static void
read_path(struct asked *asked)
{
	const char *uri = text(asked, "REQUEST_URI");
	int n;

	if (*uri == '/')
		n = snprintf(asked->path, sizeof asked->path, "%.*s", (int)strcspn(uri, "?#"), uri);
	else
		n = snprintf(
		    asked->path, sizeof asked->path, "%s%s", text(asked, "SCRIPT_NAME"), text(asked, "PATH_INFO"));
	if (n >= (int)sizeof asked->path)
		asked->path[0] = '\0';
}

static bool
is_https(const struct asked *asked)
{
	const char *https = text(asked, "HTTPS");

	return strcasecmp(https, "on") == 0 || strcmp(https, "1") == 0 ||
	    strcasecmp(text(asked, "REQUEST_SCHEME"), "https") == 0;
}

void
asked_read(struct asked *asked, asked_param *param, void *context)
{
	asked->param = param;
	asked->context = context;
	asked->method = text(asked, "REQUEST_METHOD");
	asked->content_type = text(asked, "CONTENT_TYPE");
	asked->content_length = text(asked, "CONTENT_LENGTH");
	asked->coding = text(asked, "HTTP_CONTENT_ENCODING");
	asked->query = text(asked, "QUERY_STRING");
	asked->peer = text(asked, "REMOTE_ADDR");
	asked->address = NULL;
	asked->https = is_https(asked);
	read_path(asked);
}

bool
asked_is_get(const struct asked *asked)
{
	return strcmp(asked->method, "GET") == 0;
}

bool
asked_is_post(const struct asked *asked)
{
	return strcmp(asked->method, "POST") == 0;
}

const char *
asked_header(const struct asked *asked, const char *cgi_name)
{
	return asked->param(asked->context, cgi_name);
}
