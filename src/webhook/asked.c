/* One place for what servers differ in. */
#include "asked.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

static const char *
text(asked_param *param, void *context, const char *name)
{
	const char *value = param(context, name);

	return value != NULL ? value : "";
}

const char *
asked_path(asked_param *param, void *context, char *out)
{
	const char *uri = text(param, context, "REQUEST_URI");
	int n;

	if (*uri == '/')
		n = snprintf(out, ASKED_PATH_SIZE, "%.*s", (int)strcspn(uri, "?#"), uri);
	else
		n = snprintf(out, ASKED_PATH_SIZE, "%s%s", text(param, context, "SCRIPT_NAME"),
		    text(param, context, "PATH_INFO"));
	if (n >= ASKED_PATH_SIZE)
		out[0] = '\0';
	return out;
}

bool
asked_https(asked_param *param, void *context)
{
	const char *https = text(param, context, "HTTPS");

	return strcasecmp(https, "on") == 0 || strcmp(https, "1") == 0 ||
	    strcasecmp(text(param, context, "REQUEST_SCHEME"), "https") == 0;
}
