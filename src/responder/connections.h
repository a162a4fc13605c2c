/*
 * The web server's connections: new ones, and those that it keeps for further requests (FCGI_KEEP_CONN).  libfcgi would hold a thread for
 * each kept one until something comes; here they wait together, and a thread is given one that has something to read.
 */
#ifndef HOOKSPOOL_CONNECTIONS_H
#define HOOKSPOOL_CONNECTIONS_H

struct connections;
struct request;

/* For the listening socket at descriptor 0.  Returns owned, or NULL with errno.  Lives as long as the process. */
struct connections *connections_new(void);

/*
 * Wait.  Returns the descriptor of a new connection, which is the caller's; or -1, and *KEPT is the request whose connection has something to
 * read, or NULL: ask again.
 */
int connections_next(struct connections *, struct request **kept);

/* REQUEST has its reply, and its connection (FD) is kept.  Returns 0, or -1 with errno: it is still the caller's. */
int connections_keep(struct connections *, struct request *, int fd);

#endif
