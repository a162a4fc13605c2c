/*
 * The yardstick for hooks: start a program COUNT times by fork and execve, ALONGSIDE of them at a time, and wait for each.  Prints how many
 * a second.  Nothing else is done: no body, no output, no limits.  Usage: forkexec COUNT ALONGSIDE PROGRAM
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

int
main(int argc, char **argv)
{
	long count = argc == 4 ? strtol(argv[1], NULL, 10) : 0, alongside = argc == 4 ? strtol(argv[2], NULL, 10) : 0;
	char *none[] = {NULL}, *arguments[] = {NULL, NULL};
	struct timespec from, to;
	int status;

	if (count < 1 || alongside < 1) {
		fputs("usage: forkexec COUNT ALONGSIDE PROGRAM\n", stderr);
		return 2;
	}
	arguments[0] = argv[3];
	clock_gettime(CLOCK_MONOTONIC, &from);
	for (long started = 0, ended = 0; ended < count;) {
		pid_t pid;

		if (started < count && started - ended < alongside) {
			if ((pid = fork()) == 0) {
				execve(arguments[0], arguments, none);
				_exit(127);
			}
			if (pid == -1) {
				perror("forkexec: fork");
				return EXIT_FAILURE;
			}
			started++;
			continue;
		}
		if (wait(&status) == -1 || status != 0) {
			fprintf(stderr, "forkexec: %s does not run\n", arguments[0]);
			return EXIT_FAILURE;
		}
		ended++;
	}
	clock_gettime(CLOCK_MONOTONIC, &to);
	printf(
	    "%.0f\n", (double)count / ((double)(to.tv_sec - from.tv_sec) + (double)(to.tv_nsec - from.tv_nsec) / 1e9));
	return EXIT_SUCCESS;
}
