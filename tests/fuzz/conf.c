/* A configuration: it is read, or refused with at least one line; nothing leaks, and nothing is half read. */
#include "../../src/conf/conf.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fuzz.h"

const char fuzz_name[] = "conf";
unsigned long fuzz_accepted;

static char directory[] = "/tmp/hookspool-fuzz.XXXXXX", file[64], secret[64];

static void
clean_up(void)
{
	unlink(file);
	unlink(secret);
	rmdir(directory);
}

static void
set_up(void)
{
	FILE *stream;

	umask(077);
	FUZZ_HOLDS(mkdtemp(directory) != NULL);
	snprintf(file, sizeof file, "%s/conf", directory);
	snprintf(secret, sizeof secret, "%s/secret", directory);
	FUZZ_HOLDS((stream = fopen(secret, "we")) != NULL);
	fputs("correct-horse-battery\n", stream);
	fclose(stream);
	FUZZ_HOLDS(chdir(directory) == 0);
	atexit(clean_up);
}

/* The input is text with "@" for the directory. */
static void
write_file(const uint8_t *bytes, size_t len)
{
	FILE *stream = fopen(file, "we");

	FUZZ_HOLDS(stream != NULL);
	for (size_t i = 0; i < len; i++)
		if (bytes[i] == '@')
			fputs(directory, stream);
		else
			fputc(bytes[i], stream);
	fclose(stream);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	char *complaints = NULL;
	size_t complaints_len;
	FILE *errors;
	struct conf *conf;

	if (memmem(bytes, len, "include", 7) != NULL) /* of any file, of a terminal */
		return 0;
	if (file[0] == '\0')
		set_up();
	write_file(bytes, len);
	errors = open_memstream(&complaints, &complaints_len);
	conf = conf_read(file, CONF_SECRETS, errors);
	fclose(errors);
	FUZZ_HOLDS((conf != NULL) == (complaints_len == 0));
	if (conf != NULL) {
		FUZZ_HOLDS(conf->threads >= 1 && conf->threads <= 64);
		for (size_t i = 0; i < conf->nsources; i++)
			FUZZ_HOLDS(conf_source(conf, conf->sources[i].name) == &conf->sources[i]);
		fuzz_accepted++;
	} else {
		FUZZ_HOLDS(complaints[complaints_len - 1] == '\n');
	}
	free(complaints);
	conf_free(conf);
	return 0;
}
