/* As runner.c takes them, but that it does not wait and believes what it gets. */
#include "runner_end.h"

#include <string.h>
#include <sys/socket.h>

size_t
runner_end_receive(int socket, unsigned char *message, int *fd)
{
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(sizeof(int))];
	} control;
	struct iovec piece = {message, RUN_MESSAGE_MAX};
	struct msghdr h = {
	    .msg_iov = &piece, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
	ssize_t len = recvmsg(socket, &h, MSG_DONTWAIT);
	const struct cmsghdr *c;

	*fd = -1;
	if (len <= 0)
		return 0;
	if ((c = CMSG_FIRSTHDR(&h)) != NULL)
		memcpy(fd, CMSG_DATA(c), sizeof *fd);
	return (size_t)len;
}

const char *
runner_end_variable(const struct run_start *run, const char *name)
{
	size_t len = strlen(name);

	for (size_t i = 0; run->variables[i] != NULL; i++)
		if (strncmp(run->variables[i], name, len) == 0 && run->variables[i][len] == '=')
			return run->variables[i] + len + 1;
	return NULL;
}
