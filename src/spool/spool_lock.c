/* The spool's lock: fcntl(2)'s, so that it goes with its process. */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../lib/clock.h"
#include "../lib/log.h"
#include "spool.h"

#define LOOK_MS 20
#define ENDING_MS 10000 /* a disk that takes longer for one flush is none to wait for */

int
spool_lock_open(const char *dir, const char *name)
{
	char path[4096];
	struct stat st;
	int fd;

	if ((size_t)snprintf(path, sizeof path, "%s/%s", dir, name) >= sizeof path) {
		errno = ENAMETOOLONG;
		return -1;
	}
	if ((fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600)) == -1) {
		int why = errno;

		if (why == EACCES && lstat(path, &st) == 0 && st.st_uid != geteuid())
			log_error(
			    "spool: can't open %s: it belongs to user %u, and this is user %u; chown -hR the spool",
			    path, (unsigned)st.st_uid, (unsigned)geteuid());
		else
			log_error("spool: can't open %s as user %u: %s", path, (unsigned)geteuid(), strerror(why));
		errno = why;
	}
	return fd;
}

/*
 * Whether the process that has the lock is ending: it was killed, and one of its threads still waits for the disk.  Its locks go when that is
 * over.
 */
static bool
owner_is_ending(int fd)
{
	struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	char path[32], state = '?';
	FILE *stat;

	if (fcntl(fd, F_GETLK, &whole) == -1 || whole.l_type == F_UNLCK)
		return true; /* it has ended by now */
	snprintf(path, sizeof path, "/proc/%d/stat", (int)whole.l_pid);
	if ((stat = fopen(path, "re")) == NULL)
		return false;
	(void)!fscanf(stat, "%*d (%*[^)]) %c", &state);
	fclose(stat);
	return state == 'Z' || state == 'X';
}

static int
take(int fd)
{
	struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	uint64_t until = clock_monotonic_ms() + ENDING_MS;

	while (fcntl(fd, F_SETLK, &whole) == -1) {
		if (errno != EACCES && errno != EAGAIN)
			return -1;
		if (!owner_is_ending(fd) || clock_monotonic_ms() >= until) {
			errno = EBUSY;
			return -1;
		}
		usleep(LOOK_MS * 1000);
	}
	return 0;
}

/* Berkeley DB does not notice a second private owner, so the lock comes first and stays until the process ends. */
int
spool_lock(const char *dir)
{
	int fd = spool_lock_open(dir, "lock"), n;
	char pid[32];

	if (fd == -1)
		return -1;
	if (take(fd) != 0) {
		int why = errno;

		close(fd);
		errno = why;
		return -1;
	}
	n = snprintf(pid, sizeof pid, "%d\n", (int)getpid());
	if (ftruncate(fd, 0) == -1 || pwrite(fd, pid, (size_t)n, 0) != n)
		log_warn("spool: can't write the process id to %s/lock: %s", dir, strerror(errno));
	return fd;
}
