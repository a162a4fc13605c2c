/* The text that is signed. */
#include <stdio.h>
#include <string.h>

#include "conf_fixture.h"

START_TEST(an_id_that_is_signed_is_one_header)
{
	struct conf *conf = good_source("id = header:X-Id signature { algorithm = hmac-sha256 from = header:X\n"
					"signed = '{id}.{body}' }");

	ck_assert_str_eq(conf->sources[0].signatures[0].parts[0].text, "HTTP_X_ID");
	conf_free(conf);
	refused_in_source("signature { algorithm = hmac-sha256 from = header:X\n signed = '{id}.{body}' }",
	    "4: option 'signed' has {id}: option 'id' of source 'shop' must be one header then");
}
END_TEST

static void
refused_template(const char *template, const char *line)
{
	char body[2048];

	snprintf(body, sizeof(body), "signature { algorithm = hmac-sha1 from = header:X\n signed = '%s' }", template);
	refused_in_source(body, line);
}

START_TEST(a_signed_template_authenticates_the_body)
{
	char many[1024] = "";

	refused_template("{method}", "4: option 'signed' lacks {body}");
	refused_template("", "4: option 'signed' lacks {body}");
	refused_template("{{body}", "4: option 'signed' lacks {body}");
	refused_template("{body}{time}", "4: option 'signed': '{time}' is not {body}");
	refused_template("{body}{}", "4: option 'signed': '{}' is not {body}");
	refused_template("{body", "4: option 'signed': a '{' is not closed");
	refused_template("{body}{header:}", "4: option 'signed': 'header:': ");
	refused_template("{body}{url}", "4: option 'signed' has {url}: source 'shop' needs option 'url'");
	for (int i = 0; i < 33; i++)
		strcat(many, "{body}");
	refused_template(many, "4: option 'signed' has more than 32 parts");
}
END_TEST

int
main(void)
{
	TCase *t = conf_cases("conf_signed");

	tcase_add_test(t, an_id_that_is_signed_is_one_header);
	tcase_add_test(t, a_signed_template_authenticates_the_body);
	return conf_run();
}
