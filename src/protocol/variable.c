/* One list for all that name variables. */
#include "variable.h"

#include <string.h>

/*
 * Names that change how a program, its loader, its interpreter or its libraries run.  What ends in '*' is a beginning.
 */
static const char *const reserved[] = {"LD_*", "DYLD_*", "BASH*", "PYTHON*", "PERL*", "RUBY*", "NODE_*", "NPM_*",
    "GEM_*", "BUNDLE_*", "PHP*", "LUA_*", "JAVA_*", "JDK_*", "_JAVA_*", "CLASSPATH", "DOTNET_*", "CORECLR_*", "GODEBUG",
    "GOGC", "GOMAXPROCS", "GOTRACEBACK", "RUST_*", "GIT_*", "SSH_*", "MALLOC_*", "GLIBC_*", "GCONV_PATH", "GETCONF_DIR",
    "NLSPATH", "LOCPATH", "ASAN_*", "LSAN_*", "MSAN_*", "TSAN_*", "UBSAN_*", "OPENSSL_*", "SSL_*", "SSLKEYLOGFILE",
    "CURL_*", "KRB5*", "HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "ALL_PROXY", "NO_PROXY", "HOSTALIASES", "LOCALDOMAIN",
    "RES_OPTIONS", "RESOLV_*", "PATH", "IFS", "ENV", "SHELL", "SHELLOPTS", "HOME", "USER", "LOGNAME", "PWD", "OLDPWD",
    "CDPATH", "FPATH", "ZDOTDIR", "PS1", "PS2", "PS3", "PS4", "PROMPT_COMMAND", "FUNCNEST", "GLOBIGNORE",
    "POSIXLY_CORRECT", "TMPDIR", "TMP", "TEMP", "TZ", "TZDIR", "LANG", "LANGUAGE", "LC_*", "TERM", "TERMINFO*",
    "TERMCAP", "XDG_*", "EDITOR", "VISUAL", "PAGER", "LESS", "LESSOPEN", "LESSCLOSE", "DISPLAY", "MAIL", "MAILPATH"};

bool
variable_is_name(const char *name, size_t len)
{
	if (len == 0 || len > VARIABLE_NAME_MAX || (name[0] >= '0' && name[0] <= '9'))
		return false;
	for (size_t i = 0; i < len; i++)
		if (!(name[i] >= 'A' && name[i] <= 'Z') && !(name[i] >= '0' && name[i] <= '9') && name[i] != '_')
			return false;
	return true;
}

bool
variable_is_own(const char *name, size_t len)
{
	return len >= strlen(VARIABLE_OWN) && memcmp(name, VARIABLE_OWN, strlen(VARIABLE_OWN)) == 0;
}

static bool
is_reserved(const char *name, size_t len, const char *entry)
{
	size_t n = strlen(entry);

	if (entry[n - 1] == '*')
		return len >= n - 1 && memcmp(name, entry, n - 1) == 0;
	return len == n && memcmp(name, entry, n) == 0;
}

bool
variable_is_free(const char *name, size_t len)
{
	if (!variable_is_name(name, len) || variable_is_own(name, len))
		return false;
	for (size_t i = 0; i < sizeof(reserved) / sizeof(reserved[0]); i++)
		if (is_reserved(name, len, reserved[i]))
			return false;
	return true;
}
