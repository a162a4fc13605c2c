/* The verb of the control socket that says what the spooler has and does: protocol/control.h. */
#ifndef HOOKSPOOL_CONTROL_STATUS_H
#define HOOKSPOOL_CONTROL_STATUS_H

struct control_request;

void control_status(const struct control_request *);

#endif
