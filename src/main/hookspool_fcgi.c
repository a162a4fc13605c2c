/* hookspool.fcgi: see hookspool.fcgi(8). */
#include <errno.h>
#include <fcgiapp.h>
#include <malloc.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../conf/conf.h"
#include "../lib/log.h"
#include "../lib/program.h"
#include "../responder/responder.h"

#define LONG_MEMORY (256 << 10) /* bytes */

static const char usage[] = "usage: hookspool.fcgi [-dhV] [-c file]\n"
			    "A web server starts it, as a FastCGI responder or as a CGI program.\n";

/*
 * A server that starts a CGI program makes its command line of the query, if that has no '=' (RFC 3875, 4.4): then a sender wrote it, and
 * "?-c+/some/file" is no option.
 */
static bool
has_command_line(bool cgi)
{
	return !cgi || getenv("GATEWAY_INTERFACE") == NULL;
}

int
main(int argc, char **argv)
{
	bool cgi = FCGX_IsCGI() != 0;
	const char *file = has_command_line(cgi) ? program_options(argc, argv, "hookspool.fcgi", usage) : NULL;
	static struct conf_stamps stamps;
	struct conf *conf;

	if (cgi && getenv("REQUEST_METHOD") == NULL) {
		fputs(usage, stderr);
		return 2;
	}
	mallopt(M_ARENA_MAX, 2); /* an arena a thread would cost more memory than it saves time */
	/* Long bodies go back to the system; glibc would raise this with each, and keep what a burst of them has taken. */
	mallopt(M_MMAP_THRESHOLD, LONG_MEMORY);
	if ((conf = conf_read_stamped(conf_file(file), CONF_SECRETS, stderr, &stamps)) == NULL) {
		if (cgi)
			fputs("Status: 503 Service Unavailable\r\nContent-Type: application/json\r\n\r\n"
			      "{\"error\":\"unavailable\"}\n",
			    stdout);
		return EXIT_FAILURE;
	}
	/* No reason to take no webhooks, and it may be about to be made: whoever rotates it first renames the old one. */
	if (log_open("hookspool.fcgi", conf->log) != 0)
		log_warn("can't open the log %s: %s; until that can be, this goes on", conf->log, strerror(errno));
	/* Not freed and not returned from main(): threads may still be at work. */
	_exit(responder_main(conf, &stamps, cgi));
}
