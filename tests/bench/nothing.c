/*
 * The yardstick of the bench: a FastCGI responder that does nothing.
 *
 * 32 threads wait in FCGX_Accept_r, read the body to its end and answer 200 with a small JSON text.  Nothing is
 * checked, kept or handed on, and libfcgi is left with its defaults: what remains is the price of HTTP, lighttpd and
 * FastCGI.  Started by a web server with the listening socket as descriptor 0.  A thread that can't accept any more
 * ends, and with the last of them the process, status 1.
 */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include <fcgiapp.h>

#define THREADS 32

static const char answer[] = "Status: 200 OK\r\n"
			     "Content-Type: application/json\r\n"
			     "Content-Length: 20\r\n"
			     "\r\n"
			     "{\"status\":\"nothing\"}";

static void *
respond(void *unused)
{
	FCGX_Request request;
	char bytes[4096];

	(void)unused;
	if (FCGX_InitRequest(&request, 0, 0) != 0)
		return NULL;
	while (FCGX_Accept_r(&request) == 0) {
		while (FCGX_GetStr(bytes, sizeof(bytes), request.in) > 0)
			continue;
		FCGX_PutStr(answer, sizeof(answer) - 1, request.out);
		FCGX_Finish_r(&request);
	}
	return NULL;
}

int
main(void)
{
	pthread_t threads[THREADS];
	int i;

	if (FCGX_Init() != 0) {
		fprintf(stderr, "nothing: libfcgi does not start\n");
		return EXIT_FAILURE;
	}
	/* libfcgi's own handler only interrupts one of the threads. */
	signal(SIGTERM, SIG_DFL);
	for (i = 0; i < THREADS; i++) {
		if (pthread_create(&threads[i], NULL, respond, NULL) != 0) {
			fprintf(stderr, "nothing: can't start %d threads\n", THREADS);
			return EXIT_FAILURE;
		}
	}
	for (i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	return EXIT_FAILURE;
}
