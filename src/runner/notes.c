/* Nobody waits for a note: they are read when somebody wants to know. */
#include "notes.h"

#include <signal.h>
#include <unistd.h>

void
notes_open(struct notes *notes, int fd)
{
	*notes = (struct notes){.fd = fd};
}

void
notes_close(struct notes *notes)
{
	if (notes->fd != -1)
		close(notes->fd);
	notes->fd = -1;
}

/* In order; at most two ever come. */
static void
take(struct notes *notes)
{
	struct keeper_note note;

	while (read(notes->fd, &note, sizeof note) == sizeof note) {
		if (note.word == KEEPER_ENDED)
			notes->end = note;
		else
			notes->hook = note.pid;
	}
}

pid_t
notes_hook(struct notes *notes)
{
	if (notes->hook == 0)
		take(notes);
	return notes->hook;
}

bool
notes_conclude(struct notes *notes)
{
	take(notes);
	if (notes->end.word == KEEPER_ENDED)
		return true;
	if (notes->hook > 0)
		kill(-notes->hook, SIGKILL);
	return false;
}
