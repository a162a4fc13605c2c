/* What both ends of the control socket must agree on; the lines themselves are described in spooler/control.h. */
#ifndef HOOKSPOOL_CONTROL_PROTOCOL_H
#define HOOKSPOOL_CONTROL_PROTOCOL_H

#define CONTROL_LINE_MAX (8u << 10) /* bytes of a request, line feed included */
#define CONTROL_PAGE_MAX 256	    /* events in one answer to "list" */

#endif
