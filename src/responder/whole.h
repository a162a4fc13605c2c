/*
 * Whether all of a FastCGI request is there, by its records' headers alone.  libfcgi reads where reading may block; a request that is whole
 * can be given to it by a loop that must not.
 */
#ifndef HOOKSPOOL_WHOLE_H
#define HOOKSPOOL_WHOLE_H

#include <stddef.h>

enum whole {
	WHOLE_PART, /* so far so good: more may come */
	WHOLE_YES,  /* from FCGI_BEGIN_REQUEST to the end of its standard input */
	WHOLE_NO /* longer than MAX, or not a responder's request as web servers send them: libfcgi says what it thinks of it */
};

/* Look at the first LEN bytes (hostile ones, too) of a connection, of which no more than MAX are going to be looked at. */
enum whole whole_look(const unsigned char *bytes, size_t len, size_t max);

#endif
