/*
 * FastCGI: what is taken for a whole request is one for libfcgi, with the same variables and the same body; and no
 * beginning of it is.
 */
#include <fcgiapp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../../src/responder/whole.h"
#include "fuzz.h"

#define MAX 32768
#define BODY_MAX (MAX + 1)

const char fuzz_name[] = "fastcgi";
unsigned long fuzz_accepted;

static struct whole_request request;

/* libfcgi's variables come after one of its own. */
static void
compare_variables(char **theirs)
{
	for (size_t i = 0; i < request.nvariables; i++)
		FUZZ_HOLDS(theirs[i + 1] != NULL && strcmp(theirs[i + 1], request.variables[i].text) == 0);
	FUZZ_HOLDS(theirs[request.nvariables + 1] == NULL);
}

static void
compare(const uint8_t *bytes, size_t len)
{
	static char body[BODY_MAX];
	FCGX_Request theirs;
	int pair[2];

	FUZZ_HOLDS(FCGX_Init() == 0 && FCGX_InitRequest(&theirs, -1, 0) == 0);
	FUZZ_HOLDS(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
	FUZZ_HOLDS(write(pair[1], bytes, len) == (ssize_t)len);
	shutdown(pair[1], SHUT_WR);
	theirs.ipcFd = pair[0];
	theirs.keepConnection = 1;
	FCGX_Detach(&theirs);
	FUZZ_HOLDS(FCGX_Accept_r(&theirs) == 0);
	FUZZ_HOLDS(theirs.requestId == request.id && (theirs.keepConnection != 0) == request.keep);
	compare_variables(theirs.envp);
	FUZZ_HOLDS(FCGX_GetStr(body, BODY_MAX, theirs.in) == (int)request.body_len);
	FUZZ_HOLDS(memcmp(body, request.body, request.body_len) == 0 && FCGX_GetError(theirs.in) == 0);
	FCGX_Free(&theirs, 1);
	close(pair[1]);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	unsigned char *own;
	size_t size = 0, unused;

	if (len > MAX)
		len = MAX;
	own = fuzz_copy(bytes, len);
	if (whole_look(own, len, MAX, &size) == WHOLE_YES) {
		FUZZ_HOLDS(size <= len);
		for (size_t part = 0; part < size; part += 1 + size / 50)
			FUZZ_HOLDS(whole_look(own, part, MAX, &unused) == WHOLE_PART);
		if (whole_decode(&request, own) == 0) {
			compare(bytes, size);
			fuzz_accepted++;
		}
	}
	free(own);
	return 0;
}
