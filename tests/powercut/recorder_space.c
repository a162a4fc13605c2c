/* What changes a file without a write. */
#include "recorder.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* What would change a file behind our back. */
void *
mmap(void *at, size_t len, int protection, int flags, int fd, off_t offset)
{
	static void *(*next)(void *, size_t, int, int, int, off_t);

	if (next == NULL)
		next = NEXT(void *(*)(void *, size_t, int, int, int, off_t), "mmap");
	if ((protection & PROT_WRITE) != 0 && (flags & MAP_SHARED) != 0 && recorder_is_file(fd))
		recorder_strange("mmap of a file to write to it");
	return next(at, len, protection, flags, fd, offset);
}

void *
mmap64(void *at, size_t len, int protection, int flags, int fd, off64_t offset)
{
	return mmap(at, len, protection, flags, fd, offset);
}

/* As a file that has become longer: its blocks are nobody's matter. */
static int
lengthen(int fd, int mode, off_t size)
{
	struct stat st;

	if (mode != 0)
		recorder_strange("fallocate");
	return fstat(fd, &st) == 0 && size > st.st_size ? ftruncate(fd, size) : 0;
}

int
fallocate(int fd, int mode, off_t at, off_t len)
{
	int (*next)(int, int, off_t, off_t) = NEXT(int (*)(int, int, off_t, off_t), "fallocate");

	return !recorder_is_file(fd) ? next(fd, mode, at, len) : lengthen(fd, mode, at + len);
}

int
fallocate64(int fd, int mode, off64_t at, off64_t len)
{
	return fallocate(fd, mode, at, len);
}

int
posix_fallocate(int fd, off_t at, off_t len)
{
	int (*next)(int, off_t, off_t) = NEXT(int (*)(int, off_t, off_t), "posix_fallocate");

	if (!recorder_is_file(fd))
		return next(fd, at, len);
	return lengthen(fd, 0, at + len) == 0 ? 0 : errno;
}

int
posix_fallocate64(int fd, off64_t at, off64_t len)
{
	return posix_fallocate(fd, at, len);
}
