/* These functions stand in the C library's place, for Berkeley DB's library, too.  What was there before each write is kept until a flush. */
#include "cut.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define SECTOR 512

struct write {
	struct write *older;
	dev_t dev;
	ino_t ino;
	off_t at, size; /* of the file, before it */
	size_t len;
	unsigned char before[];
};

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static struct write *writes;
static const char *cut_dir, *cut_image;
static unsigned count, cut_at, seed;
static void (*cut_done)(void);

void
cut_arm(const char *dir, const char *image, unsigned at, unsigned with_seed, void (*done)(void))
{
	cut_dir = dir;
	cut_image = image;
	cut_at = at;
	seed = with_seed;
	cut_done = done;
	count = 0;
}

unsigned
cut_count(void)
{
	return count;
}

static void
must(bool held, const char *what)
{
	if (held)
		return;
	perror(what);
	abort();
}

static ssize_t
really_write(int fd, const void *bytes, size_t len, off_t at)
{
	static ssize_t (*real)(int, const void *, size_t, off_t);

	if (real == NULL)
		*(void **)&real = dlsym(RTLD_NEXT, "pwrite");
	return real(fd, bytes, len, at);
}

/* In the image: take the write back, sector by sector, or leave it. */
static void
tear(int fd, const struct write *w)
{
	off_t end = w->at + (off_t)w->len;

	for (off_t at = w->at / SECTOR * SECTOR; at < end; at += SECTOR) {
		off_t from = at < w->at ? w->at : at, to = at + SECTOR < end ? at + SECTOR : end;

		if (rand_r(&seed) % 2 == 0)
			must(really_write(fd, w->before + (from - w->at), (size_t)(to - from), from) == to - from,
			    "tear");
	}
	if (end > w->size && rand_r(&seed) % 2 == 0)
		must(ftruncate(fd, w->size) == 0, "shorten");
}

static void
copy_file(int from, int to)
{
	static unsigned char bytes[1u << 20];
	off_t at = 0;
	ssize_t n;

	while ((n = pread(from, bytes, sizeof bytes, at)) > 0) {
		must(really_write(to, bytes, (size_t)n, at) == n, "copy");
		at += n;
	}
}

static void
copy(const char *name)
{
	char path[PATH_MAX];
	int from, to;
	struct stat st;

	snprintf(path, sizeof path, "%s/%s", cut_dir, name);
	if ((from = open(path, O_RDONLY | O_CLOEXEC)) == -1)
		return; /* removed this moment */
	snprintf(path, sizeof path, "%s/%s", cut_image, name);
	must((to = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600)) != -1, path);
	must(fstat(from, &st) == 0, path);
	copy_file(from, to);
	for (const struct write *w = writes; w != NULL; w = w->older)
		if (w->dev == st.st_dev && w->ino == st.st_ino)
			tear(to, w);
	close(from);
	close(to);
}

static void
cut(void)
{
	DIR *dir = opendir(cut_dir);
	const struct dirent *entry;

	must(dir != NULL, cut_dir);
	while ((entry = readdir(dir)) != NULL)
		if (entry->d_name[0] != '.')
			copy(entry->d_name);
	closedir(dir);
	cut_done();
}

/* Holding the mutex, as long as the write goes. */
static void
note(int fd, size_t len, off_t at)
{
	struct write *w = calloc(1, sizeof *w + len);
	struct stat st;

	must(w != NULL && fstat(fd, &st) == 0, "note");
	*w = (struct write){writes, st.st_dev, st.st_ino, at, st.st_size, len};
	must(pread(fd, w->before, len, at) >= 0 || errno == EBADF, "read what was there");
	writes = w;
	if (++count == cut_at)
		cut();
}

ssize_t
pwrite(int fd, const void *bytes, size_t len, off_t at)
{
	ssize_t n;

	pthread_mutex_lock(&mutex);
	note(fd, len, at);
	n = really_write(fd, bytes, len, at);
	pthread_mutex_unlock(&mutex);
	return n;
}

ssize_t
pwritev(int fd, const struct iovec *v, int n, off_t at)
{
	ssize_t done = 0;

	for (int i = 0; i < n; i++) {
		ssize_t one = pwrite(fd, v[i].iov_base, v[i].iov_len, at + done);

		if (one < 0)
			return done > 0 ? done : one;
		done += one;
	}
	return done;
}

int
fdatasync(int fd)
{
	struct write **at = &writes, *w;
	struct stat st;

	pthread_mutex_lock(&mutex);
	must(fstat(fd, &st) == 0, "flush");
	while ((w = *at) != NULL)
		if (w->dev == st.st_dev && w->ino == st.st_ino) {
			*at = w->older;
			free(w);
		} else
			at = &w->older;
	pthread_mutex_unlock(&mutex);
	return 0;
}

int
fsync(int fd)
{
	return fdatasync(fd);
}

/* It makes nothing durable. */
int
sync_file_range(int fd, off_t at, off_t len, unsigned flags)
{
	(void)fd;
	(void)at;
	(void)len;
	(void)flags;
	return 0;
}
