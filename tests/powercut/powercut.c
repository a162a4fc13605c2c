/*
 * powercut [options] PIECE...: cuts the power of a recorded spooler, and looks whether what is left is what must be.  README says more.
 *
 * The last PIECE is cut, the ones before it, each as "directory:step", are the lives that led to the disk with which it began.  A piece is a directory:
 * base/spool (what the disk had, if anything), recording, ran (what hooks noted).
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../src/lib/log.h"
#include "check.h"
#include "cuts.h"
#include "wrong.h"

#define PATIENCE_SECONDS 300 /* of one image, on a machine that has other things to do */
#define PIECES_MAX 8
#define JOBS_MAX 16

struct job {
	pid_t pid;
	const struct cuts_one *cut;
	char image[PATH_MAX]; /* and its log and what was said of it: the same with .log and .said */
};

static struct {
	struct cuts_plan plan;
	struct check check;
	const char *work, *only_image;
	const char *names[PIECES_MAX];
	int jobs;
	bool stop_at_first, whole;
	size_t at; /* one cut, there; SIZE_MAX: as planned */
} o = {.plan = {.n = 100, .units = {DISK_PAGE, DISK_PAGE}}, .jobs = 2, .at = SIZE_MAX};

static struct recording recordings[PIECES_MAX];
static int npieces;
static struct job jobs[JOBS_MAX];
static size_t cuts_made, recovered, nothing_left, failed, lost, doubled, invented;

void
wrong(const char *format, ...)
{
	va_list rest;

	va_start(rest, format);
	vprintf(format, rest);
	va_end(rest);
	putchar('\n');
	fflush(stdout);
	_exit(WRONG_STATUS);
}

static void
say_cut(const struct cuts_one *cut)
{
	char step[160] = "the end";
	const struct recording *last = &recordings[npieces - 1];

	if (cut->image.step < last->n)
		recording_say(last->steps[cut->image.step], step, sizeof step);
	printf("before step %zu (%s), in units of %u bytes", cut->image.step, step, cut->image.unit);
}

/* What makes the same image of the same recording again. */
static void
say_command(const struct cuts_one *cut)
{
	printf(
	    "  again: tests/powercut/powercut --at %zu --seed %llu --unit %u --load %llu:%u --keep %llu --dedup %llu --work %s",
	    cut->image.step, (unsigned long long)cut->image.seed, cut->image.unit,
	    (unsigned long long)o.check.load.seed, (unsigned)o.check.load.last, (unsigned long long)o.check.keep_ms,
	    (unsigned long long)o.check.dedup_ms, o.work);
	for (int i = 0; i < npieces; i++)
		printf(" %s", o.names[i]);
	putchar('\n');
}

static void
copy_file(const char *path, const char *before)
{
	char line[512];
	FILE *in = fopen(path, "re");

	while (in != NULL && fgets(line, sizeof line, in) != NULL)
		printf("%s%s", before, line);
	if (in != NULL)
		fclose(in);
}

static void
with_suffix(char path[PATH_MAX], const struct job *job, const char *suffix)
{
	if (snprintf(path, PATH_MAX, "%s%s", job->image, suffix) >= PATH_MAX)
		abort();
}

static void
remove_tree(const char *path)
{
	pid_t pid = fork();

	if (pid == 0) {
		execlp("rm", "rm", "-rf", path, (char *)NULL);
		_exit(127);
	}
	while (waitpid(pid, NULL, 0) == -1 && errno == EINTR)
		continue;
}

static void
remove_image(const struct job *job)
{
	char path[PATH_MAX];

	remove_tree(job->image);
	with_suffix(path, job, ".log");
	unlink(path);
	with_suffix(path, job, ".said");
	unlink(path);
}

static void
classify(const struct job *job)
{
	char path[PATH_MAX], line[256] = "";
	FILE *in;

	with_suffix(path, job, ".said");
	if ((in = fopen(path, "re")) != NULL) {
		if (fgets(line, sizeof line, in) == NULL)
			line[0] = '\0';
		fclose(in);
	}
	lost += strncmp(line, "lost", 4) == 0;
	doubled += strncmp(line, "doubled", 7) == 0;
	invented += strstr(line, "no client sent") != NULL;
}

static void
tell_failure(const struct job *job, int status)
{
	char path[PATH_MAX];

	printf("WRONG ");
	say_cut(job->cut);
	if (WIFSIGNALED(status))
		printf(": killed by signal %d", WTERMSIG(status));
	printf("\n");
	with_suffix(path, job, ".said");
	copy_file(path, "  ");
	with_suffix(path, job, ".log");
	copy_file(path, "  log: ");
	printf("  the image, as it was left by the looks at it: %s\n", job->image);
	say_command(job->cut);
	fflush(stdout);
}

#define EMPTY_STATUS 4

/* A child has ended. */
static void
reap(void)
{
	int status;
	pid_t pid = wait(&status);
	struct job *job = jobs;

	while (job < jobs + JOBS_MAX && (job->pid != pid || pid <= 0))
		job++;
	if (job == jobs + JOBS_MAX)
		return;
	job->pid = 0;
	recovered += WIFEXITED(status) && WEXITSTATUS(status) == 0;
	if (WIFEXITED(status) && (WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == EMPTY_STATUS)) {
		nothing_left += WEXITSTATUS(status) == EMPTY_STATUS;
		if (o.only_image == NULL)
			remove_image(job);
		return;
	}
	failed++;
	classify(job);
	if (o.plan.broken == CUTS_WHOLE)
		tell_failure(job, status);
	else
		remove_image(job);
}

/* In the child. */
static void
look(struct disk *disk, const struct job *job)
{
	const struct recording *last = &recordings[npieces - 1];
	struct check check = o.check;
	size_t step = job->cut->image.step, before = step > 0 ? step - 1 : 0;
	char path[PATH_MAX];

	alarm(PATIENCE_SECONDS);
	if (job->cut->early != NULL)
		disk_step(disk, job->cut->early, step);
	check.dir = job->image;
	check.step = step;
	check.wall_ms = last->steps[before]->wall_ms;
	check.real_ns = last->steps[before]->real_ns;
	check.seed = job->cut->image.seed;
	if (!image_write(disk, &job->cut->image, job->image)) {
		check_nothing(&check);
		_exit(EMPTY_STATUS);
	}
	if (o.only_image != NULL)
		_exit(EXIT_SUCCESS);
	with_suffix(path, job, ".log");
	log_open("powercut", path);
	check_image(&check);
	fflush(stdout);
	_exit(EXIT_SUCCESS);
}

static void
start(struct disk *disk, const struct cuts_one *cut)
{
	struct job *job = jobs;
	char path[PATH_MAX];

	while (job->pid != 0)
		if (++job == jobs + o.jobs) {
			reap();
			job = jobs;
		}
	snprintf(job->image, sizeof job->image, "%s/image-%d-%zu", o.work, (int)getpid(), ++cuts_made);
	if (o.only_image != NULL)
		snprintf(job->image, sizeof job->image, "%s", o.only_image);
	job->cut = cut;
	fflush(stdout);
	if ((job->pid = fork()) == 0) {
		with_suffix(path, job, ".said");
		if (freopen(path, "w", stdout) == NULL)
			_exit(2);
		look(disk, job);
	}
}

static void
cut_all(const struct cuts_one *cuts, size_t n)
{
	const struct recording *last = &recordings[npieces - 1];
	struct disk *disk = disk_new();
	struct cuts_leaving leaving = {{false}, {false}, {0}};
	char base[PATH_MAX];
	size_t next = 0;

	snprintf(base, sizeof base, "%s/base/spool", o.names[npieces - 1]);
	disk_load(disk, base);
	for (size_t step = 0; step <= last->n && next < n; step++) {
		const char *why = NULL;

		while (next < n && cuts[next].image.step == step && (!o.stop_at_first || failed == 0))
			start(disk, &cuts[next++]);
		if (o.stop_at_first && failed > 0)
			break;
		if (step < last->n && !cuts_leaves_out(&leaving, o.plan.broken, last->steps[step]))
			why = disk_step(disk, last->steps[step], step);
		if (why != NULL) {
			printf("step %zu of the recording is not what the model knows: %s\n", step, why);
			exit(2);
		}
	}
	for (int i = 0; i < o.jobs; i++)
		while (jobs[i].pid != 0)
			reap();
}

static void
read_pieces(int n, char **names)
{
	struct history *history = calloc(1, sizeof *history);
	char path[PATH_MAX], ran[PATH_MAX];

	if (n < 1 || n > PIECES_MAX || history == NULL)
		exit(2);
	for (; npieces < n; npieces++) {
		char *name = strdup(names[npieces]), *colon = strrchr(name, ':');
		struct history_piece piece = {&recordings[npieces], SIZE_MAX, ran};

		o.names[npieces] = names[npieces];
		if (colon != NULL) {
			*colon = '\0';
			piece.end = strtoull(colon + 1, NULL, 10);
		}
		snprintf(path, sizeof path, "%s/recording", name);
		snprintf(ran, sizeof ran, "%s/ran", name);
		recording_open(&recordings[npieces], path);
		history_add(history, &piece, npieces == n - 1);
		free(name);
	}
	o.check.history = history;
}

static enum cuts_broken
broken_by_name(const char *name)
{
	static const char *const names[] = {[CUTS_ACK] = "ack", [CUTS_DIRECTORY] = "directory", [CUTS_PAGE] = "page"};

	for (int i = CUTS_ACK; i <= CUTS_PAGE; i++)
		if (strcmp(name, names[i]) == 0)
			return (enum cuts_broken)i;
	fprintf(stderr, "powercut: no such way to be broken: %s\n", name);
	exit(2);
}

static void
take_units(const char *text)
{
	o.plan.units[0] = o.plan.units[1] = (unsigned)strtoul(text, NULL, 10);
	if (strcmp(text, "both") == 0) {
		o.plan.units[0] = DISK_PAGE;
		o.plan.units[1] = 512;
	}
	if (o.plan.units[0] != DISK_PAGE && o.plan.units[0] != 512)
		exit(2);
}

static void
take_option(int option, char *value)
{
	switch (option) {
	case 's':
		o.plan.seed = strtoull(value, NULL, 10);
		break;
	case 'n':
		o.plan.n = strtoull(value, NULL, 10);
		break;
	case 'u':
		take_units(value);
		break;
	case 'f':
		o.plan.from = strtoull(value, NULL, 10);
		break;
	case 't':
		o.plan.until = strtoull(value, NULL, 10);
		break;
	case 'b':
		o.plan.broken = broken_by_name(value);
		o.stop_at_first = true;
		break;
	case 'a':
		o.at = strtoull(value, NULL, 10);
		break;
	case 'i':
		o.only_image = value;
		break;
	case 'l':
		o.check.load.seed = strtoull(value, &value, 10);
		o.check.load.last = (uint32_t)strtoul(value + (*value == ':'), NULL, 10);
		break;
	case 'k':
		o.check.keep_ms = strtoull(value, NULL, 10);
		break;
	case 'd':
		o.check.dedup_ms = strtoull(value, NULL, 10);
		break;
	case 'w':
		o.work = value;
		break;
	case 'W':
		o.whole = true;
		break;
	case 'j':
		o.jobs = (int)strtol(value, NULL, 10);
		break;
	default:
		exit(2);
	}
}

static void
take_options(int argc, char **argv)
{
	static const struct option options[] = {{"seed", 1, NULL, 's'}, {"cuts", 1, NULL, 'n'}, {"unit", 1, NULL, 'u'},
	    {"from", 1, NULL, 'f'}, {"until", 1, NULL, 't'}, {"broken", 1, NULL, 'b'}, {"at", 1, NULL, 'a'},
	    {"image", 1, NULL, 'i'}, {"load", 1, NULL, 'l'}, {"keep", 1, NULL, 'k'}, {"dedup", 1, NULL, 'd'},
	    {"work", 1, NULL, 'w'}, {"jobs", 1, NULL, 'j'}, {"whole", 0, NULL, 'W'}, {NULL, 0, NULL, 0}};
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1)
		take_option(option, optarg);
	if (o.work == NULL || o.jobs < 1 || o.jobs > JOBS_MAX)
		exit(2);
}

/* What the next life begins with: its clock, and behind which webhook. */
static void
say_image(const struct cuts_one *cut)
{
	const struct recording *last = &recordings[npieces - 1];
	const struct history *h = o.check.history;
	size_t step = cut->image.step < last->n ? cut->image.step : last->n;
	uint32_t serial = 0;

	for (size_t i = 0; i < h->nacks && h->acks[i].step < step; i++)
		serial = h->acks[i].serial > serial ? h->acks[i].serial : serial;
	printf("%llu %u\n", (unsigned long long)last->steps[step - 1]->wall_ms, (unsigned)serial);
}

int
main(int argc, char **argv)
{
	const struct recording *last;
	struct cuts_one *cuts, one = {.early = NULL};
	size_t n;

	take_options(argc, argv);
	read_pieces(argc - optind, argv + optind);
	last = &recordings[npieces - 1];
	if (o.plan.until == 0 || o.plan.until > last->n)
		o.plan.until = last->n;
	if (o.plan.from >= o.plan.until)
		o.plan.from = 0;
	cuts = cuts_choose(last, &o.plan, &n);
	one.image = (struct image_cut){.seed = o.plan.seed, .unit = o.plan.units[0], .step = o.at};
	if (o.whole)
		one.image.keep = "*";
	if (o.at != SIZE_MAX)
		cut_all(&one, 1);
	else
		cut_all(cuts, n);
	free(cuts);
	if (o.only_image != NULL)
		say_image(&one);
	else
		printf(
		    "%zu steps, %zu cuts, %zu images recovered, %zu without a spool, %zu wrong; acknowledged %zu, lost %zu, "
		    "doubled %zu, invented %zu\n",
		    last->n, cuts_made, recovered, nothing_left, failed, o.check.history->nacks, lost, doubled,
		    invented);
	if (o.plan.broken != CUTS_WHOLE)
		return failed > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
