/* A list, as there are some dozens; descriptors by an array, as each page that is read or written asks. */
#include "store_file.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store_waiting.h"

#define DESCRIPTORS_AT_ONCE 64

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct store_file *first;
static struct store_file **by_fd;
static int nfds;

void
store_file_lock(void)
{
	pthread_mutex_lock(&lock);
}

void
store_file_unlock(void)
{
	pthread_mutex_unlock(&lock);
}

struct store_file *
store_file_of(int fd)
{
	return fd >= 0 && fd < nfds ? by_fd[fd] : NULL;
}

struct store_file *
store_file_first(void)
{
	return first;
}

struct store_file *
store_file_named(const struct store_pages *pages, const char *name)
{
	struct store_file *file = first;

	while (file != NULL && (file->pages != pages || file->gone || strcmp(file->name, name) != 0))
		file = file->next;
	return file;
}

static int
make_room(int fd)
{
	int n = fd / DESCRIPTORS_AT_ONCE * DESCRIPTORS_AT_ONCE + DESCRIPTORS_AT_ONCE;
	struct store_file **more;

	if (fd < nfds)
		return 0;
	if ((more = realloc(by_fd, (size_t)n * sizeof by_fd[0])) == NULL)
		return -1;
	memset(more + nfds, 0, (size_t)(n - nfds) * sizeof by_fd[0]);
	by_fd = more;
	nfds = n;
	return 0;
}

static struct store_file *
find(const struct store_pages *pages, const struct stat *st)
{
	struct store_file *file = first;

	while (
	    file != NULL && (file->pages != pages || file->gone || file->dev != st->st_dev || file->ino != st->st_ino))
		file = file->next;
	return file;
}

static struct store_file *
make(struct store_pages *pages, const struct stat *st)
{
	struct store_file *file = calloc(1, sizeof *file);

	if (file == NULL)
		return NULL;
	file->pages = pages;
	file->dev = st->st_dev;
	file->ino = st->st_ino;
	file->fd = -1;
	file->next = first;
	first = file;
	return file;
}

int
store_file_opened(struct store_pages *pages, int fd, const char *name)
{
	struct store_file *file;
	struct stat st;

	if (fstat(fd, &st) != 0 || make_room(fd) != 0)
		return -1;
	if (strlen(name) >= sizeof file->name) {
		errno = ENAMETOOLONG;
		return -1;
	}
	if ((file = find(pages, &st)) == NULL && (file = make(pages, &st)) == NULL)
		return -1;
	strcpy(file->name, name);
	file->open++;
	by_fd[fd] = file;
	return 0;
}

void
store_file_closed(int fd)
{
	by_fd[fd]->open--;
	by_fd[fd] = NULL;
}

int
store_file_keep(struct store_file *file, int fd)
{
	if (file->fd != -1)
		return 0;
	return (file->fd = fcntl(fd, F_DUPFD_CLOEXEC, 0)) != -1 ? 0 : -1;
}

void
store_file_release(struct store_file *file, bool waits)
{
	struct store_file **at = &first;

	if (file->open > 0 || waits || file->busy ||
	    (!file->gone && (file->unflushed || file->direct || file->cut != STORE_CUT_NONE)))
		return;
	while (*at != file)
		at = &(*at)->next;
	*at = file->next;
	if (file->fd != -1)
		close(file->fd);
	free(file);
}
