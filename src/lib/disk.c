/*
 * Whole is what a file system that never overwrites says of itself, or one whose blocks are as large as the piece on disks that all write so much
 * at a time.  What is not known to be whole is not.
 */
#include "disk.h"

#include <dirent.h>
#include <linux/magic.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>

#ifndef XFS_SUPER_MAGIC
#define XFS_SUPER_MAGIC 0x58465342
#endif
#ifndef ZFS_SUPER_MAGIC
#define ZFS_SUPER_MAGIC 0x2fc12fc1
#endif
#define DEPTH_MAX 8 /* disks made of disks */

__attribute__((format(printf, 3, 4))) static void
say(struct disk *disk, bool whole, const char *format, ...)
{
	va_list rest;

	disk->whole = whole;
	va_start(rest, format);
	vsnprintf(disk->what, sizeof disk->what, format, rest);
	va_end(rest);
}

/* The number that DIR/NAME has; 0: it has none. */
static unsigned
number_in(const char *dir, const char *name)
{
	char path[PATH_MAX];
	unsigned number = 0;
	FILE *file;

	if ((size_t)snprintf(path, sizeof path, "%s/%s", dir, name) >= sizeof path ||
	    (file = fopen(path, "re")) == NULL)
		return 0;
	if (fscanf(file, "%u", &number) != 1)
		number = 0;
	fclose(file);
	return number;
}

static bool
has(const char *dir, const char *name)
{
	char path[PATH_MAX];
	struct stat st;

	return (size_t)snprintf(path, sizeof path, "%s/%s", dir, name) < sizeof path && stat(path, &st) == 0;
}

/* What it writes at a time, as far as it says: the smaller one of what it may be told and what it does. */
static unsigned
at_a_time(const char *device)
{
	unsigned logical = number_in(device, "queue/logical_block_size"),
		 physical = number_in(device, "queue/physical_block_size");

	return logical < physical ? logical : physical;
}

static void look_at_device(const char *device, unsigned piece, int depth, struct disk *disk);

/* A disk made of others is as good as the worst.  Returns how many it is made of. */
static int
look_at_parts(const char *device, unsigned piece, int depth, struct disk *disk)
{
	char path[PATH_MAX], part[PATH_MAX];
	const struct dirent *entry;
	DIR *dir = NULL;
	int n = 0;

	if ((size_t)snprintf(path, sizeof path, "%s/slaves", device) < sizeof path)
		dir = opendir(path);
	while (dir != NULL && disk->whole && (entry = readdir(dir)) != NULL) {
		char joined[PATH_MAX];

		if (entry->d_name[0] == '.')
			continue;
		if ((size_t)snprintf(joined, sizeof joined, "%s/%s", path, entry->d_name) < sizeof joined &&
		    realpath(joined, part) != NULL)
			look_at_device(part, piece, depth + 1, disk);
		else
			say(disk, false, "nothing is known of %s", entry->d_name);
		n++;
	}
	if (dir != NULL)
		closedir(dir);
	return n;
}

/* DEVICE is a directory of /sys.  Parity is written apart from what it is of, and a loop device is a file. */
static void
look_at_device(const char *device, unsigned piece, int depth, struct disk *disk)
{
	const char *name = strrchr(device, '/') != NULL ? strrchr(device, '/') + 1 : device;
	char parent[PATH_MAX];
	unsigned bytes;

	if (depth > DEPTH_MAX || has(device, "loop/backing_file") || has(device, "md/stripe_cache_size")) {
		say(disk, false, "nothing is known of %s", name);
		return;
	}
	if (has(device, "partition")) {
		if (number_in(device, "start") % (piece / 512) != 0)
			say(disk, false, "%s does not begin at a multiple of %u bytes", name, piece);
		else if ((size_t)snprintf(parent, sizeof parent, "%.*s", (int)(name - device) - 1, device) <
		    sizeof parent)
			look_at_device(parent, piece, depth + 1, disk);
		return;
	}
	if ((bytes = at_a_time(device)) == 0)
		say(disk, false, "nothing is known of %s", name);
	else
		say(disk, bytes >= piece, "%s writes %u bytes at a time", name, bytes);
	if (disk->whole)
		look_at_parts(device, piece, depth, disk);
}

void
disk_look_at(const char *sys, unsigned major_number, unsigned minor_number, unsigned piece, struct disk *disk)
{
	char path[PATH_MAX], device[PATH_MAX];

	if ((size_t)snprintf(path, sizeof path, "%s/%u:%u", sys, major_number, minor_number) < sizeof path &&
	    realpath(path, device) != NULL)
		look_at_device(device, piece, 0, disk);
	else
		say(disk, false, "nothing is known of its disk");
}

void
disk_look(const char *dir, unsigned piece, struct disk *disk)
{
	struct statfs fs;
	struct stat st;

	if (statfs(dir, &fs) != 0 || stat(dir, &st) != 0) {
		say(disk, false, "nothing is known of its disk");
		return;
	}
	switch ((unsigned long)fs.f_type & 0xffffffffu) {
	case TMPFS_MAGIC:
	case RAMFS_MAGIC:
		say(disk, true, "it is in memory");
		break;
	case ZFS_SUPER_MAGIC:
		say(disk, true, "ZFS overwrites nothing");
		break;
	case EXT4_SUPER_MAGIC:
	case XFS_SUPER_MAGIC:
		if ((unsigned long)fs.f_bsize < piece)
			say(disk, false, "its file system has blocks of %u bytes", (unsigned)fs.f_bsize);
		else
			disk_look_at("/sys/dev/block", major(st.st_dev), minor(st.st_dev), piece, disk);
		break;
	default:
		say(disk, false, "nothing is known of its file system");
	}
}
