/* Runs on their way to a worker. */
#include "task.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct task *
task_new(const unsigned char *message, size_t len, int body, const struct accounts *accounts)
{
	struct task *task = malloc(sizeof *task + len);

	if (task == NULL)
		return NULL;
	memcpy(task->message, message, len);
	task->next = NULL;
	task->body = body;
	if (run_decode_start(&task->run, task->message, len, accounts) != 0) {
		free(task);
		errno = EPROTO;
		return NULL;
	}
	task->audience = (struct audience){.token = task->run.token};
	return task;
}

void
task_free(struct task *task)
{
	if (task == NULL)
		return;
	close(task->body);
	free(task);
}
