/*
 * A source's section: its sender's grammar (from a preset and its own lines), its secrets, its hooks.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../runner/run.h"
#include "conf_private.h"

static bool
plain_name(const char *name, size_t max)
{
	return *name != '\0' && strlen(name) <= max && *name != '.' && *name != '-' &&
	    name[strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-")] == '\0';
}

/* A list of texts, NULL-terminated and owned; NULL when the option was not set. */
static char **
texts(struct reader *reader, cfg_opt_t *option, const cfg_t *cfg)
{
	unsigned n = cfg_opt_size(option);
	char **list = calloc(n + 1, sizeof *list);

	for (unsigned i = 0; list != NULL && i < n; i++)
		if ((list[i] = strdup(cfg_opt_getnstr(option, i))) == NULL)
			complain(reader, cfg, line_of(option, cfg), "out of memory");
	return list;
}

static cfg_t *
find_preset(struct reader *reader, cfg_t *section)
{
	const char *name = cfg_size(section, "preset") > 0 ? cfg_getstr(section, "preset") : NULL;
	unsigned line = line_of(cfg_getopt(section, "preset"), section);
	char path[4096];

	if (name == NULL)
		return NULL;
	if (name[0] == '/') {
		snprintf(path, sizeof path, "%s", name);
	} else if (plain_name(name, CONF_NAME_MAX)) {
		snprintf(path, sizeof path, "%s/%s.conf", reader->presets, name);
	} else {
		complain(reader, section, line, "preset: \"%s\" is neither a preset's name nor an absolute path", name);
		return NULL;
	}
	if (access(path, R_OK) != 0) {
		complain(reader, section, line, "preset \"%s\": %s: %s", name, path, strerror(errno));
		return NULL;
	}
	return preset_read(reader, path);
}

/* The text between the braces of a template. */
static const char *
signed_piece(const char *name, struct signed_part *part)
{
	struct selector *header;
	const char *why;

	if (strcmp(name, "body") == 0)
		part->kind = SIGNED_BODY;
	else if (strcmp(name, "method") == 0)
		part->kind = SIGNED_METHOD;
	else if (strcmp(name, "url") == 0)
		part->kind = SIGNED_URL;
	else if (strncmp(name, "header:", 7) != 0)
		return "knows {body}, {method}, {url} and {header:Name}";
	else if ((header = selector_parse(name, &why)) == NULL)
		return why;
	else {
		part->kind = SIGNED_HEADER;
		part->text = strdup(header->name);
		selector_free(header);
	}
	return NULL;
}

/* Returns NULL, or what is wrong with the template. */
static const char *
parse_signed(const char *text, struct signature_rule *rule)
{
	const char *why;

	if ((rule->parts = calloc(strlen(text) + 1, sizeof rule->parts[0])) == NULL)
		return "out of memory";
	while (*text != '\0') {
		struct signed_part *part = &rule->parts[rule->nparts];
		size_t len = strcspn(text, "{");
		char name[128];

		if (len > 0) {
			part->text = strndup(text, len);
			rule->nparts++;
			text += len;
			continue;
		}
		len = strcspn(text, "}");
		if (text[len] == '\0' || len >= sizeof name)
			return "has a '{' without its '}'";
		memcpy(name, text + 1, len - 1);
		name[len - 1] = '\0';
		rule->nparts++;
		if ((why = signed_piece(name, part)) != NULL)
			return why;
		text += len + 1;
	}
	return NULL;
}

static int
choose(const char *text, const char *const *names)
{
	for (int i = 0; names[i] != NULL; i++)
		if (strcmp(text, names[i]) == 0)
			return i;
	return -1;
}

static bool
signs(const struct signature_rule *rule, enum signed_kind kind)
{
	for (size_t i = 0; i < rule->nparts; i++)
		if (rule->parts[i].kind == kind)
			return true;
	return false;
}

static void
read_template(struct reader *reader, cfg_t *sec, const struct layers *layers, struct source *source)
{
	struct signature_rule *rule = &source->signature;
	unsigned line = line_of(cfg_getopt(sec, "signed"), sec);
	char *text = NULL;
	const char *why;

	take_text(reader, layers, "signed", &text);
	if ((why = parse_signed(text != NULL ? text : "{body}", rule)) != NULL)
		complain(reader, sec, line, "signed: \"%s\" %s", text, why);
	else if (!signs(rule, SIGNED_BODY))
		complain(reader, sec, line, "signed: \"%s\" lacks {body}: anybody could change what was sent", text);
	if (signs(rule, SIGNED_URL) && source->url == NULL)
		complain(reader, sec, line, "signed: {url} needs the source's option url");
	free(text);
}

static void
read_signature(struct reader *reader, cfg_t *sec, struct source *source)
{
	static const char *const algorithms[] = {"hmac-sha1", "hmac-sha256", "hmac-sha512", NULL};
	static const char *const encodings[] = {"hex", "base64", NULL};
	struct layers layers = {sec, NULL};
	struct signature_rule *rule = &source->signature;
	char *algorithm = NULL, *encoding = NULL;
	int which;

	take_text(reader, &layers, "algorithm", &algorithm);
	take_text(reader, &layers, "encoding", &encoding);
	take_text(reader, &layers, "split", &rule->split);
	take_text(reader, &layers, "item", &rule->item);
	take_selector(reader, &layers, "from", &rule->from);
	which = choose(algorithm != NULL ? algorithm : "hmac-sha256", algorithms);
	if (which < 0)
		complain(reader, sec, line_of(cfg_getopt(sec, "algorithm"), sec),
		    "algorithm: \"hmac-sha1\", \"hmac-sha256\" or \"hmac-sha512\"");
	rule->algorithm = (enum signature_algorithm)(SIGNATURE_HMAC_SHA1 + (which < 0 ? 0 : which));
	which = choose(encoding != NULL ? encoding : "hex", encodings);
	if (which < 0)
		complain(reader, sec, line_of(cfg_getopt(sec, "encoding"), sec), "encoding: \"hex\" or \"base64\"");
	rule->encoding = which == 1 ? SIGNATURE_BASE64 : SIGNATURE_HEX;
	if (rule->from == NULL)
		complain(reader, sec, (unsigned)sec->line, "signature: from is missing: which header has it?");
	else if (rule->from->kind != SELECTOR_HEADER && rule->from->kind != SELECTOR_QUERY)
		complain(reader, sec, line_of(cfg_getopt(sec, "from"), sec), "from: a header: or query: selector");
	read_template(reader, sec, &layers, source);
	free(algorithm);
	free(encoding);
}

static const char *
read_secret_file(const char *file, struct secret *secret)
{
	static const char too_long[] = "is longer than 1024 bytes";
	int fd = open(file, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct stat st;
	ssize_t n;

	if (fd == -1)
		return strerror(errno);
	secret->bytes = malloc(CONF_SECRET_BYTES + 3);
	n = secret->bytes != NULL ? read(fd, secret->bytes, CONF_SECRET_BYTES + 3) : -1;
	if (n < 0 || fstat(fd, &st) != 0) {
		const char *why = strerror(errno);

		close(fd);
		return why;
	}
	close(fd);
	if (!S_ISREG(st.st_mode))
		return "is not a regular file";
	if ((st.st_mode & 0007) != 0)
		return "may be read or written by everybody; chmod 600, or 640 with the web server's group";
	if (n > 0 && secret->bytes[n - 1] == '\n')
		n -= n > 1 && secret->bytes[n - 2] == '\r' ? 2 : 1;
	secret->len = (size_t)n;
	return n == 0 ? "is empty" : n > CONF_SECRET_BYTES ? too_long : NULL;
}

static void
read_secrets(struct reader *reader, cfg_t *section, struct source *source)
{
	cfg_opt_t *option = cfg_getopt(section, "secret-file");
	unsigned n = cfg_opt_size(option), line = line_of(option, section);

	if (n > CONF_SECRETS_MAX) {
		complain(reader, section, line, "secret-file: at most %d", CONF_SECRETS_MAX);
		return;
	}
	source->secrets = calloc(n + 1, sizeof source->secrets[0]);
	for (unsigned i = 0; source->secrets != NULL && i < n; i++) {
		const char *file = cfg_opt_getnstr(option, i), *why = NULL;
		struct secret *secret = &source->secrets[source->nsecrets++];
		struct stat st;

		secret->file = strdup(file);
		secret->line = line;
		if (file[0] != '/')
			why = "is not an absolute path";
		else if ((reader->what & CONF_SECRETS) != 0)
			why = read_secret_file(file, secret);
		else if (stat(file, &st) != 0 && errno != EACCES)
			why = strerror(errno);
		if (why != NULL)
			complain(reader, section, line, "secret-file: %s: %s", file, why);
	}
}

static void
read_authentication(struct reader *reader, cfg_t *section, const struct layers *layers, struct source *source)
{
	cfg_t *where;
	cfg_opt_t *signature = layers_find(layers, "signature", &where);

	if (source->unsigned_allowed) {
		if (source->nsecrets > 0 || cfg_size(section, "signature") > 0)
			complain(reader, section, source->line, "source \"%s\": unsigned = true, and yet a secret or signature",
			    source->name);
		return;
	}
	if (signature == NULL)
		complain(reader, section, source->line, "source \"%s\" has no signature: name a preset, or write one",
		    source->name);
	else
		read_signature(reader, cfg_opt_getnsec(signature, 0), source);
	if (cfg_size(section, "secret-file") == 0)
		complain(reader, section, source->line,
		    "source \"%s\" has no secret-file (unsigned = true accepts what anybody sends)", source->name);
}

static unsigned
type_bit(const char *name)
{
	/* In the order of enum json_type. */
	static const char *const names[] = {"absent", "null", "boolean", "number", "string", "array", "object", NULL};
	int which = choose(name, names);

	return which > 0 ? 1u << which : 0;
}

static void
read_field(struct reader *reader, cfg_t *sec, struct field *field)
{
	struct layers layers = {sec, NULL};
	cfg_opt_t *types = cfg_getopt(sec, "type");
	const char *why;

	if ((field->selector = selector_parse_pointer(cfg_title(sec), &why)) == NULL)
		complain(reader, sec, (unsigned)sec->line, "field \"%s\": %s", cfg_title(sec), why);
	take_bool(&layers, "required", &field->required);
	for (unsigned i = 0; i < cfg_opt_size(types); i++) {
		unsigned bit = type_bit(cfg_opt_getnstr(types, i));

		if (bit == 0)
			complain(reader, sec, line_of(types, sec),
			    "type: \"string\", \"number\", \"boolean\", \"null\", \"array\" or \"object\"");
		field->types |= bit;
	}
	if (cfg_size(sec, "one-of") > 0)
		field->one_of = texts(reader, cfg_getopt(sec, "one-of"), sec);
	if (cfg_size(sec, "when") > 0)
		field->when = texts(reader, cfg_getopt(sec, "when"), sec);
}

/* The source's own fields, and the preset's that it does not replace. */
static void
read_fields(struct reader *reader, const struct layers *layers, struct source *source)
{
	cfg_t *all[] = {layers->own, layers->preset};

	source->fields = calloc(CONF_FIELDS_MAX, sizeof source->fields[0]);
	for (int layer = 0; layer < 2; layer++)
		for (unsigned i = 0; all[layer] != NULL && i < cfg_size(all[layer], "field"); i++) {
			cfg_t *sec = cfg_getnsec(all[layer], "field", i);

			if (layer == 1 && cfg_gettsec(layers->own, "field", cfg_title(sec)) != NULL)
				continue;
			if (source->nfields == CONF_FIELDS_MAX || source->fields == NULL) {
				complain(reader, sec, (unsigned)sec->line, "field: at most %d", CONF_FIELDS_MAX);
				return;
			}
			read_field(reader, sec, &source->fields[source->nfields++]);
		}
}

/* Names that change how a program is run or found; a sender must not choose their values. */
static bool
dangerous(const char *name)
{
	static const char *const prefixes[] = {"HOOKSPOOL_", "LD_", "DYLD_", "BASH_", "PYTHON", "PERL", "RUBY", "NODE_",
	    "GIT_", "MALLOC_", "LC_", "SSL_", "OPENSSL_", "JAVA_", "GCONV_", NULL};
	static const char *const names[] = {"PATH", "IFS", "ENV", "SHELL", "HOME", "USER", "LOGNAME", "PWD", "OLDPWD",
	    "CDPATH", "SHELLOPTS", "BASHOPTS", "PS4", "PS1", "TMPDIR", "TZ", "LANG", "LANGUAGE", "GLIBC_TUNABLES", "NLSPATH",
	    "LOCPATH", "TERM", "TERMINFO", "EDITOR", "PAGER", "CLASSPATH", "HOSTALIASES", "RES_OPTIONS", NULL};

	for (int i = 0; prefixes[i] != NULL; i++)
		if (strncmp(name, prefixes[i], strlen(prefixes[i])) == 0)
			return true;
	return choose(name, names) >= 0;
}

static const char *
parse_variable(const char *text, struct env_map *map)
{
	const char *equals = strchr(text, '='), *why;

	if (equals == NULL || equals == text || equals - text > 64)
		return "is not NAME=selector";
	map->name = strndup(text, (size_t)(equals - text));
	if (map->name == NULL)
		return "out of memory";
	if (map->name[strspn(map->name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")] != '\0' ||
	    (map->name[0] >= '0' && map->name[0] <= '9'))
		return "a variable's name has A to Z, 0 to 9 and '_'";
	if (dangerous(map->name))
		return "a variable of this name could change how programs run";
	return (map->selector = selector_parse(equals + 1, &why)) == NULL ? why : NULL;
}

static bool
is_mapped(const struct source *source, const char *name)
{
	for (size_t i = 0; i + 1 < source->nenv; i++)
		if (strcmp(source->env[i].name, name) == 0)
			return true;
	return false;
}

static void
read_env(struct reader *reader, const struct layers *layers, struct source *source)
{
	cfg_t *all[] = {layers->own, layers->preset};

	source->env = calloc(CONF_ENV_MAX, sizeof source->env[0]);
	for (int layer = 0; layer < 2; layer++) {
		cfg_opt_t *option = all[layer] != NULL ? cfg_getopt(all[layer], "env") : NULL;

		for (unsigned i = 0; option != NULL && i < cfg_opt_size(option); i++) {
			const char *text = cfg_opt_getnstr(option, i), *why;
			struct env_map *map;

			if (source->nenv == CONF_ENV_MAX || source->env == NULL) {
				complain(reader, all[layer], line_of(option, all[layer]), "env: at most %d", CONF_ENV_MAX);
				return;
			}
			map = &source->env[source->nenv++];
			if ((why = parse_variable(text, map)) != NULL) {
				complain(reader, all[layer], line_of(option, all[layer]), "env: \"%s\": %s", text, why);
			} else if (is_mapped(source, map->name)) {
				if (layer == 0)
					complain(reader, all[layer], line_of(option, all[layer]), "env: %s twice", map->name);
				source->nenv--; /* the source's own goes before the preset's */
				free(map->name);
				selector_free(map->selector);
				memset(map, 0, sizeof *map);
			}
		}
	}
}

static void
read_ids(struct reader *reader, const struct layers *layers, struct source *source)
{
	cfg_t *where;
	cfg_opt_t *option = layers_find(layers, "id", &where);
	const char *why;

	if (option == NULL) {
		complain(reader, layers->own, source->line,
		    "source \"%s\" has no id: name a preset, or the selectors that tell a repeated webhook", source->name);
		return;
	}
	for (unsigned i = 0; i < cfg_opt_size(option); i++) {
		const char *text = cfg_opt_getnstr(option, i);

		if (source->nids == CONF_IDS_MAX) {
			complain(reader, where, line_of(option, where), "id: at most %d selectors", CONF_IDS_MAX);
			return;
		}
		if ((source->ids[source->nids] = selector_parse(text, &why)) == NULL)
			complain(reader, where, line_of(option, where), "id: \"%s\": %s", text, why);
		else
			source->nids++;
	}
}

/* A program that every caller can see must exist and be executable; who runs it must be able to. */
static const char *
check_program(const struct reader *reader, const char *program)
{
	struct stat st;

	if (program[0] != '/')
		return "is not an absolute path";
	if (stat(program, &st) != 0)
		return errno == EACCES && (reader->what & CONF_HOOKS) == 0 ? NULL : strerror(errno);
	if (!S_ISREG(st.st_mode))
		return "is not a regular file";
	if ((st.st_mode & 0111) == 0)
		return "is not executable";
	return (reader->what & CONF_HOOKS) != 0 && access(program, X_OK) != 0 ? strerror(errno) : NULL;
}

static void
read_command(struct reader *reader, cfg_t *sec, struct hook *hook)
{
	cfg_opt_t *option = cfg_getopt(sec, "command");
	const char *why;

	if (cfg_opt_size(option) == 0) {
		complain(reader, sec, (unsigned)sec->line, "hook \"%s\" has no command", hook->title);
		return;
	}
	if (cfg_opt_size(option) > RUN_ARGUMENTS_MAX) {
		complain(reader, sec, line_of(option, sec), "command: at most %d words", RUN_ARGUMENTS_MAX);
		return;
	}
	hook->command = texts(reader, option, sec);
	if (hook->command != NULL && hook->command[0] != NULL && (why = check_program(reader, hook->command[0])) != NULL)
		complain(reader, sec, line_of(option, sec), "hook \"%s\": command %s: %s", hook->title, hook->command[0], why);
}

void
hook_read(struct reader *reader, cfg_t *sec, struct hook *hook)
{
	struct layers layers = {sec, NULL}, retry = {cfg_size(sec, "retry") > 0 ? cfg_getsec(sec, "retry") : NULL, NULL};
	const uint64_t year = 366ull * 86400000;
	uint64_t output = 4096;
	struct stat st;

	hook->title = strdup(cfg_title(sec));
	hook->timeout_ms = 30000;
	hook->grace_ms = 5000;
	hook->backoff = (struct backoff){.first_ms = 5000, .factor = 5, .max_ms = 3600000, .give_up_ms = 86400000};
	if (hook->title == NULL || *hook->title == '\0' || strlen(hook->title) > CONF_TITLE_MAX ||
	    strpbrk(hook->title, " \t\r\n/") != NULL)
		complain(reader, sec, (unsigned)sec->line, "hook \"%s\": its title is a glob of event types without blanks or '/'",
		    cfg_title(sec));
	read_command(reader, sec, hook);
	take_text(reader, &layers, "directory", &hook->directory);
	if (hook->directory != NULL &&
	    (hook->directory[0] != '/' || (stat(hook->directory, &st) != 0 && errno != EACCES) || !S_ISDIR(st.st_mode)))
		complain(reader, sec, line_of(cfg_getopt(sec, "directory"), sec), "directory: %s is not a directory",
		    hook->directory);
	take_duration(reader, &layers, "timeout", 10, year, &hook->timeout_ms);
	take_duration(reader, &layers, "grace", 10, 3600000, &hook->grace_ms);
	take_number(reader, &layers, "max-running", 0, 1024, &hook->max_running);
	take_size(reader, &layers, "output", 0, RUN_OUTPUT_MAX, &output);
	hook->output_max = output;
	take_duration(reader, &retry, "first", 1, year, &hook->backoff.first_ms);
	take_number(reader, &retry, "factor", 1, 1000, &hook->backoff.factor);
	take_duration(reader, &retry, "max", 1, year, &hook->backoff.max_ms);
	take_duration(reader, &retry, "give-up", 0, 10 * year, &hook->backoff.give_up_ms);
}

static void
read_hooks(struct reader *reader, cfg_t *section, struct source *source)
{
	unsigned n = cfg_size(section, "hook");

	if (n > CONF_HOOKS_MAX) {
		complain(reader, section, source->line, "source \"%s\": at most %d hooks", source->name, CONF_HOOKS_MAX);
		return;
	}
	source->hooks = calloc(n + 1, sizeof source->hooks[0]);
	for (unsigned i = 0; source->hooks != NULL && i < n; i++) {
		cfg_t *sec = cfg_getnsec(section, "hook", i);

		if (conf_hook(source, cfg_title(sec)) != NULL) {
			complain(reader, sec, (unsigned)sec->line, "hook \"%s\" is there already", cfg_title(sec));
			continue;
		}
		hook_read(reader, sec, &source->hooks[source->nhooks++]);
	}
}

static void
read_path(struct reader *reader, cfg_t *section, struct source *source)
{
	struct layers own = {section, NULL};

	take_text(reader, &own, "path", &source->path);
	if (source->path == NULL)
		complain(reader, section, source->line, "source \"%s\" has no path", source->name);
	else if (source->path[0] != '/' || strpbrk(source->path, "?# \t") != NULL)
		complain(reader, section, line_of(cfg_getopt(section, "path"), section),
		    "path: \"%s\" is not a request path such as \"/webhooks/name\"", source->path);
}

void
source_read(struct reader *reader, cfg_t *section, struct source *source)
{
	struct layers own = {section, NULL}, layers = own;
	uint64_t max_body = 1u << 20;

	source->name = strdup(cfg_title(section));
	source->line = (unsigned)section->line;
	source->require_https = true;
	source->max_depth = 64;
	if (source->name == NULL || !plain_name(source->name, CONF_NAME_MAX))
		complain(reader, section, source->line, "source \"%s\": a name has letters, digits, '-', '_' and '.'",
		    cfg_title(section));
	layers.preset = find_preset(reader, section);
	read_path(reader, section, source);
	take_text(reader, &own, "url", &source->url);
	take_bool(&own, "unsigned", &source->unsigned_allowed);
	take_bool(&layers, "require-https", &source->require_https);
	take_size(reader, &layers, "max-body", 1, CONF_BODY_LIMIT, &max_body);
	source->max_body = max_body;
	take_number(reader, &layers, "max-depth", 1, 512, &source->max_depth);
	read_secrets(reader, section, source);
	read_authentication(reader, section, &layers, source);
	take_selector(reader, &layers, "event", &source->event);
	if (source->event == NULL)
		complain(reader, section, source->line, "source \"%s\" has no event: name a preset, or the selector of the event "
							"type", source->name);
	read_ids(reader, &layers, source);
	take_selector(reader, &layers, "lane", &source->lane);
	read_fields(reader, &layers, source);
	read_env(reader, &layers, source);
	read_hooks(reader, section, source);
	if (layers.preset != NULL)
		cfg_free(layers.preset);
}
