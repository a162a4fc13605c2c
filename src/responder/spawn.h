/*
 * Starting the spooler, so that a web server alone is enough.
 */
#ifndef HOOKSPOOL_SPAWN_H
#define HOOKSPOOL_SPAWN_H

/*
 * Start PROGRAM with "-c FILE" (an absolute path) in a session of its own, with a clean environment.  It is no child of this process.
 * Returns 0 when it was started (whether it can work it says in its log), or -1 with errno.
 */
int spawn_spooler(const char *program, const char *file);

#endif
