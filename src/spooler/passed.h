/*
 * Descriptors that a peer passes (unix(7), SCM_RIGHTS).  Nobody wants them, but whoever reads the message with them, or closes the socket where it
 * waits, has their last close, and that takes as long as the peer has chosen: a TCP socket may linger for hours.
 *
 * Since Linux 6.16 a socket can refuse them.  Where it can't, what might have to close some is interrupted after some milliseconds, as often as it
 * takes: the close then ends at once, and goes on without us.
 */
#ifndef HOOKSPOOL_PASSED_H
#define HOOKSPOOL_PASSED_H

#include <stddef.h>
#include <sys/types.h>

/* Have LISTENER's connections refuse them, or else prepare for them; before the first connection.  Returns 0, or -1 with errno. */
int passed_refuse(int listener);

/* Prepare for them, whatever the kernel can.  Returns 0, or -1 with errno. */
int passed_prepare(void);

/* As recv(2) with MSG_DONTWAIT, and close(2).  A peer that has passed something is -1 with EBADMSG. */
ssize_t passed_receive(int socket, void *bytes, size_t len);
void passed_close(int socket);

#endif
