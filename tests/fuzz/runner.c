/*
 * What spooler and runner say to each other, over the real decoders with their checks: whoever the runner is asked to run a hook as is in
 * its table, nothing in the environment means anything to a loader or an interpreter, and the line for a worker is JSON.  The first byte
 * says which direction.
 */
#include <fcntl.h>
#include <json-c/json.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../../src/protocol/run.h"
#include "../../src/protocol/variable.h"
#include "../../src/runner/line.h"
#include "fuzz.h"

const char fuzz_name[] = "runner";
unsigned long fuzz_accepted;

static unsigned char out[RUN_MESSAGE_MAX];
static uint32_t groups[] = {100, 101};
static struct account accounts[] = {{.uid = ACCOUNT_SAME}, {1000, 100, groups, 2}};
static const struct accounts table = {accounts, 2};

static void
check_variable(const char *variable)
{
	size_t name = strcspn(variable, "=");

	FUZZ_HOLDS(variable[name] == '=');
	FUZZ_HOLDS(strcmp(variable, RUN_PATH) == 0 || variable_is_free(variable, name) ||
	    (variable_is_own(variable, name) && variable_is_name(variable, name)));
	FUZZ_HOLDS(strncmp(variable, "LD_", 3) != 0 && strncmp(variable, "BASH_", 5) != 0);
}

static void
check_line(const struct run_start *run)
{
	static char text[1 << 20];
	static struct line line;
	int body = memfd_create("body", MFD_CLOEXEC), pipes[2];
	struct json_object *object;
	size_t len = 0;
	ssize_t n;

	FUZZ_HOLDS(write(body, "{\"a\":\"\xc3\xa9\"}", 10) == 10 && pipe2(pipes, O_NONBLOCK | O_CLOEXEC) == 0);
	FUZZ_HOLDS(line_open(&line, run, body) == 0);
	for (enum line_progress progress = LINE_AGAIN; progress != LINE_DONE;) {
		progress = line_write(&line, pipes[1]);
		FUZZ_HOLDS(progress != LINE_REFUSED);
		while (len < sizeof text - 1 && (n = read(pipes[0], text + len, sizeof text - 1 - len)) > 0)
			len += (size_t)n;
		FUZZ_HOLDS(len < sizeof text - 1);
	}
	text[len] = '\0';
	FUZZ_HOLDS(len > 0 && memchr(text, '\n', len) == text + len - 1);
	object = json_tokener_parse(text);
	FUZZ_HOLDS(json_object_is_type(object, json_type_object));
	json_object_put(object);
	line_close(&line);
	close(pipes[0]);
	close(pipes[1]);
	close(body);
}

static void
take_start(const uint8_t *bytes, size_t len)
{
	uint8_t *copy = fuzz_copy(bytes, len); /* decoded texts lie in it */
	struct run_start run;

	if (run_decode_start(&run, copy, len, &table) == 0) {
		FUZZ_HOLDS(run.as == &accounts[run.account]);
		FUZZ_HOLDS(run.arguments[0][0] == '/' && run.directory[0] == '/');
		FUZZ_HOLDS(run.output_max <= RUN_OUTPUT_MAX && run.nice <= RUN_NICE_MAX && run.umask <= 0777);
		for (size_t i = 0; run.variables[i] != NULL; i++)
			check_variable(run.variables[i]);
		FUZZ_HOLDS(run_encode_start(&run, out) == len && memcmp(out, bytes, len) == 0);
		check_line(&run);
		fuzz_accepted++;
	}
	free(copy);
}

static void
take_reports(const unsigned char *bytes, size_t len)
{
	struct run_report report;
	struct run_output output;
	uint64_t token;

	if (run_decode_report(&report, bytes, len) == 0) {
		FUZZ_HOLDS(run_encode_report(&report, out) == len && memcmp(out, bytes, len) == 0);
		FUZZ_HOLDS(run_end_word(report.end) != NULL);
		fuzz_accepted++;
	}
	if (run_decode_output(&output, bytes, len) == 0) {
		FUZZ_HOLDS(run_encode_output(&output, out) == len && memcmp(out, bytes, len) == 0);
		fuzz_accepted++;
	}
	if (run_decode_follow(&token, bytes, len) == 0)
		FUZZ_HOLDS(run_encode_follow(token, out) == len && memcmp(out, bytes, len) == 0);
	if (run_decode_log(bytes, len) == 0)
		FUZZ_HOLDS(run_encode_log(out) == len && memcmp(out, bytes, len) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	uint8_t *copy;

	if (len < 2)
		return 0;
	copy = fuzz_copy(bytes + 1, len - 1);
	if (bytes[0] % 2 == 0)
		take_start(copy, len - 1);
	else
		take_reports(copy, len - 1);
	free(copy);
	return 0;
}
