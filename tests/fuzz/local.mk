# Each is a fuzzer's target, too: tests/fuzz/README.
if HAVE_CHECK
fuzz_tests = \
	tests/fuzz/answer \
	tests/fuzz/conf \
	tests/fuzz/control \
	tests/fuzz/disk \
	tests/fuzz/fastcgi \
	tests/fuzz/form \
	tests/fuzz/glob \
	tests/fuzz/json \
	tests/fuzz/messages \
	tests/fuzz/request \
	tests/fuzz/responder \
	tests/fuzz/runner \
	tests/fuzz/signed \
	tests/fuzz/spool \
	tests/fuzz/submit
if HAVE_YAJL
fuzz_tests += tests/fuzz/json_peers
endif
endif
fuzz_memory = tests/fuzz/memory_disk.c tests/fuzz/memory_store.c tests/fuzz/memory_store.h
fuzz_driver = tests/fuzz/drive.c tests/fuzz/fuzz.h
tests_fuzz_answer_SOURCES = tests/fuzz/answer.c $(fuzz_driver)
tests_fuzz_conf_SOURCES = tests/fuzz/conf.c $(fuzz_driver)
tests_fuzz_control_SOURCES = tests/fuzz/control.c $(fuzz_driver)
tests_fuzz_disk_SOURCES = tests/fuzz/disk.c $(fuzz_memory) $(fuzz_driver)
tests_fuzz_fastcgi_SOURCES = tests/fuzz/fastcgi.c $(fuzz_driver)
tests_fuzz_form_SOURCES = tests/fuzz/form.c $(fuzz_driver)
tests_fuzz_glob_SOURCES = tests/fuzz/glob.c $(fuzz_driver)
tests_fuzz_json_SOURCES = tests/fuzz/json.c $(fuzz_driver)
tests_fuzz_json_peers_SOURCES = tests/fuzz/json_peers.c $(fuzz_driver)
tests_fuzz_messages_SOURCES = tests/fuzz/messages.c $(fuzz_driver)
tests_fuzz_request_SOURCES = tests/fuzz/request.c tests/fuzz/sources.c tests/fuzz/sources.h $(fuzz_driver)
tests_fuzz_responder_SOURCES = tests/fuzz/responder.c $(fuzz_driver)
tests_fuzz_runner_SOURCES = tests/fuzz/runner.c $(fuzz_driver)
tests_fuzz_signed_SOURCES = tests/fuzz/signed.c $(fuzz_memory) tests/fuzz/sources.c tests/fuzz/sources.h $(fuzz_driver)
tests_fuzz_spool_SOURCES = tests/fuzz/spool.c $(fuzz_memory) \
	tests/fuzz/spool_served.c tests/fuzz/spool_served.h $(fuzz_driver)
tests_fuzz_submit_SOURCES = tests/fuzz/submit.c $(fuzz_driver)
tests_fuzz_json_peers_CPPFLAGS = $(AM_CPPFLAGS) $(YAJL_CFLAGS)
tests_fuzz_json_peers_LDADD = $(LDADD) $(YAJL_LIBS)

fuzz_files = \
	tests/fuzz/README \
	tests/fuzz/corpus \
	tests/fuzz/coverage \
	tests/fuzz/dictionaries \
	tests/fuzz/lsan.supp \
	tests/fuzz/run \
	tests/fuzz/targets.sh \
	tests/fuzz/tell.c

# With clang's libFuzzer: FUZZ_SECONDS each, FUZZ_JOBS at a time, FUZZ_TARGETS or all.
fuzz:
	$(BASH_PROGRAM) $(srcdir)/tests/fuzz/run '$(abs_top_srcdir)' '$(abs_top_builddir)'

# What their corpora reach of the files that they are for.
fuzz-coverage:
	$(BASH_PROGRAM) $(srcdir)/tests/fuzz/coverage '$(abs_top_srcdir)' '$(abs_top_builddir)'
.PHONY: fuzz fuzz-coverage
