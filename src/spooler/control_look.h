/* The verbs of the control socket that only look at events: protocol/control.h. */
#ifndef HOOKSPOOL_CONTROL_LOOK_H
#define HOOKSPOOL_CONTROL_LOOK_H

struct control_request;

void control_list(const struct control_request *);
void control_show(const struct control_request *);
void control_body(const struct control_request *);
void control_follow(const struct control_request *);
void control_tail(const struct control_request *);

#endif
