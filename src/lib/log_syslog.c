/* One socket for the process. */
#include "log_syslog.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "log.h"
#include "log_patience.h"

#define HEAD_MAX 128 /* bytes before the text */

static const char *ident;
static int to = -1;
static struct stat opened; /* what TO was: who closes all descriptors may have another one there now */

static bool
is_open(void)
{
	struct stat now;

	return to != -1 && fstat(to, &now) == 0 && now.st_dev == opened.st_dev && now.st_ino == opened.st_ino;
}

static bool
open_again(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "/dev/log"};

	if (is_open())
		close(to);
	to = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (to == -1)
		return false;
	if (connect(to, (struct sockaddr *)&address, sizeof address) == 0 && fstat(to, &opened) == 0)
		return true;
	close(to);
	to = -1;
	return false;
}

void
log_syslog_open(const char *name)
{
	ident = name;
	tzset(); /* a sandbox keeps the time zone's file away later */
	open_again();
}

/* A daemon that was started anew has another socket of the same name. */
static bool
send_line(const char *line, size_t len)
{
	for (int i = 0; i < 2; i++) {
		if ((is_open() || open_again()) && log_patience(to) &&
		    send(to, line, len, MSG_NOSIGNAL | MSG_DONTWAIT) == (ssize_t)len)
			return true;
		if (to == -1 || errno == EAGAIN || !open_again())
			return false;
	}
	return false;
}

bool
log_syslog(int priority, const char *text)
{
	static pthread_mutex_t one_at_a_time = PTHREAD_MUTEX_INITIALIZER;
	bool sent;
	char line[HEAD_MAX + LOG_LINE_MAX], when[32] = "";
	time_t now = time(NULL);
	struct tm tm;
	int len;

	if (localtime_r(&now, &tm) != NULL)
		strftime(when, sizeof when, "%b %e %H:%M:%S", &tm);
	len = snprintf(line, sizeof line, "<%d>%s %s[%d]: %s", LOG_DAEMON | priority, when, ident, (int)getpid(), text);
	if (len >= (int)sizeof line)
		len = sizeof line - 1;
	pthread_mutex_lock(&one_at_a_time);
	sent = send_line(line, (size_t)len);
	pthread_mutex_unlock(&one_at_a_time);
	return sent;
}
