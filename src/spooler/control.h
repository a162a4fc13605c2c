/*
 * The control socket, on which an operator's command asks: protocol/control.h says what.  A client that does not read its answers, or
 * sends nothing for long, is hung up on.
 */
#ifndef HOOKSPOOL_CONTROL_H
#define HOOKSPOOL_CONTROL_H

struct spooler;
struct control;

/*
 * Serve the control socket LISTENER (takes it) on the spooler's event loop.  Returns owned, or NULL with errno.
 */
struct control *control_new(struct spooler *, int listener);
void control_free(struct control *);

#endif
