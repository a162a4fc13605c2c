/*
 * The hook of the bench, which does nothing.
 *
 *   hook        ends at once, status 0
 *   hook FILE   appends its first moment (nanoseconds since the epoch) and the event's number as a line to FILE
 *   hook -w     a worker: answers each event "done"; with FILE it appends such lines, too
 *
 * The number in a line of JSON is taken as it lies there, first: what hookspool-hook(7) promises is an object, but the bench is for speed,
 * and comes with the program that it measures.
 */
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static void
note(int fd, unsigned long long number, const struct timespec *now)
{
	char text[64];
	int len = snprintf(text, sizeof text, "%lld%09ld %llu\n", (long long)now->tv_sec, now->tv_nsec, number);

	if (fd != -1 && write(fd, text, (size_t)len) != len)
		exit(EXIT_FAILURE);
}

static int
work(int fd)
{
	char *line = NULL;
	size_t size = 0;
	unsigned long long number;
	struct timespec now;

	while (getline(&line, &size, stdin) > 0) {
		clock_gettime(CLOCK_REALTIME, &now);
		if (sscanf(line, "{\"number\":%llu,", &number) != 1)
			return EXIT_FAILURE;
		note(fd, number, &now);
		printf("{\"number\":%llu,\"result\":\"done\"}\n", number);
		fflush(stdout);
	}
	free(line);
	return EXIT_SUCCESS;
}

int
main(int argc, char **argv)
{
	bool worker = argc > 1 && strcmp(argv[1], "-w") == 0;
	const char *file = argc > (worker ? 2 : 1) ? argv[worker ? 2 : 1] : NULL, *number = getenv("HOOKSPOOL_NUMBER");
	struct timespec now;
	int fd = -1;

	clock_gettime(CLOCK_REALTIME, &now);
	if (file != NULL && (fd = open(file, O_WRONLY | O_APPEND)) == -1)
		return EXIT_FAILURE;
	if (worker)
		return work(fd);
	note(fd, number != NULL ? strtoull(number, NULL, 10) : 0, &now);
	return EXIT_SUCCESS;
}
