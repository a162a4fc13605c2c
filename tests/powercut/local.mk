# The power goes: README there says how.  SEED and CUTS for other cuts, and more of them.
powercut_tests = tests/powercut/powercut.sh
powercut_programs = tests/powercut/hook tests/powercut/load tests/powercut/powercut
powercut_library = tests/powercut/recorder.so
powercut_webhook = tests/powercut/webhook.c tests/powercut/webhook.h
powercut_recorder = \
	tests/powercut/record.h \
	tests/powercut/recorder.c \
	tests/powercut/recorder.h \
	tests/powercut/recorder_clock.c \
	tests/powercut/recorder_names.c

tests_powercut_hook_SOURCES = tests/powercut/hook.c tests/powercut/ran.h
tests_powercut_hook_LDADD =
tests_powercut_load_SOURCES = tests/powercut/load.c $(powercut_webhook)
tests_powercut_load_LDADD = libprotocol.a libbase.a
tests_powercut_powercut_SOURCES = \
	tests/powercut/census.c \
	tests/powercut/census.h \
	tests/powercut/check.c \
	tests/powercut/check.h \
	tests/powercut/cuts.c \
	tests/powercut/cuts.h \
	tests/powercut/disk.c \
	tests/powercut/disk.h \
	tests/powercut/history.c \
	tests/powercut/history.h \
	tests/powercut/image.c \
	tests/powercut/image.h \
	tests/powercut/powercut.c \
	tests/powercut/ran.h \
	tests/powercut/record.h \
	tests/powercut/recording.c \
	tests/powercut/recording.h \
	tests/powercut/rules.c \
	tests/powercut/walk.c \
	tests/powercut/walk.h \
	tests/powercut/wrong.h \
	$(powercut_webhook)
tests_powercut_powercut_LDADD = libspool.a $(lib_common) $(DB_LIBS) -lpthread

# Without the sanitizers' and the hardening's flags: it stands between a program and its libraries, whatever those were built with.
$(powercut_library): $(powercut_recorder)
	$(AM_V_CCLD)$(MKDIR_P) $(@D) && $(CC) -D_GNU_SOURCE $(WARN_CFLAGS) -O2 -g -fPIC -shared -o $@ \
		$(srcdir)/tests/powercut/recorder.c $(srcdir)/tests/powercut/recorder_clock.c \
		$(srcdir)/tests/powercut/recorder_names.c -ldl -lpthread
check_DATA = $(powercut_library)

powercut_files = tests/powercut/README $(powercut_recorder) $(powercut_tests)

powercut-test: all $(powercut_programs) $(powercut_library)
	$(AM_TESTS_ENVIRONMENT) SEED=$${SEED:-random} CUTS=$${CUTS:-1000} $(BASH_PROGRAM) $(srcdir)/$(powercut_tests)
.PHONY: powercut-test
