/* The verbs of the control socket that repair events: protocol/control.h. */
#ifndef HOOKSPOOL_CONTROL_REPAIR_H
#define HOOKSPOOL_CONTROL_REPAIR_H

struct control_request;

void control_retry(const struct control_request *);
void control_drop(const struct control_request *);

#endif
