/* Records are read where they lie. */
#include "recording.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static size_t
size_of(const struct record *r)
{
	return sizeof *r + ((size_t)r->data + 7) / 8 * 8;
}

static void
find_steps(struct recording *recording)
{
	size_t room = 0, at = 0;

	while (recording->size - at >= sizeof(struct record)) {
		const struct record *r = (const struct record *)(const void *)(recording->bytes + at);

		if (recording->size - at < size_of(r))
			break;
		if (recording->n == room) {
			room = room * 2 + 1024;
			if ((recording->steps = realloc(recording->steps, room * sizeof recording->steps[0])) == NULL)
				abort();
		}
		recording->steps[recording->n++] = r;
		at += size_of(r);
	}
}

void
recording_open(struct recording *recording, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	void *bytes = MAP_FAILED;

	*recording = (struct recording){.n = 0};
	if (fd != -1 && fstat(fd, &st) == 0 && st.st_size > 0)
		bytes = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (bytes == MAP_FAILED) {
		perror(path);
		exit(2);
	}
	close(fd);
	recording->bytes = bytes;
	recording->size = (size_t)st.st_size;
	find_steps(recording);
}

void
recording_close(struct recording *recording)
{
	free(recording->steps);
	munmap((void *)(uintptr_t)recording->bytes, recording->size);
}

const unsigned char *
recording_data(const struct record *r)
{
	return (const unsigned char *)(r + 1);
}

const char *
recording_name(const struct record *r)
{
	return (const char *)(r + 1);
}

const char *
recording_second_name(const struct record *r)
{
	return recording_name(r) + strlen(recording_name(r)) + 1;
}

void
recording_say(const struct record *r, char *out, size_t size)
{
	static const char *const words[] = {[RECORD_OPEN] = "open",
	    [RECORD_CLOSE] = "close",
	    [RECORD_WRITE] = "write",
	    [RECORD_TRUNCATE] = "truncate",
	    [RECORD_SYNC_BEGIN] = "flush begins",
	    [RECORD_SYNC_END] = "flush ends",
	    [RECORD_LINK] = "link",
	    [RECORD_RENAME] = "rename",
	    [RECORD_UNLINK] = "unlink",
	    [RECORD_MKDIR] = "mkdir",
	    [RECORD_ACCEPT] = "accept",
	    [RECORD_SEND] = "send",
	    [RECORD_STRANGE] = "call unknown to the model:"};
	const char *word = r->kind < sizeof words / sizeof words[0] ? words[r->kind] : "?";

	switch (r->kind) {
	case RECORD_LINK:
	case RECORD_RENAME:
		snprintf(out, size, "%s %s to %s", word, recording_name(r), recording_second_name(r));
		break;
	case RECORD_OPEN:
	case RECORD_UNLINK:
	case RECORD_STRANGE:
		snprintf(out, size, "%s %s", word, recording_name(r));
		break;
	case RECORD_WRITE:
		snprintf(out, size, "%s of %llu bytes at %llu to descriptor %d", word, (unsigned long long)r->len,
		    (unsigned long long)r->offset, (int)r->fd);
		break;
	default:
		snprintf(out, size, "%s, descriptor %d", word, (int)r->fd);
	}
}
