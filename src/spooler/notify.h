/*
 * Telling the service manager how the spooler is: sd_notify(3)'s protocol, without its library.
 */
#ifndef HOOKSPOOL_NOTIFY_H
#define HOOKSPOOL_NOTIFY_H

/* STATE is "READY=1", "STOPPING=1" and the like.  Does nothing where no service manager asked for it. */
void notify(const char *state);

#endif
