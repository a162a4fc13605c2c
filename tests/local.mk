# Tests speak TAP, so that each case counts: Check's programs on request, the scripts by tests/lib.sh.
unit_tests = \
	tests/unit/test_address \
	tests/unit/test_adopted \
	tests/unit/test_reaper \
	tests/unit/test_answer \
	tests/unit/test_ask \
	tests/unit/test_asked \
	tests/unit/test_backoff \
	tests/unit/test_base64 \
	tests/unit/test_batch \
	tests/unit/test_binding \
	tests/unit/test_broken \
	tests/unit/test_child \
	tests/unit/test_claim \
	tests/unit/test_client \
	tests/unit/test_clock \
	tests/unit/test_conf \
	tests/unit/test_conf_env \
	tests/unit/test_conf_field \
	tests/unit/test_conf_handshake \
	tests/unit/test_conf_hook \
	tests/unit/test_conf_key \
	tests/unit/test_conf_network \
	tests/unit/test_conf_option \
	tests/unit/test_conf_parse \
	tests/unit/test_conf_process \
	tests/unit/test_conf_secret \
	tests/unit/test_conf_signature \
	tests/unit/test_conf_signed \
	tests/unit/test_conf_source \
	tests/unit/test_conf_stamp \
	tests/unit/test_conf_text \
	tests/unit/test_conf_units \
	tests/unit/test_connections \
	tests/unit/test_control \
	tests/unit/test_control_clients \
	tests/unit/test_crew \
	tests/unit/test_decimal \
	tests/unit/test_digest \
	tests/unit/test_disk \
	tests/unit/test_door \
	tests/unit/test_due \
	tests/unit/test_event \
	tests/unit/test_event_filter \
	tests/unit/test_event_repair \
	tests/unit/test_fault \
	tests/unit/test_field \
	tests/unit/test_filter \
	tests/unit/test_followers \
	tests/unit/test_form \
	tests/unit/test_generation \
	tests/unit/test_glob \
	tests/unit/test_handover \
	tests/unit/test_handshake \
	tests/unit/test_hook \
	tests/unit/test_hook_users \
	tests/unit/test_json \
	tests/unit/test_json_escape \
	tests/unit/test_judge \
	tests/unit/test_jumps \
	tests/unit/test_keeper \
	tests/unit/test_keepers \
	tests/unit/test_lane \
	tests/unit/test_late \
	tests/unit/test_launch \
	tests/unit/test_line \
	tests/unit/test_line_log \
	tests/unit/test_listener \
	tests/unit/test_log \
	tests/unit/test_log_limit \
	tests/unit/test_log_syslog \
	tests/unit/test_loop \
	tests/unit/test_media \
	tests/unit/test_memory \
	tests/unit/test_network \
	tests/unit/test_notes \
	tests/unit/test_notify \
	tests/unit/test_outcome \
	tests/unit/test_output \
	tests/unit/test_pack \
	tests/unit/test_parked \
	tests/unit/test_passed \
	tests/unit/test_payload \
	tests/unit/test_pipes \
	tests/unit/test_place \
	tests/unit/test_pool \
	tests/unit/test_programs \
	tests/unit/test_read_limit \
	tests/unit/test_record \
	tests/unit/test_reload \
	tests/unit/test_reports \
	tests/unit/test_rights \
	tests/unit/test_roster \
	tests/unit/test_run \
	tests/unit/test_runner \
	tests/unit/test_runner_link \
	tests/unit/test_sandbox \
	tests/unit/test_schedule \
	tests/unit/test_seen \
	tests/unit/test_selector \
	tests/unit/test_signature \
	tests/unit/test_signature_trace \
	tests/unit/test_slot \
	tests/unit/test_slow \
	tests/unit/test_sockets \
	tests/unit/test_space \
	tests/unit/test_spool \
	tests/unit/test_spool_damage \
	tests/unit/test_spool_event \
	tests/unit/test_spool_find \
	tests/unit/test_spool_format \
	tests/unit/test_spool_lock \
	tests/unit/test_spool_retain \
	tests/unit/test_stage \
	tests/unit/test_starter \
	tests/unit/test_state \
	tests/unit/test_store_debris \
	tests/unit/test_store_flush \
	tests/unit/test_store_cut \
	tests/unit/test_store_journal \
	tests/unit/test_store_spare \
	tests/unit/test_store_table \
	tests/unit/test_store_thread \
	tests/unit/test_store_upkeep \
	tests/unit/test_store_waiting \
	tests/unit/test_stream \
	tests/unit/test_submit \
	tests/unit/test_submitter \
	tests/unit/test_suspension \
	tests/unit/test_task \
	tests/unit/test_text \
	tests/unit/test_trust \
	tests/unit/test_upkeep \
	tests/unit/test_validate \
	tests/unit/test_variable \
	tests/unit/test_verdict \
	tests/unit/test_watch \
	tests/unit/test_when \
	tests/unit/test_whole \
	tests/unit/test_wire \
	tests/unit/test_worker

conf_fixture = tests/unit/conf_fixture.c tests/unit/conf_fixture.h
tests_unit_test_conf_SOURCES = tests/unit/test_conf.c $(conf_fixture)
tests_unit_test_conf_env_SOURCES = tests/unit/test_conf_env.c $(conf_fixture)
tests_unit_test_conf_field_SOURCES = tests/unit/test_conf_field.c $(conf_fixture)
tests_unit_test_conf_handshake_SOURCES = tests/unit/test_conf_handshake.c $(conf_fixture)
tests_unit_test_conf_hook_SOURCES = tests/unit/test_conf_hook.c $(conf_fixture)
tests_unit_test_conf_key_SOURCES = tests/unit/test_conf_key.c $(conf_fixture)
tests_unit_test_conf_network_SOURCES = tests/unit/test_conf_network.c $(conf_fixture)
tests_unit_test_conf_option_SOURCES = tests/unit/test_conf_option.c $(conf_fixture)
tests_unit_test_conf_parse_SOURCES = tests/unit/test_conf_parse.c $(conf_fixture)
tests_unit_test_conf_process_SOURCES = tests/unit/test_conf_process.c $(conf_fixture)
tests_unit_test_conf_secret_SOURCES = tests/unit/test_conf_secret.c $(conf_fixture)
tests_unit_test_conf_signature_SOURCES = tests/unit/test_conf_signature.c $(conf_fixture)
tests_unit_test_conf_signed_SOURCES = tests/unit/test_conf_signed.c $(conf_fixture)
tests_unit_test_conf_source_SOURCES = tests/unit/test_conf_source.c $(conf_fixture)
tests_unit_test_conf_stamp_SOURCES = tests/unit/test_conf_stamp.c $(conf_fixture)
tests_unit_test_conf_text_SOURCES = tests/unit/test_conf_text.c $(conf_fixture)

# Of the runner: with the spooler's end of its socket.
spooler_end = tests/unit/spooler_end.c tests/unit/spooler_end.h
tests_unit_test_child_SOURCES = tests/unit/test_child.c $(spooler_end)
tests_unit_test_crew_SOURCES = tests/unit/test_crew.c $(spooler_end)
tests_unit_test_hook_SOURCES = tests/unit/test_hook.c $(spooler_end)
tests_unit_test_keeper_SOURCES = tests/unit/test_keeper.c $(spooler_end)
tests_unit_test_keepers_SOURCES = tests/unit/test_keepers.c $(scarce) $(spooler_end)
tests_unit_test_keepers_LDFLAGS = $(AM_LDFLAGS) $(scarce_wraps)
tests_unit_test_pool_SOURCES = tests/unit/test_pool.c $(spooler_end)
tests_unit_test_reports_SOURCES = tests/unit/test_reports.c $(spooler_end)
tests_unit_test_stream_SOURCES = tests/unit/test_stream.c $(spooler_end)
tests_unit_test_task_SOURCES = tests/unit/test_task.c $(spooler_end)
tests_unit_test_watch_SOURCES = tests/unit/test_watch.c $(spooler_end)
tests_unit_test_worker_SOURCES = tests/unit/test_worker.c $(spooler_end)

# The web server's end of FastCGI.
fastcgi = tests/unit/fastcgi.c tests/unit/fastcgi.h
tests_unit_test_connections_SOURCES = tests/unit/test_connections.c $(fastcgi)
tests_unit_test_loop_SOURCES = tests/unit/test_loop.c $(fastcgi) $(sent)
tests_unit_test_slow_SOURCES = tests/unit/test_slow.c $(fastcgi) $(sent)
tests_unit_test_whole_SOURCES = tests/unit/test_whole.c $(fastcgi)

# What they share: a webhook that is sent.
sent = tests/unit/sent.c tests/unit/sent.h
tests_unit_test_handshake_SOURCES = tests/unit/test_handshake.c $(sent)
tests_unit_test_judge_SOURCES = tests/unit/test_judge.c $(sent)
tests_unit_test_judge_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=calloc
tests_unit_test_signature_trace_SOURCES = tests/unit/test_signature_trace.c $(sent)
tests_unit_test_validate_SOURCES = tests/unit/test_validate.c $(sent)
tests_unit_test_verdict_SOURCES = tests/unit/test_verdict.c $(sent)

# Some share a spooler in a directory of its own.
runner_end = tests/unit/runner_end.c tests/unit/runner_end.h

spooled = tests/unit/spooled.c tests/unit/spooled.h $(runner_end)

kept = tests/unit/kept.c tests/unit/kept.h

stored = tests/unit/stored.c tests/unit/stored.h
tests_unit_test_generation_SOURCES = tests/unit/test_generation.c $(stored)
tests_unit_test_pack_SOURCES = tests/unit/test_pack.c $(stored)
tests_unit_test_roster_SOURCES = tests/unit/test_roster.c $(stored)
tests_unit_test_seen_SOURCES = tests/unit/test_seen.c $(stored)
tests_unit_test_store_debris_SOURCES = tests/unit/test_store_debris.c $(stored)
tests_unit_test_store_flush_SOURCES = tests/unit/test_store_flush.c $(stored)
tests_unit_test_store_cut_SOURCES = tests/unit/test_store_cut.c tests/unit/cut.c tests/unit/cut.h
tests_unit_test_store_table_SOURCES = tests/unit/test_store_table.c $(stored)
tests_unit_test_late_SOURCES = tests/unit/test_late.c $(kept)
tests_unit_test_spool_find_SOURCES = tests/unit/test_spool_find.c $(kept)
tests_unit_test_spool_damage_SOURCES = tests/unit/test_spool_damage.c $(kept)
tests_unit_test_spool_event_SOURCES = tests/unit/test_spool_event.c $(kept)
tests_unit_test_spool_format_SOURCES = tests/unit/test_spool_format.c $(kept)
tests_unit_test_spool_retain_SOURCES = tests/unit/test_spool_retain.c $(kept)

# Allocations that fail.
scarce = tests/unit/scarce.c tests/unit/scarce.h
scarce_wraps = -Wl,--wrap=malloc -Wl,--wrap=calloc -Wl,--wrap=realloc -Wl,--wrap=strdup
tests_unit_test_memory_SOURCES = tests/unit/test_memory.c $(scarce) $(sent) $(spooled)
tests_unit_test_memory_LDFLAGS = $(AM_LDFLAGS) $(scarce_wraps)

tests_unit_test_client_SOURCES = tests/unit/test_client.c $(scarce) $(spooled)
tests_unit_test_client_LDFLAGS = $(AM_LDFLAGS) $(scarce_wraps) -Wl,--wrap=spool_commit
tests_unit_test_control_SOURCES = tests/unit/test_control.c $(spooled)
tests_unit_test_control_clients_SOURCES = tests/unit/test_control_clients.c $(spooled)
tests_unit_test_event_repair_SOURCES = tests/unit/test_event_repair.c $(spooled)
tests_unit_test_launch_SOURCES = tests/unit/test_launch.c $(runner_end)
tests_unit_test_listener_SOURCES = tests/unit/test_listener.c $(spooled)
tests_unit_test_listener_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=clock_monotonic_ms
tests_unit_test_reload_SOURCES = tests/unit/test_reload.c $(spooled)
tests_unit_test_runner_link_SOURCES = tests/unit/test_runner_link.c $(runner_end)
tests_unit_test_log_syslog_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=connect
tests_unit_test_slot_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=spool_suspended
tests_unit_test_schedule_SOURCES = tests/unit/test_schedule.c $(spooled)
tests_unit_test_schedule_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=spool_event -Wl,--wrap=spool_due
tests_unit_test_space_SOURCES = tests/unit/test_space.c $(spooled)
tests_unit_test_state_SOURCES = tests/unit/test_state.c $(spooled)
tests_unit_test_upkeep_SOURCES = tests/unit/test_upkeep.c $(spooled)
tests_unit_test_upkeep_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=clock_wall_ms -Wl,--wrap=clock_monotonic_ms -Wl,--wrap=clock_boot_ms

tests_unit_test_batch_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=spool_commit

# Those that take longest begin, so that "make -j2 check" ends soon.
integration_tests = \
	tests/integration/servers.sh \
	tests/integration/fcgid.sh \
	tests/integration/senders.sh \
	tests/integration/autostart.sh \
	tests/integration/answers.sh \
	tests/integration/anycheck.sh \
	tests/integration/completion.sh \
	tests/integration/conf.sh \
	tests/integration/crash.sh \
	tests/integration/debug.sh \
	tests/integration/examples.sh \
	tests/integration/explain.sh \
	tests/integration/filters.sh \
	tests/integration/flood.sh \
	tests/integration/health.sh \
	tests/integration/hooks.sh \
	tests/integration/hostile.sh \
	tests/integration/hook_users.sh \
	tests/integration/libraries.sh \
	tests/integration/order.sh \
	tests/integration/processes.sh \
	tests/integration/record.sh \
	tests/integration/reload.sh \
	tests/integration/roots.sh \
	tests/integration/rotate.sh \
	tests/integration/spawn.sh \
	tests/integration/stalled.sh \
	tests/integration/users.sh \
	tests/integration/workers.sh

include tests/powercut/local.mk
include tests/crash/local.mk

# Random operations on a real spooler against a model of it; MODEL_STEPS for more of them.
model_test = tests/model/model
model_reference = \
	tests/model/configured.c \
	tests/model/configured.h \
	tests/model/mended.c \
	tests/model/reference.c \
	tests/model/reference.h
tests_model_model_SOURCES = \
	tests/model/model.c \
	tests/model/served.c \
	tests/model/served.h \
	tests/model/subject.c \
	tests/model/subject.h \
	$(model_reference) \
	$(runner_end)
tests_model_model_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=spool_commit -Wl,--wrap=getrandom -Wl,--wrap=clock_wall_ms \
	-Wl,--wrap=clock_monotonic_ms

include tests/fuzz/local.mk

if HAVE_CHECK
check_PROGRAMS = $(unit_tests) $(model_test) $(sim_test) $(fuzz_tests) $(powercut_programs) tests/record/record tests/crash/hook \
	tests/arch/carry
tests_record_record_SOURCES = tests/record/record.c
tests_record_record_LDADD = $(FCGI_LIBS)
run_unit_tests = $(unit_tests)
else
check-local:
	@echo "make check: libcheck is missing (Debian: apt-get install check): the unit tests did not run" >&2; exit 1
endif
LDADD = libcli.a libresponder.a libspooler.a librunner.a libspool.a $(lib_common) $(FCGI_LIBS) $(DB_LIBS) $(EVENT_LIBS) \
	$(SECCOMP_LIBS) $(CHECK_LIBS) -lpthread

run_tests = $(integration_tests) $(powercut_tests) $(crash_tests) $(model_test) $(sim_test) $(run_unit_tests) $(fuzz_tests)
TESTS = $(run_tests)
TEST_EXTENSIONS = .sh
tap_driver = env AM_TAP_AWK='$(AWK)' $(SHELL) $(top_srcdir)/build-aux/tap-driver.sh
LOG_DRIVER = $(tap_driver)
SH_LOG_DRIVER = $(tap_driver)
SH_LOG_COMPILER = $(BASH_PROGRAM)
AM_TESTS_ENVIRONMENT = \
	CK_TAP_LOG_FILE_NAME=-; CK_VERBOSITY=silent; export CK_TAP_LOG_FILE_NAME CK_VERBOSITY; \
	HOOKSPOOL_SOURCE='$(abs_top_srcdir)'; HOOKSPOOL_BUILD='$(abs_top_builddir)'; \
	export HOOKSPOOL_SOURCE HOOKSPOOL_BUILD;

test_files = \
	$(powercut_files) \
	$(fuzz_files) \
	tests/lint/documents \
	tests/lint/hardening \
	tests/lint/rooms \
	tests/vectors/pagerduty.body \
	tests/vectors/stripe.body \
	tests/servers.txt \
	$(coverage_files) \
	tests/package/apk \
	tests/package/copy \
	tests/package/inside \
	tests/package/pages \
	tests/package/rpm \
	tests/package/run \
	tests/lib.sh \
	tests/servers.sh \
	tests/stage.sh \
	tests/integration/activate.pl \
	tests/integration/submit.py \
	tests/integration/stall.pl \
	tests/valgrind.supp \
	$(thread_files) \
	$(arch_files) \
	tests/bench/README \
	tests/bench/accept.sh \
	tests/bench/beside.sh \
	tests/bench/bench.sh \
	tests/bench/first.pl \
	tests/bench/growth.sh \
	tests/bench/hooks.sh \
	tests/bench/journal.sh \
	tests/bench/lasting.sh \
	tests/bench/lib.sh \
	tests/bench/peers.sh \
	tests/bench/peers/express.js \
	tests/bench/peers/post.pl \
	tests/bench/peers/receiver.py \
	tests/bench/peers/servers.sh \
	tests/bench/plateau.sh \
	tests/bench/processes.sh \
	tests/bench/table.awk

include tests/sim/local.mk
include tests/mutation/local.mk

# Built only on demand: what it costs to make a webhook durable, and to keep it.  README there says how to read it.
EXTRA_PROGRAMS = tests/bench/fill tests/bench/forkexec tests/bench/hook tests/bench/load tests/bench/nothing
bench_sample = tests/bench/sample.c tests/bench/sample.h
tests_bench_fill_SOURCES = tests/bench/fill.c $(bench_sample)
tests_bench_fill_LDADD = libprotocol.a libbase.a
tests_bench_forkexec_SOURCES = tests/bench/forkexec.c
tests_bench_forkexec_LDADD =
tests_bench_hook_SOURCES = tests/bench/hook.c
tests_bench_hook_LDADD =
tests_bench_load_SOURCES = tests/bench/load.c tests/bench/answer.c tests/bench/answer.h tests/bench/signed.c tests/bench/signed.h \
	tests/bench/tally.c tests/bench/tally.h $(bench_sample)
tests_bench_load_LDADD = $(CRYPTO_LIBS)
tests_bench_nothing_SOURCES = tests/bench/nothing.c
tests_bench_nothing_LDADD = $(FCGI_LIBS) -lpthread

model: $(model_test)
	MODEL_STEPS=$${MODEL_STEPS:-1000000} $(model_test)
.PHONY: model

include tests/coverage/local.mk

bench: all $(EXTRA_PROGRAMS)
	$(BASH_PROGRAM) $(srcdir)/tests/bench/bench.sh $(abs_top_builddir)

# Beside the ways people take webhooks today.
bench-peers: all $(EXTRA_PROGRAMS)
	$(BASH_PROGRAM) $(srcdir)/tests/bench/peers.sh $(abs_top_builddir)
.PHONY: bench bench-peers soak

# The suite behind every web server with longer loads; LOAD: answers 200 between two restarts.
LOAD = 2000
soak: all
	$(AM_TESTS_ENVIRONMENT) LOAD='$(LOAD)' $(BASH_PROGRAM) $(srcdir)/tests/integration/servers.sh

# Fragments that add to the lists above.
include tests/fault/local.mk
include tests/arch/local.mk
include tests/threads/local.mk
