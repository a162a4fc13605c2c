/* Sources, over their presets. */
#include <stdlib.h>
#include <string.h>

#include "../../src/conf/paths.h"
#include "../../src/lib/json.h"
#include "conf_fixture.h"

START_TEST(a_source_and_a_hook_have_defaults)
{
	struct conf *conf = good_source("hook a { command = '@/hook' }");
	const struct source *shop = conf_source(conf, "shop");
	const struct hook *hook = conf_hook(shop, "a");

	ck_assert(shop->require_https);
	ck_assert(!shop->unsigned_allowed);
	ck_assert_uint_eq(shop->max_body, 1u << 20);
	ck_assert_uint_eq(shop->max_depth, 64);
	ck_assert_ptr_null(shop->url);
	ck_assert_ptr_null(shop->lane);
	ck_assert_uint_eq(shop->line, 2);
	ck_assert_int_eq(shop->signatures[0].encoding, SIGNATURE_HEX);
	ck_assert_ptr_null(shop->signatures[0].split);
	ck_assert_ptr_null(shop->signatures[0].item);
	ck_assert_uint_eq(shop->signatures[0].nparts, 1);
	ck_assert_int_eq(shop->signatures[0].parts[0].kind, SIGNED_BODY);
	ck_assert_ptr_null(hook->directory);
	ck_assert_ptr_null(hook->command[1]);
	ck_assert_uint_eq(hook->timeout_ms, 30000);
	ck_assert_uint_eq(hook->grace_ms, 5000);
	ck_assert_uint_eq(hook->max_running, 0);
	ck_assert_uint_eq(hook->output_max, 4096);
	ck_assert_uint_eq(hook->backoff.first_ms, 5000);
	ck_assert_uint_eq(hook->backoff.factor, 5);
	ck_assert_uint_eq(hook->backoff.max_ms, 3600 * 1000);
	ck_assert_uint_eq(hook->backoff.give_up_ms, 24 * 3600 * 1000);
	conf_free(conf);
}
END_TEST

START_TEST(every_option_of_a_source_is_read)
{
	struct conf *conf = good_source(
	    "url = 'https://shop.example/in?x=1' require-https = false max-body = 2k max-depth = 5\n"
	    "signature { algorithm = hmac-sha512 from = query:sig split = ', ' item = 'v1=' encoding = base64\n"
	    "            signed = '{{{method}{{}:{url} {header:X-Time}.{body}' }\n"
	    "event = header:X-Event id = { body:/id, query:n, header:X-Id, digest } lane = body:/lane\n"
	    "field '/a~1b' { type = { string, null } required = true one-of = { x, '' } when = { 'a*', b } }\n"
	    "env = { 'A_1=body:/a', 'B=digest' }\n"
	    "hook 'a.*' { command = { '@/hook', '${not expanded}', '' } directory = '@' timeout = 100ms grace = 0s\n"
	    "             max-running = 3 output = 0 retry { first = 10ms factor = 1 max = 1d give-up = 0s } }");
	const struct source *shop = conf_source_at(conf, "/shop");
	const struct signed_part *parts = shop->signatures[0].parts;
	const struct hook *hook = conf_hook(shop, "a.*");

	ck_assert_str_eq(shop->url, "https://shop.example/in?x=1");
	ck_assert(!shop->require_https);
	ck_assert_uint_eq(shop->max_body, 2048);
	ck_assert_uint_eq(shop->max_depth, 5);
	ck_assert_int_eq(shop->signatures[0].algorithm, SIGNATURE_HMAC_SHA512);
	ck_assert_int_eq(shop->signatures[0].encoding, SIGNATURE_BASE64);
	ck_assert_int_eq(shop->signatures[0].from->kind, SELECTOR_QUERY);
	ck_assert_str_eq(shop->signatures[0].split, ", ");
	ck_assert_str_eq(shop->signatures[0].item, "v1=");
	ck_assert_uint_eq(shop->signatures[0].nparts, 8);
	ck_assert_str_eq(parts[0].text, "{");
	ck_assert_int_eq(parts[1].kind, SIGNED_METHOD);
	ck_assert_str_eq(parts[2].text, "{}:");
	ck_assert_int_eq(parts[3].kind, SIGNED_URL);
	ck_assert_str_eq(parts[4].text, " ");
	ck_assert_int_eq(parts[5].kind, SIGNED_HEADER);
	ck_assert_str_eq(parts[5].text, "HTTP_X_TIME");
	ck_assert_str_eq(parts[6].text, ".");
	ck_assert_int_eq(parts[7].kind, SIGNED_BODY);
	ck_assert_str_eq(shop->event->name, "HTTP_X_EVENT");
	ck_assert_uint_eq(shop->nids, 4);
	ck_assert_int_eq(shop->ids[3]->kind, SELECTOR_DIGEST);
	ck_assert_str_eq(shop->lane->pointer.tokens[0], "lane");
	ck_assert_uint_eq(shop->nfields, 1);
	ck_assert_str_eq(shop->fields[0].selector->pointer.tokens[0], "a/b");
	ck_assert_uint_eq(shop->fields[0].types, 1u << JSON_STRING | 1u << JSON_NULL);
	ck_assert(shop->fields[0].required);
	ck_assert_str_eq(shop->fields[0].one_of[1], "");
	ck_assert_ptr_null(shop->fields[0].one_of[2]);
	ck_assert_str_eq(shop->fields[0].when[0], "a*");
	ck_assert_uint_eq(shop->nenv, 2);
	ck_assert_str_eq(shop->env[0].name, "A_1");
	ck_assert_int_eq(shop->env[1].selector->kind, SELECTOR_DIGEST);
	ck_assert_str_eq(hook->command[1], "${not expanded}");
	ck_assert_str_eq(hook->command[2], "");
	ck_assert_ptr_null(hook->command[3]);
	ck_assert_str_eq(hook->directory, directory);
	ck_assert_uint_eq(hook->timeout_ms, 100);
	ck_assert_uint_eq(hook->grace_ms, 0);
	ck_assert_uint_eq(hook->max_running, 3);
	ck_assert_uint_eq(hook->output_max, 0);
	ck_assert_uint_eq(hook->backoff.first_ms, 10);
	ck_assert_uint_eq(hook->backoff.factor, 1);
	ck_assert_uint_eq(hook->backoff.max_ms, 86400 * 1000);
	ck_assert_uint_eq(hook->backoff.give_up_ms, 0);
	conf_free(conf);
}
END_TEST

START_TEST(a_source_overrides_its_preset)
{
	struct conf *conf;
	const struct source *shop;

	put("plain.conf",
	    "signature { algorithm = hmac-sha256 from = header:X-Signature item = 'v1=' }\n"
	    "event = body:/type id = { body:/id, body:/type } lane = body:/id require-https = no "
	    "max-body = 3 max-depth = 9\n"
	    "field /a { type = string required = true } field /b { type = number }\n"
	    "env = { 'A=body:/a', 'B=body:/b' }\n");
	conf = good_source("");
	shop = &conf->sources[0];
	ck_assert(!shop->require_https);
	ck_assert_uint_eq(shop->max_body, 3);
	ck_assert_uint_eq(shop->max_depth, 9);
	ck_assert_str_eq(shop->signatures[0].item, "v1=");
	ck_assert_uint_eq(shop->nids, 2);
	ck_assert_uint_eq(shop->nfields, 2);
	ck_assert_uint_eq(shop->nenv, 2);
	ck_assert_uint_eq(shop->nsecrets, 1);
	conf_free(conf);

	conf = good_source(
	    "require-https = true max-body = 1M max-depth = 64 event = header:E id = digest lane = body:/l\n"
	    "signature { algorithm = hmac-sha512 from = header:Y }\n"
	    "field /a { type = array } field /c { } env = { 'B=query:b', 'C=query:c' }\n");
	shop = &conf->sources[0];
	ck_assert(shop->require_https);
	ck_assert_uint_eq(shop->max_body, 1u << 20);
	ck_assert_uint_eq(shop->max_depth, 64);
	ck_assert_str_eq(shop->event->text, "header:E");
	ck_assert_uint_eq(shop->nids, 1);
	ck_assert_str_eq(shop->lane->text, "body:/l");
	ck_assert_int_eq(shop->signatures[0].algorithm, SIGNATURE_HMAC_SHA512);
	ck_assert_ptr_null(shop->signatures[0].item);
	ck_assert_uint_eq(shop->nfields, 3);
	ck_assert_str_eq(shop->fields[0].selector->text, "/b");
	ck_assert_str_eq(shop->fields[1].selector->text, "/a");
	ck_assert_uint_eq(shop->fields[1].types, 1u << JSON_ARRAY);
	ck_assert(!shop->fields[1].required);
	ck_assert_uint_eq(shop->nenv, 3);
	ck_assert_str_eq(shop->env[0].name, "A");
	ck_assert_str_eq(shop->env[1].selector->text, "query:b");
	ck_assert_str_eq(shop->env[2].name, "C");
	conf_free(conf);
}
END_TEST

START_TEST(sources_differ_in_name_and_path)
{
	refused("source a { path = /a unsigned = true event = digest id = digest }\n\nsource a {\n}\n",
	    "3: source 'a' is there twice");
	refused("source a { path = /a unsigned = true event = digest id = digest }\n"
		"source b { unsigned = true event = digest id = digest\n path = /a }\n",
	    "3: option 'path': '/a' is the path of source 'a' too");
	refused("\nsource 'a/b' { }\n", "2: source 'a/b': a name has 1 to 64 letters");
	refused("\nsource '' { }\n", "2: source '': a name has");
	refused_in_source("path = shop", "3: option 'path' is an absolute path");
	refused_in_source("path = '/a b'", "3: option 'path' has at most 255 printable characters");
	refused_in_source("path = '/a?b'", "3: option 'path' has at most");
	refused_in_source("url = shop.example", "3: option 'url' is a whole https:// or http:// URL");
}
END_TEST

START_TEST(an_event_and_an_id_are_needed)
{
	put("nothing.conf", "signature { algorithm = hmac-sha256 from = header:X-Signature }\n");
	refused(HEAD "\nsource a { path = /a secret-file = '@/secret' preset = nothing }\n",
	    "3: source 'a' has no option 'event': add a preset or");
	said("3: source 'a' has no option 'id': add a preset or");
	refused_in_source("event = 'body:x'", "3: option 'event': 'body:x': ");
	refused_in_source(
	    "id = { body:/a,\n body:/b, body:/c, body:/d,\n body:/e }", "5: option 'id' has more than 4 selectors");
	refused_in_source("lane = 'head:X'", "3: option 'lane': 'head:X': ");
}
END_TEST

START_TEST(errors_in_a_preset_have_its_file_and_line)
{
	char *text = source("");

	put("plain.conf",
	    "event = body:/type\n\nid = bad\nfield /a {\n type = text }\n"
	    "signature { algorithm = hmac-sha256 from = header:X-Signature }\n");
	ck_assert_ptr_null(read_as(text, 0));
	said("@/plain.conf:3: option 'id': 'bad': ");
	said("@/plain.conf:5: option 'type' is string, number, integer, boolean, object, array or null, not 'text'");
	put("plain.conf", "\nhook a { }\n");
	ck_assert_ptr_null(read_as(text, 0));
	said("@/plain.conf:2: option 'hook' belongs in a source, not in a preset\n");
	put("plain.conf", "secret-file = '/x'\n");
	ck_assert_ptr_null(read_as(text, 0));
	said("@/plain.conf:1: option 'secret-file' belongs in a source, not in a preset\n");
	put("plain.conf", "\n\nevent = \n");
	ck_assert_ptr_null(read_as(text, 0));
	said("@/plain.conf:4: premature end of file");
	free(text);
}
END_TEST

START_TEST(a_preset_is_a_name_or_an_absolute_path)
{
	conf_free(good_source("preset = '@/plain.conf'"));
	refused_in_source(
	    "preset = '../plain'", "3: option 'preset' is a name of a-z, 0-9 and '-', or an absolute path");
	refused_in_source("preset = Plain", "3: option 'preset' is a name");
	refused_in_source("preset = none", "3: '@/none.conf' can't be read: No such file or directory");
	ck_assert_ptr_null(strstr(errors, "has no option"));
}
END_TEST

START_TEST(presets_do_not_depend_on_the_environment)
{
	setenv("HOOKSPOOL_PRESETDIR", directory, 1);
	ck_assert_ptr_null(read_as("source a { path = /a unsigned = true preset = plain }\n", 0));
	said(":1: '" HOOKSPOOL_PRESETDIR "/plain.conf' can't be read");
	unsetenv("HOOKSPOOL_PRESETDIR");
}
END_TEST

START_TEST(a_form_is_asked_for)
{
	struct conf *conf = good_source("payload = form:payload event = form:kind");

	ck_assert_int_eq(conf->sources[0].payload, PAYLOAD_FORM_FIELD);
	ck_assert_str_eq(conf->sources[0].payload_field, "payload");
	conf_free(conf);
	conf = good_source("payload = form event = form:kind id = form:id");
	ck_assert_int_eq(conf->sources[0].payload, PAYLOAD_FORM);
	conf_free(conf);
	refused_in_source("event = form:kind", "2: source 'shop': 'form:kind' needs option 'payload'");
	refused_in_source("payload = form", "2: source 'shop': 'body:/type': its payload is a form without JSON");
	refused_in_source("payload = xml", "3: option 'payload' is json, form or form:name, not 'xml'");
	refused_in_source("payload = 'form:'", "3: option 'payload': 'form:': ");
}
END_TEST

START_TEST(a_source_is_bounded)
{
	char body[16384] = "\n", *end = body + 1;

	for (int i = 0; i < CONF_FIELDS_MAX + 1; i++)
		end += sprintf(end, "field /%d { }\n", i);
	refused_in_source(body, "36: source 'shop' has more than 32 fields");
	end = stpcpy(body, "env = {\n'A=digest'");
	for (int i = 0; i < CONF_ENV_MAX; i++)
		end += sprintf(end, ",\n'A%d=digest'", i);
	strcpy(end, "}");
	refused_in_source(body, "36: option 'env': source 'shop' has more than 32 variables");
	for (int i = 0, n = (end = body, CONF_HOOKS_MAX + 1); i < n; i++)
		end += sprintf(end, "hook h%d { command = '@/hook' }\n", i);
	refused_in_source(body, "67: source 'shop' has more than 64 hooks");
	end = stpcpy(body, "lane = body:/l env = { 'A=body:/a'");
	for (int i = 1; i < CONF_ENV_MAX; i++)
		end += sprintf(end, ", 'A%d=body:/a'", i);
	end = stpcpy(end, " }\n");
	for (int i = 0; i < CONF_FIELDS_MAX; i++)
		end += sprintf(end, "field /%d { }\n", i);
	refused_in_source(body, "2: source 'shop' selects 67 values of the body; 64 is the most");
}
END_TEST

int
main(void)
{
	TCase *t = conf_cases("conf_source");

	tcase_add_test(t, a_source_and_a_hook_have_defaults);
	tcase_add_test(t, every_option_of_a_source_is_read);
	tcase_add_test(t, a_source_overrides_its_preset);
	tcase_add_test(t, sources_differ_in_name_and_path);
	tcase_add_test(t, an_event_and_an_id_are_needed);
	tcase_add_test(t, errors_in_a_preset_have_its_file_and_line);
	tcase_add_test(t, a_preset_is_a_name_or_an_absolute_path);
	tcase_add_test(t, presets_do_not_depend_on_the_environment);
	tcase_add_test(t, a_form_is_asked_for);
	tcase_add_test(t, a_source_is_bounded);
	return conf_run();
}
