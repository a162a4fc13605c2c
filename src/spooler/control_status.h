/* What the spooler has and does, as the JSON object of the control socket. */
#ifndef HOOKSPOOL_CONTROL_STATUS_H
#define HOOKSPOOL_CONTROL_STATUS_H

struct json_object;
struct spooler;

/* Returns owned. */
struct json_object *control_status(struct spooler *);

#endif
