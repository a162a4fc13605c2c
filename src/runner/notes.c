/* Nobody waits for a note: it is read when somebody wants to know. */
#include "notes.h"

#include <signal.h>

void
notes_open(struct notes *notes, const struct keeper *keeper)
{
	*notes = (struct notes){.keeper = *keeper, .open = true};
}

void
notes_close(struct notes *notes)
{
	if (notes->open)
		keeper_close(&notes->keeper);
	notes->open = false;
}

pid_t
notes_hook(const struct notes *notes)
{
	return notes->open ? keeper_hook(&notes->keeper) : 0;
}

void
notes_kill(const struct notes *notes)
{
	if (notes->open)
		keeper_kill(&notes->keeper);
}

bool
notes_conclude(struct notes *notes)
{
	pid_t hook = notes_hook(notes);

	notes->told = keeper_read(&notes->keeper, &notes->end) == 1;
	if (!notes->told && hook > 0) {
		kill(-hook, SIGKILL);
		kill(hook, SIGKILL); /* as in keepers.c */
	}
	return notes->told;
}
