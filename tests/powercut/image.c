/*
 * Each unit of a file has what was flushed, or what it had after any later write to it: the cache writes it back when it likes.  A file's size, too, is
 * any that it had since the flush.  How much is lost differs from file to file, so that all of one may meet nothing of another.
 */
#include "image.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "webhook.h"

/* How a file, or the directory, comes out of it. */
enum manner { KEEPS_NONE, KEEPS_ALL, KEEPS_TO_A_MOMENT, KEEPS_FEW, KEEPS_ANY, KEEPS_MOST, MANNERS };

struct chance {
	uint64_t state;
};

/* Of N. */
static size_t
pick(struct chance *chance, size_t n)
{
	chance->state = webhook_mix(chance->state);
	return (size_t)(chance->state % n);
}

/* Of N writes to one place, so many have come to the disk.  MOMENT: the step of which nothing later is kept. */
struct choice {
	enum manner manner;
	size_t moment;
	struct chance *chance;
};

static struct choice
choose(struct chance *chance, size_t first, size_t last)
{
	struct choice choice = {(enum manner)pick(chance, MANNERS), first, chance};

	choice.moment += pick(chance, last - first + 1);
	return choice;
}

static bool
comes_through(const struct choice *choice, size_t step)
{
	switch (choice->manner) {
	case KEEPS_ALL:
		return true;
	case KEEPS_TO_A_MOMENT:
		return step < choice->moment;
	case KEEPS_FEW:
		return pick(choice->chance, 10) == 0;
	case KEEPS_ANY:
		return pick(choice->chance, 2) == 0;
	case KEEPS_MOST:
		return pick(choice->chance, 10) != 0;
	default:
		return false;
	}
}

/* A page that something waits for: this write, number I. */
struct touch {
	uint64_t page;
	size_t i;
};

static int
compare_touches(const void *a, const void *b)
{
	const struct touch *x = a, *y = b;

	if (x->page != y->page)
		return x->page < y->page ? -1 : 1;
	return x->i < y->i ? -1 : x->i > y->i;
}

static uint64_t
size_after(const struct disk_file *file, size_t n)
{
	uint64_t size = file->size;

	for (size_t i = 0; i < n; i++) {
		const struct disk_write *w = &file->writes[i];
		uint64_t end = w->truncates ? w->offset : w->offset + w->len;

		if (w->truncates || end > size)
			size = end;
	}
	return size;
}

static uint64_t
largest_size(const struct disk_file *file)
{
	uint64_t most = file->size;

	for (size_t i = 0; i < file->n; i++) {
		uint64_t end = file->writes[i].offset + file->writes[i].len;

		most = end > most ? end : most;
	}
	return most;
}

/* Owned: each page that each write touches, by page. */
static struct touch *
find_touches(const struct disk_file *file, size_t *n)
{
	uint64_t most = largest_size(file);
	struct touch *all = NULL;
	size_t room = 0;

	*n = 0;
	for (size_t i = 0; i < file->n; i++) {
		const struct disk_write *w = &file->writes[i];
		uint64_t end = w->truncates ? most : w->offset + w->len;

		for (uint64_t page = w->offset / DISK_PAGE; page * DISK_PAGE < end; page++) {
			if (*n == room && (all = realloc(all, (room = room * 2 + 256) * sizeof all[0])) == NULL)
				abort();
			all[(*n)++] = (struct touch){page, i};
		}
	}
	if (*n > 0)
		qsort(all, *n, sizeof all[0], compare_touches);
	return all;
}

/* What write W leaves in BYTES, a unit that begins at AT of the file. */
static void
overwrite(unsigned char *bytes, uint64_t at, unsigned unit, const struct disk_write *w)
{
	uint64_t from = w->offset > at ? w->offset : at, end = w->offset + w->len;

	end = w->truncates || end > at + unit ? at + unit : end;
	if (from >= end)
		return;
	if (w->data == NULL)
		memset(bytes + (from - at), 0, end - from);
	else
		memcpy(bytes + (from - at), w->data + (from - w->offset), end - from);
}

static bool
reaches(const struct disk_write *w, uint64_t at, unsigned unit)
{
	return w->offset < at + unit && (w->truncates || w->offset + w->len > at);
}

/* One page, of whose writes TOUCHES tells N: unit by unit, each as it was after the last write that comes through. */
static void
make_page(const struct disk_file *file, unsigned char *page, const struct touch *touches, size_t n,
    const struct image_cut *cut, const struct choice *choice)
{
	uint64_t begin = touches[0].page * DISK_PAGE;

	for (unsigned in = 0; in < DISK_PAGE; in += cut->unit) {
		size_t last = 0;

		for (size_t i = 0; i < n; i++)
			if (reaches(&file->writes[touches[i].i], begin + in, cut->unit) &&
			    comes_through(choice, file->writes[touches[i].i].step))
				last = i + 1;
		for (size_t i = 0; i < last; i++)
			overwrite(page + in, begin + in, cut->unit, &file->writes[touches[i].i]);
	}
}

static void
write_page(int fd, const unsigned char *page, uint64_t number)
{
	if (pwrite(fd, page, DISK_PAGE, (off_t)(number * DISK_PAGE)) != DISK_PAGE) {
		perror("an image");
		exit(2);
	}
}

static void
write_flushed(int fd, const struct disk_file *file)
{
	for (size_t i = 0; i < file->npages; i++)
		if (file->pages[i] != NULL && i * DISK_PAGE < file->size)
			write_page(fd, file->pages[i], i);
}

static void
write_waiting(int fd, const struct disk_file *file, const struct image_cut *cut, const struct choice *choice)
{
	size_t n, end;
	struct touch *all = find_touches(file, &n);

	for (size_t i = 0; i < n; i = end) {
		unsigned char page[DISK_PAGE] = {0};

		for (end = i + 1; end < n && all[end].page == all[i].page; end++)
			continue;
		if (all[i].page < file->npages && file->pages[all[i].page] != NULL)
			memcpy(page, file->pages[all[i].page], DISK_PAGE);
		make_page(file, page, all + i, end - i, cut, choice);
		write_page(fd, page, all[i].page);
	}
	free(all);
}

static uint64_t
choose_size(const struct disk_file *file, const struct choice *choice)
{
	size_t n = 0;

	switch (choice->manner) {
	case KEEPS_NONE:
		return file->size;
	case KEEPS_ALL:
		return size_after(file, file->n);
	case KEEPS_TO_A_MOMENT:
		while (n < file->n && file->writes[n].step < choice->moment)
			n++;
		return size_after(file, n);
	default:
		return size_after(file, pick(choice->chance, file->n + 1));
	}
}

static void
write_file(const struct disk_file *file, const struct image_cut *cut, int dir, const char *name)
{
	struct chance chance = {webhook_mix(cut->seed ^ webhook_mix(cut->step))};
	struct choice choice = {KEEPS_NONE, 0, &chance};
	int fd = openat(dir, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	for (const char *p = file->name; *p != '\0'; p++)
		chance.state = webhook_mix(chance.state + (unsigned char)*p);
	if (fd == -1) {
		perror(name);
		exit(2);
	}
	if (file->n > 0)
		choice = choose(&chance, file->writes[0].step, cut->step);
	if (cut->keep != NULL)
		choice.manner = cut->keep[0] == '*' || strcmp(cut->keep, name) == 0 ? KEEPS_ALL : KEEPS_NONE;
	write_flushed(fd, file);
	if (choice.manner != KEEPS_NONE)
		write_waiting(fd, file, cut, &choice);
	if (ftruncate(fd, (off_t)choose_size(file, &choice)) != 0)
		exit(2);
	close(fd);
}

/* Names of one file are links of one file. */
static void
write_names(const struct disk_names *names, const struct image_cut *cut, int dir)
{
	for (size_t i = 0; i < names->n; i++) {
		size_t first = 0;

		while (names->all[first].file != names->all[i].file)
			first++;
		if (first == i)
			write_file(names->all[i].file, cut, dir, names->all[i].name);
		else
			(void)!linkat(dir, names->all[first].name, dir, names->all[i].name, 0);
	}
}

static void
copy_names(struct disk_names *copy, const struct disk_names *names)
{
	copy->n = copy->room = names->n;
	if ((copy->all = malloc((names->n + 1) * sizeof copy->all[0])) == NULL)
		abort();
	if (names->n > 0)
		memcpy(copy->all, names->all, names->n * sizeof copy->all[0]);
}

bool
image_write(const struct disk *disk, const struct image_cut *cut, const char *path)
{
	struct chance chance = {webhook_mix(cut->seed + cut->step)};
	struct choice choice = {KEEPS_NONE, 0, &chance};
	struct disk_names names;
	int dir;

	if (!disk->made || (!disk->made_flushed && pick(&chance, 2) == 0))
		return false;
	if (mkdir(path, 0700) != 0 || (dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) == -1) {
		perror(path);
		exit(2);
	}
	copy_names(&names, &disk->flushed);
	if (disk->nchanges > 0)
		choice = choose(&chance, disk->changes[0].step, cut->step);
	if (cut->keep != NULL)
		choice.manner = cut->keep[0] == '*' ? KEEPS_ALL : KEEPS_NONE;
	for (size_t i = 0; i < disk->nchanges; i++)
		if (comes_through(&choice, disk->changes[i].step))
			disk_change(&names, &disk->changes[i]);
	write_names(&names, cut, dir);
	free(names.all);
	close(dir);
	return true;
}
