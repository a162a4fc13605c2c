/*
 * In place of hookspool.fcgi: answers with what the web server told it, for tests/servers.txt.  Variables that differ from machine to
 * machine are left out.
 */
#include <fcgiapp.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const names[] = {"REQUEST_METHOD", "REQUEST_URI", "SCRIPT_NAME", "PATH_INFO", "QUERY_STRING",
    "CONTENT_TYPE", "CONTENT_LENGTH", "HTTP_TRANSFER_ENCODING", "HTTPS", "REQUEST_SCHEME", "HTTP_AUTHORIZATION",
    "HTTP_X_SIGNATURE", "REMOTE_ADDR"};

/* Some servers answer nothing to a client whose request was not read; others give an input without an end. */
static void
read_input(void)
{
	const char *length = getenv("CONTENT_LENGTH");
	long left = length != NULL && *length != '\0'  ? atol(length)
	    : getenv("HTTP_TRANSFER_ENCODING") != NULL ? LONG_MAX
						       : 0;

	while (left-- > 0 && getchar() != EOF)
		continue;
}

int
main(void)
{
	FCGX_Request request;

	if (FCGX_IsCGI()) {
		read_input();
		printf("Status: 200 OK\r\nContent-Type: text/plain\r\n\r\n");
		for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
			printf("%s=%s\n", names[i], getenv(names[i]) != NULL ? getenv(names[i]) : "-");
		return EXIT_SUCCESS;
	}
	if (FCGX_Init() != 0 || FCGX_InitRequest(&request, 0, 0) != 0)
		return EXIT_FAILURE;
	while (FCGX_Accept_r(&request) == 0) {
		char bytes[4096];

		while (FCGX_GetStr(bytes, sizeof bytes, request.in) > 0)
			continue;
		FCGX_FPrintF(request.out, "Status: 200 OK\r\nContent-Type: text/plain\r\n\r\n");
		for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
			const char *value = FCGX_GetParam(names[i], request.envp);

			FCGX_FPrintF(request.out, "%s=%s\n", names[i], value != NULL ? value : "-");
		}
		FCGX_Finish_r(&request);
		/* A connection that is kept would be waited on, and no other taken. */
		FCGX_Free(&request, 1);
		FCGX_InitRequest(&request, 0, 0);
	}
	return EXIT_SUCCESS;
}
