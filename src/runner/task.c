/* Runs on their way to a worker. */
#include "task.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct task *
task_new(const unsigned char *message, size_t len, int body, const struct run_identities *identities)
{
	struct task *task = malloc(sizeof *task + len);

	if (task == NULL)
		return NULL;
	memcpy(task->message, message, len);
	task->next = NULL;
	task->followed = false;
	task->missed = 0;
	task->body = body;
	if (run_decode_request(&task->request, task->message, len, identities) == 0)
		return task;
	free(task);
	errno = EPROTO;
	return NULL;
}

void
task_free(struct task *task)
{
	if (task == NULL)
		return;
	close(task->body);
	free(task);
}
