/* Writes that are flushed go into pages; all others wait, with their data where the recording has it. */
#include "disk.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void *
must(void *memory)
{
	if (memory == NULL)
		abort();
	return memory;
}

struct disk *
disk_new(void)
{
	return must(calloc(1, sizeof(struct disk)));
}

static struct disk_file *
file_new(struct disk *disk, const char *name)
{
	struct disk_file *file = must(calloc(1, sizeof *file));

	if (disk->nfiles == disk->files_room) {
		disk->files_room = disk->files_room * 2 + 64;
		disk->files = must(realloc(disk->files, disk->files_room * sizeof disk->files[0]));
	}
	disk->files[disk->nfiles++] = file;
	snprintf(file->name, sizeof file->name, "%s", name);
	return file;
}

static unsigned char *
page_at(struct disk_file *file, size_t page)
{
	if (page >= file->npages) {
		size_t n = page * 2 + 16;

		file->pages = must(realloc(file->pages, n * sizeof file->pages[0]));
		memset(file->pages + file->npages, 0, (n - file->npages) * sizeof file->pages[0]);
		file->npages = n;
	}
	if (file->pages[page] == NULL)
		file->pages[page] = must(calloc(1, DISK_PAGE));
	return file->pages[page];
}

/* Zeros need no page of their own. */
static void
clear(struct disk_file *file, uint64_t from, uint64_t to)
{
	for (uint64_t at = from; at < to && at / DISK_PAGE < file->npages;) {
		uint64_t end = (at / DISK_PAGE + 1) * DISK_PAGE;
		unsigned char **page = &file->pages[at / DISK_PAGE];

		end = end < to ? end : to;
		if (*page != NULL && end - at == DISK_PAGE) {
			free(*page);
			*page = NULL;
		} else if (*page != NULL)
			memset(*page + at % DISK_PAGE, 0, end - at);
		at = end;
	}
}

static void
put(struct disk_file *file, uint64_t at, const unsigned char *data, uint64_t len)
{
	while (len > 0) {
		uint64_t in = at % DISK_PAGE, n = DISK_PAGE - in < len ? DISK_PAGE - in : len;

		memcpy(page_at(file, at / DISK_PAGE) + in, data, n);
		at += n;
		data += n;
		len -= n;
	}
}

static void
write_through(struct disk_file *file, const struct disk_write *w)
{
	if (w->truncates) {
		if (w->offset < file->size)
			clear(file, w->offset, file->size);
		file->size = w->offset;
		return;
	}
	if (w->data == NULL)
		clear(file, w->offset, w->offset + w->len);
	else
		put(file, w->offset, w->data, w->len);
	if (w->offset + w->len > file->size)
		file->size = w->offset + w->len;
}

static void
flush_file(struct disk_file *file, uint64_t until)
{
	size_t n = until > file->flushed ? (size_t)(until - file->flushed) : 0;

	for (size_t i = 0; i < n; i++)
		write_through(file, &file->writes[i]);
	file->n -= n;
	file->flushed += n;
	if (file->n > 0)
		memmove(file->writes, file->writes + n, file->n * sizeof file->writes[0]);
}

static void
add_write(struct disk_file *file, const struct disk_write *w)
{
	if (file->n == file->room) {
		file->room = file->room * 2 + 16;
		file->writes = must(realloc(file->writes, file->room * sizeof file->writes[0]));
	}
	file->writes[file->n++] = *w;
}

static struct disk_name *
find(const struct disk_names *names, const char *name)
{
	for (size_t i = 0; i < names->n; i++)
		if (strcmp(names->all[i].name, name) == 0)
			return &names->all[i];
	return NULL;
}

struct disk_file *
disk_find(const struct disk_names *names, const char *name)
{
	const struct disk_name *found = find(names, name);

	return found != NULL ? found->file : NULL;
}

static void
set_name(struct disk_names *names, const char *name, struct disk_file *file)
{
	struct disk_name *found = find(names, name);

	if (found == NULL) {
		if (names->n == names->room) {
			names->room = names->room * 2 + 64;
			names->all = must(realloc(names->all, names->room * sizeof names->all[0]));
		}
		found = &names->all[names->n++];
		snprintf(found->name, sizeof found->name, "%s", name);
	}
	found->file = file;
}

static void
remove_name(struct disk_names *names, const char *name)
{
	struct disk_name *found = find(names, name);

	if (found != NULL)
		*found = names->all[--names->n];
}

void
disk_change(struct disk_names *names, const struct disk_change *change)
{
	switch (change->what) {
	case NAME_SET:
		set_name(names, change->name, change->file);
		break;
	case NAME_GONE:
		remove_name(names, change->name);
		break;
	case NAME_MOVED:
		remove_name(names, change->name);
		set_name(names, change->to, change->file);
		break;
	}
}

static void
add_change(struct disk *disk, const struct disk_change *change)
{
	if (disk->nchanges == disk->changes_room) {
		disk->changes_room = disk->changes_room * 2 + 64;
		disk->changes = must(realloc(disk->changes, disk->changes_room * sizeof disk->changes[0]));
	}
	disk->changes[disk->nchanges++] = *change;
	disk_change(&disk->now, change);
}

static void
flush_directory(struct disk *disk, uint64_t until)
{
	size_t n = until > disk->changes_flushed ? (size_t)(until - disk->changes_flushed) : 0;

	for (size_t i = 0; i < n; i++)
		disk_change(&disk->flushed, &disk->changes[i]);
	disk->nchanges -= n;
	disk->changes_flushed += n;
	memmove(disk->changes, disk->changes + n, disk->nchanges * sizeof disk->changes[0]);
}

static void
load_file(struct disk *disk, int dir, const char *name)
{
	struct disk_file *file = file_new(disk, name);
	unsigned char page[DISK_PAGE];
	int fd = openat(dir, name, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	while (fd != -1 && (n = read(fd, page, sizeof page)) > 0) {
		const struct disk_write w = {.offset = file->size, .len = (uint64_t)n, .data = page};

		if (page[0] == 0 && memcmp(page, page + 1, (size_t)n - 1) == 0)
			file->size += (uint64_t)n;
		else
			write_through(file, &w);
	}
	if (fd != -1)
		close(fd);
	set_name(&disk->flushed, name, file);
	set_name(&disk->now, name, file);
}

void
disk_load(struct disk *disk, const char *path)
{
	DIR *dir = opendir(path);
	const struct dirent *entry;

	if (dir == NULL)
		return;
	disk->made = disk->made_flushed = true;
	while ((entry = readdir(dir)) != NULL)
		if (entry->d_name[0] != '.')
			load_file(disk, dirfd(dir), entry->d_name);
	closedir(dir);
}

static const char *
step_open(struct disk *disk, const struct record *r, size_t step)
{
	struct disk_fd *fd = &disk->fds[r->fd];
	struct disk_change made = {.what = NAME_SET, .step = step};

	*fd = (struct disk_fd){r->what == OPEN_DIRECTORY ? FD_DIRECTORY
		: r->what == OPEN_PARENT		 ? FD_PARENT
							 : FD_FILE,
	    NULL};
	if (fd->what != FD_FILE)
		return NULL;
	if (r->what == OPEN_MADE) {
		snprintf(made.name, sizeof made.name, "%s", recording_name(r));
		made.file = file_new(disk, made.name);
		add_change(disk, &made);
	}
	fd->file = disk_find(&disk->now, recording_name(r));
	return fd->file != NULL ? NULL : "a file is opened that is not there";
}

static const char *
step_names(struct disk *disk, const struct record *r, size_t step)
{
	struct disk_change change = {.step = step, .file = disk_find(&disk->now, recording_name(r))};

	if (change.file == NULL)
		return "a name is changed that is not there";
	snprintf(change.name, sizeof change.name, "%s", recording_name(r));
	change.what = r->kind == RECORD_UNLINK ? NAME_GONE : NAME_MOVED;
	if (r->kind == RECORD_LINK) {
		change.what = NAME_SET;
		snprintf(change.name, sizeof change.name, "%s", recording_second_name(r));
	} else if (r->kind == RECORD_RENAME)
		snprintf(change.to, sizeof change.to, "%s", recording_second_name(r));
	add_change(disk, &change);
	return NULL;
}

static const char *
step_write(struct disk *disk, const struct record *r, size_t step)
{
	struct disk_file *file = disk->fds[r->fd].file;
	struct disk_write w = {r->offset, r->len, NULL, r->kind == RECORD_TRUNCATE, step};

	if (file == NULL)
		return "something is written to what is no file";
	if (r->data > 0)
		w.data = recording_data(r);
	add_write(file, &w);
	return NULL;
}

static const char *
flush_begins(struct disk *disk, const struct record *r)
{
	const struct disk_fd *fd = &disk->fds[r->fd];
	struct disk_flush flush = {.id = r->offset, .file = fd->file, .parent = fd->what == FD_PARENT};
	size_t i = 0;

	while (i < DISK_FLUSHES && disk->flushes[i].id != 0)
		i++;
	if (i == DISK_FLUSHES)
		return "too many flushes at the same time";
	if (fd->what == FD_FILE)
		flush.until = fd->file->flushed + fd->file->n;
	else if (fd->what == FD_PARENT)
		flush.until = disk->made;
	else
		flush.until = disk->changes_flushed + disk->nchanges;
	disk->flushes[i] = flush;
	return NULL;
}

static const char *
flush_ends(struct disk *disk, const struct record *r)
{
	size_t i = 0;

	while (i < DISK_FLUSHES && disk->flushes[i].id != r->offset)
		i++;
	if (i == DISK_FLUSHES)
		return "a flush ends that has not begun";
	if (disk->flushes[i].file != NULL)
		flush_file(disk->flushes[i].file, disk->flushes[i].until);
	else if (disk->flushes[i].parent)
		disk->made_flushed |= disk->flushes[i].until != 0;
	else
		flush_directory(disk, disk->flushes[i].until);
	disk->flushes[i].id = 0;
	return NULL;
}

const char *
disk_step(struct disk *disk, const struct record *r, size_t step)
{
	if (r->fd < 0 || r->fd >= DISK_FDS)
		return "a descriptor beyond all";
	switch (r->kind) {
	case RECORD_OPEN:
		return step_open(disk, r, step);
	case RECORD_CLOSE:
		disk->fds[r->fd] = (struct disk_fd){FD_CLOSED, NULL};
		return NULL;
	case RECORD_DUPLICATE:
		disk->fds[r->fd] = disk->fds[r->offset % DISK_FDS];
		return NULL;
	case RECORD_WRITE:
	case RECORD_TRUNCATE:
		return step_write(disk, r, step);
	case RECORD_SYNC_BEGIN:
		return flush_begins(disk, r);
	case RECORD_SYNC_END:
		return flush_ends(disk, r);
	case RECORD_LINK:
	case RECORD_RENAME:
	case RECORD_UNLINK:
		return step_names(disk, r, step);
	case RECORD_MKDIR:
		disk->made = true;
		return NULL;
	case RECORD_STRANGE:
		return recording_name(r);
	default:
		return NULL;
	}
}
