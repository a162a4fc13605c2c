/*
 * hook LEDGER ok|retry|dead: notes in LEDGER that it has run to its end, and for which event; what it says then is known beforehand.  One that retries
 * fails some times before it succeeds.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "ran.h"

#define FAILS 5

int
main(int argc, char **argv)
{
	const char *number = getenv("HOOKSPOOL_NUMBER"), *attempt = getenv("HOOKSPOOL_ATTEMPT");
	struct ran ran = {0};
	struct timespec now;
	int fd;

	if (argc != 3 || number == NULL || attempt == NULL ||
	    (fd = open(argv[1], O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600)) == -1)
		return 111;
	ran.number = strtoull(number, NULL, 10);
	if (strcmp(argv[2], "dead") == 0)
		ran.code = 100;
	else if (strcmp(argv[2], "retry") == 0 && strtoul(attempt, NULL, 10) <= FAILS)
		ran.code = 1;
	clock_gettime(CLOCK_REALTIME, &now);
	ran.real_ns = (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
	return write(fd, &ran, sizeof ran) == sizeof ran ? (int)ran.code : 112;
}
