/* By what a file begins with: a table's first bytes say what it is. */
#include "store_debris.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store_private.h"

#define BEGINNING 512 /* bytes: what recovery reads of a file, and refuses to find less */

static bool
is_of_a_generation(const char *name)
{
	enum store_kind kind;
	uint32_t generation;
	const char *suffix = store_name_read(name, &kind, &generation);

	return suffix != NULL && *suffix == '\0';
}

/* Returns 1: it has no beginning, 0: it has one, or it is no file, or -1 with errno. */
static int
is_empty(int dir, const char *name)
{
	static const unsigned char zeros[BEGINNING];
	unsigned char begin[BEGINNING];
	struct stat st;
	int fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK), saved, result = 0;
	ssize_t n;

	if (fd == -1)
		return errno == ELOOP ? 0 : -1;
	if (fstat(fd, &st) != 0)
		result = -1;
	else if (S_ISREG(st.st_mode)) {
		n = pread(fd, begin, sizeof begin, 0);
		result = n < 0 ? -1 : n < BEGINNING || memcmp(begin, zeros, sizeof begin) == 0;
	}
	saved = errno;
	close(fd);
	errno = saved;
	return result;
}

int
store_debris_clean(const char *path)
{
	DIR *dir = opendir(path);
	const struct dirent *entry;
	int result = 0, saved;

	if (dir == NULL)
		return -1;
	while (result == 0 && (errno = 0, entry = readdir(dir)) != NULL) {
		int empty = is_of_a_generation(entry->d_name) ? is_empty(dirfd(dir), entry->d_name) : 0;

		if (empty < 0 || (empty == 1 && unlinkat(dirfd(dir), entry->d_name, 0) != 0))
			result = -1;
	}
	if (result == 0 && errno != 0)
		result = -1;
	saved = errno;
	closedir(dir);
	errno = saved;
	return result;
}
