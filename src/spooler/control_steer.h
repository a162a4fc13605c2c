/* The verbs of the control socket that steer hooks and the spooler itself: protocol/control.h. */
#ifndef HOOKSPOOL_CONTROL_STEER_H
#define HOOKSPOOL_CONTROL_STEER_H

struct control_request;

void control_suspend(const struct control_request *);
void control_resume(const struct control_request *);
void control_pause(const struct control_request *);
void control_continue(const struct control_request *);
void control_reload(const struct control_request *);
void control_check(const struct control_request *);

#endif
