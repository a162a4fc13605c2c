/*
 * The hook of the kill storm: hook BEHAVIOUR LEDGER LANES.  It writes into LEDGER, a line in one piece each, when it starts an event and how it
 * ends it:
 *
 *   S time number attempt hook id checksum-of-the-body
 *   E time number attempt hook exit-status
 *   X time number attempt hook what: somebody else is at work where nobody may be
 *
 * The time is the monotonic clock's, in ms.
 *
 * That nobody else is, it does not take from anybody's word: for as long as it, or anything that it started, lives it has a lock on a byte of
 * its lane's file in LANES, that of its event and hook.  The kernel takes it away, and nobody else.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#define HOOKS 8		    /* bytes of an event in its lane's file: more than hooks that one event has */
#define NEVER 17	    /* each so many'th event of "fails" never succeeds */
#define BODY_MAX (2u << 20) /* more than any body here has */

struct job {
	unsigned long long number, attempt;
	char id[64], lane[64];
};

static const char *behaviour, *ledger_path, *lanes;
static int ledger;
static char body[BODY_MAX];

/* RFC 1950 */
static uint32_t
adler32(const char *bytes, size_t len)
{
	uint32_t a = 1, b = 0;

	for (size_t i = 0; i < len; i++) {
		a = (a + (unsigned char)bytes[i]) % 65521;
		b = (b + a) % 65521;
	}
	return b << 16 | a;
}

static void note(const char *what, const struct job *, const char *format, ...) __attribute__((format(printf, 3, 4)));

static uint64_t
now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void
note(const char *what, const struct job *job, const char *format, ...)
{
	char line[256], more[160];
	va_list args;
	int len;

	va_start(args, format);
	vsnprintf(more, sizeof more, format, args);
	va_end(args);
	len = snprintf(line, sizeof line, "%s %llu %llu %llu %s %s\n", what, (unsigned long long)now_ms(), job->number,
	    job->attempt, behaviour, more);
	if (write(ledger, line, (size_t)len) != len)
		abort();
}

static void
rest_ms(unsigned ms)
{
	nanosleep(&(struct timespec){ms / 1000, (long)(ms % 1000) * 1000000}, NULL);
}

/* Which of an event's hooks this is. */
static off_t
place(void)
{
	return strcmp(behaviour, "both") == 0 ? 1 : strcmp(behaviour, "journal") == 0 ? 2 : 0;
}

static bool
locked(int fd, off_t from, off_t len)
{
	struct flock others = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = from, .l_len = len};

	return len > 0 && fcntl(fd, F_OFD_GETLK, &others) == 0 && others.l_type != F_UNLCK;
}

/* Returns the lock: it ends when the descriptor is closed here and in whoever inherits it.  Deliveries of one event may be side by side. */
static int
occupy(const struct job *job)
{
	off_t first = (off_t)(job->number * HOOKS);
	struct flock mine = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = first + place(), .l_len = 1};
	char path[512];
	int fd;

	snprintf(path, sizeof path, "%s/%s", lanes, job->lane[0] != '\0' ? job->lane : "none");
	if ((fd = open(path, O_RDWR | O_CREAT, 0600)) == -1)
		abort();
	if (fcntl(fd, F_OFD_SETLK, &mine) != 0)
		note("X", job, "the event itself: %s", strerror(errno));
	if (job->lane[0] != '\0' && (locked(fd, 0, first) || locked(fd, first + HOOKS, (off_t)1 << 60)))
		note("X", job, "another event of lane %s", job->lane);
	return fd;
}

static void
leave_children(void)
{
	for (int i = 0; i < 2; i++)
		if (fork() == 0) {
			prctl(PR_SET_NAME, "storm-child");
			if (i == 0)
				setsid();
			rest_ms(300000);
			_exit(0);
		}
}

static void
print_much(void)
{
	char line[1024];

	memset(line, 'x', sizeof line);
	line[sizeof line - 1] = '\n';
	for (int i = 0; i < 200; i++)
		fwrite(line, 1, sizeof line, i % 2 == 0 ? stdout : stderr);
}

/* Returns the exit status: the same for the same attempt of the same event, whoever asks. */
static int
work(const struct job *job)
{
	if (strcmp(behaviour, "fails") == 0)
		return job->number % NEVER == 0 ? 100 : (job->number + job->attempt) % 3 == 0;
	if (strcmp(behaviour, "slow") == 0)
		rest_ms(20 + (unsigned)(job->number * 37 % 130));
	else if (strcmp(behaviour, "children") == 0)
		leave_children();
	else if (strcmp(behaviour, "output") == 0)
		print_much();
	return 0;
}

static void
copy(char *to, size_t size, const char *from)
{
	snprintf(to, size, "%s", from != NULL ? from : "");
}

static unsigned long long
number_in(const char *text)
{
	return text != NULL ? strtoull(text, NULL, 10) : 0;
}

static int
run_once(void)
{
	struct job job = {number_in(getenv("HOOKSPOOL_NUMBER")), number_in(getenv("HOOKSPOOL_ATTEMPT")), "", ""};
	size_t len = 0;
	ssize_t n;
	int status;

	copy(job.id, sizeof job.id, getenv("HOOKSPOOL_ID"));
	copy(job.lane, sizeof job.lane, getenv("LANE"));
	occupy(&job);
	while (len < sizeof body && (n = read(STDIN_FILENO, body + len, sizeof body - len)) > 0)
		len += (size_t)n;
	note("S", &job, "%s %u", job.id, adler32(body, len));
	status = work(&job);
	note("E", &job, "%d", status);
	return status;
}

/* The text of member NAME of LINE, where quotes of a text are escaped and so no member's; backslashes before others than quotes don't occur. */
static size_t
member(const char *line, const char *name, char *out, size_t size)
{
	const char *p = strstr(line, name);
	size_t len = 0;

	if (p != NULL)
		for (p += strlen(name); *p != '\0' && *p != '"' && len + 1 < size; p++)
			out[len++] = *p == '\\' ? *++p : *p;
	out[len] = '\0';
	return len;
}

static unsigned long long
member_number(const char *line, const char *name)
{
	const char *p = strstr(line, name);

	return number_in(p != NULL ? p + strlen(name) : NULL);
}

static void
answer(const char *line)
{
	struct job job = {member_number(line, "\"number\":"), member_number(line, "\"attempt\":"), "", ""};
	int lock;

	member(line, "\"id\":\"", job.id, sizeof job.id);
	member(line, "\"LANE\":\"", job.lane, sizeof job.lane);
	lock = occupy(&job);
	note("S", &job, "%s %u", job.id, adler32(body, member(line, "\"body\":\"", body, sizeof body)));
	note("E", &job, "%d", 0);
	close(lock); /* before anybody hears of the end */
	printf("{\"number\":%llu,\"result\":\"done\"}\n", job.number);
	fflush(stdout);
}

int
main(int argc, char **argv)
{
	char *line = NULL, name[16];
	size_t size = 0;
	ssize_t len;

	if (argc != 4)
		return 2;
	behaviour = argv[1];
	ledger_path = argv[2];
	lanes = argv[3];
	snprintf(name, sizeof name, "storm-%s", behaviour);
	prctl(PR_SET_NAME, name);
	if ((ledger = open(ledger_path, O_WRONLY | O_APPEND | O_CREAT, 0600)) == -1)
		return 2;
	if (strcmp(behaviour, "worker") != 0)
		return run_once();
	while ((len = getline(&line, &size, stdin)) > 0 &&
	    line[len - 1] == '\n') /* else who writes it was killed meanwhile */
		answer(line);
	return 0;
}
