/* Lists of networks. */
#include "conf_reader.h"

struct network *
conf_networks(struct conf_reader *r, cfg_t *section, const char *name, size_t *n)
{
	size_t count = conf_settings(section, name);
	struct network *networks;

	*n = 0;
	if (count > CONF_NETWORKS_MAX) {
		conf_complain(r, conf_setting(section, name, CONF_NETWORKS_MAX),
		    "option '%s' has more than %d networks", name, CONF_NETWORKS_MAX);
		return NULL;
	}
	networks = count == 0 ? NULL : conf_array(r, count, sizeof(networks[0]));
	for (size_t i = 0; networks != NULL && i < count; i++) {
		const struct setting *setting = conf_setting(section, name, i);
		const char *why = network_parse(setting->text, &networks[i]);

		if (why != NULL)
			conf_complain(r, setting, "option '%s': '%s' %s", name, setting->text, why);
	}
	*n = networks != NULL ? count : 0;
	return networks;
}
