# The rooms of the house, one library each; whatever stands in one uses only those above it here.  HACKING says what belongs where.

noinst_LIBRARIES = \
	libbase.a \
	libprotocol.a \
	libconf.a \
	libwebhook.a \
	libspool.a \
	libresponder.a \
	libspooler.a \
	librunner.a \
	libcli.a

libbase_a_SOURCES = \
	src/lib/base64.c \
	src/lib/base64.h \
	src/lib/clock.c \
	src/lib/clock.h \
	src/lib/decimal.c \
	src/lib/decimal.h \
	src/lib/digest.c \
	src/lib/digest.h \
	src/lib/disk.c \
	src/lib/disk.h \
	src/lib/form.c \
	src/lib/form.h \
	src/lib/glob.c \
	src/lib/glob.h \
	src/lib/json.c \
	src/lib/json.h \
	src/lib/json_escape.c \
	src/lib/json_escape.h \
	src/lib/json_names.c \
	src/lib/json_names.h \
	src/lib/json_text.c \
	src/lib/log.c \
	src/lib/log.h \
	src/lib/log_flood.c \
	src/lib/log_flood.h \
	src/lib/log_limit.c \
	src/lib/log_limit.h \
	src/lib/log_patience.c \
	src/lib/log_patience.h \
	src/lib/log_syslog.c \
	src/lib/log_syslog.h \
	src/lib/media.c \
	src/lib/media.h \
	src/lib/network.c \
	src/lib/network.h \
	src/lib/place.c \
	src/lib/place.h \
	src/lib/program.c \
	src/lib/program.h \
	src/lib/text.c \
	src/lib/text.h \
	src/lib/trust.c \
	src/lib/trust.h \
	src/lib/wire.c \
	src/lib/wire.h

libprotocol_a_SOURCES = \
	src/protocol/account.c \
	src/protocol/account.h \
	src/protocol/control.h \
	src/protocol/event.c \
	src/protocol/event.h \
	src/protocol/fault.c \
	src/protocol/fault.h \
	src/protocol/run.c \
	src/protocol/run.h \
	src/protocol/submit.c \
	src/protocol/submit.h \
	src/protocol/variable.c \
	src/protocol/variable.h \
	src/protocol/worker.c \
	src/protocol/worker.h

libconf_a_SOURCES = \
	src/conf/conf.c \
	src/conf/conf.h \
	src/conf/conf_env.c \
	src/conf/conf_field.c \
	src/conf/conf_handshake.c \
	src/conf/conf_hook.c \
	src/conf/conf_key.c \
	src/conf/conf_network.c \
	src/conf/conf_option.c \
	src/conf/conf_parse.c \
	src/conf/conf_parts.h \
	src/conf/conf_process.c \
	src/conf/conf_read.c \
	src/conf/conf_reader.c \
	src/conf/conf_reader.h \
	src/conf/conf_secret.c \
	src/conf/conf_signature.c \
	src/conf/conf_signed.c \
	src/conf/conf_source.c \
	src/conf/conf_stamp.c \
	src/conf/conf_template.c \
	src/conf/conf_text.c \
	src/conf/conf_units.c \
	src/conf/page_journal.c \
	src/conf/page_journal.h \
	src/conf/paths.h \
	src/conf/selector.c \
	src/conf/selector.h

libwebhook_a_SOURCES = \
	src/webhook/address.c \
	src/webhook/address.h \
	src/webhook/asked.c \
	src/webhook/asked.h \
	src/webhook/field.c \
	src/webhook/field.h \
	src/webhook/handshake.c \
	src/webhook/handshake.h \
	src/webhook/payload.c \
	src/webhook/payload.h \
	src/webhook/select.c \
	src/webhook/select.h \
	src/webhook/signature.c \
	src/webhook/signature.h \
	src/webhook/signature_sign.c \
	src/webhook/signature_sign.h \
	src/webhook/signature_trace.c \
	src/webhook/signature_trace.h \
	src/webhook/signature_view.c \
	src/webhook/signature_view.h \
	src/webhook/signing_key.c \
	src/webhook/signing_key.h \
	src/webhook/validate.c \
	src/webhook/validate.h \
	src/webhook/verdict.c \
	src/webhook/verdict.h \
	src/webhook/webhook.h

libspool_a_SOURCES = \
	src/spool/due.c \
	src/spool/due.h \
	src/spool/files.c \
	src/spool/files.h \
	src/spool/filter.c \
	src/spool/filter.h \
	src/spool/generation.c \
	src/spool/generation.h \
	src/spool/jumps.c \
	src/spool/jumps.h \
	src/spool/lane.c \
	src/spool/lane.h \
	src/spool/late.c \
	src/spool/late.h \
	src/spool/pack.c \
	src/spool/pack.h \
	src/spool/record.c \
	src/spool/record.h \
	src/spool/roster.c \
	src/spool/roster.h \
	src/spool/seen.c \
	src/spool/seen.h \
	src/spool/seen_filter.c \
	src/spool/seen_filter.h \
	src/spool/spool.c \
	src/spool/spool.h \
	src/spool/spool_attempt.c \
	src/spool/spool_attempt.h \
	src/spool/spool_delivery.c \
	src/spool/spool_delivery.h \
	src/spool/spool_event.c \
	src/spool/spool_event.h \
	src/spool/spool_find.c \
	src/spool/spool_format.c \
	src/spool/spool_key.c \
	src/spool/spool_key.h \
	src/spool/spool_lock.c \
	src/spool/spool_outcome.c \
	src/spool/spool_pack.c \
	src/spool/spool_private.h \
	src/spool/spool_repair.c \
	src/spool/spool_retain.c \
	src/spool/spool_seen.c \
	src/spool/spool_seen.h \
	src/spool/spool_steer.c \
	src/spool/store.c \
	src/spool/store_batch.c \
	src/spool/store_batch.h \
	src/spool/store_file.c \
	src/spool/store_file.h \
	src/spool/store_journal.c \
	src/spool/store_journal.h \
	src/spool/store_journal_private.h \
	src/spool/store_journal_restore.c \
	src/spool/store_library.c \
	src/spool/store_library.h \
	src/spool/store_pages.c \
	src/spool/store_pages.h \
	src/spool/store_pages_drain.c \
	src/spool/store_pages_private.h \
	src/spool/store_waiting.c \
	src/spool/store_waiting.h \
	src/spool/store.h \
	src/spool/store_debris.c \
	src/spool/store_debris.h \
	src/spool/store_flush.c \
	src/spool/store_flush.h \
	src/spool/store_name.c \
	src/spool/store_private.h \
	src/spool/store_spare.c \
	src/spool/store_spare.h \
	src/spool/store_table.c \
	src/spool/store_thread.c \
	src/spool/store_thread.h \
	src/spool/store_upkeep.c \
	src/spool/store_upkeep.h

libresponder_a_SOURCES = \
	src/responder/autostart.c \
	src/responder/autostart.h \
	src/responder/connections.c \
	src/responder/connections.h \
	src/responder/handover.c \
	src/responder/handover.h \
	src/responder/judge.c \
	src/responder/judge.h \
	src/responder/loop.c \
	src/responder/loop.h \
	src/responder/parked.c \
	src/responder/parked.h \
	src/responder/read_limit.c \
	src/responder/read_limit.h \
	src/responder/reply.c \
	src/responder/reply.h \
	src/responder/request.c \
	src/responder/request.h \
	src/responder/reread.c \
	src/responder/reread.h \
	src/responder/responder.c \
	src/responder/responder.h \
	src/responder/rules.c \
	src/responder/rules.h \
	src/responder/sandbox.c \
	src/responder/sandbox.h \
	src/responder/slow.c \
	src/responder/slow.h \
	src/responder/starter.c \
	src/responder/starter.h \
	src/responder/submitter.c \
	src/responder/submitter.h \
	src/responder/target.c \
	src/responder/target.h \
	src/responder/whole.c \
	src/responder/whole.h

libspooler_a_SOURCES = \
	src/spooler/admit.c \
	src/spooler/admit.h \
	src/spooler/backoff.c \
	src/spooler/backoff.h \
	src/spooler/batch.c \
	src/spooler/batch.h \
	src/spooler/binding.c \
	src/spooler/binding.h \
	src/spooler/broken.c \
	src/spooler/broken.h \
	src/spooler/claim.c \
	src/spooler/claim.h \
	src/spooler/client.c \
	src/spooler/client.h \
	src/spooler/control.c \
	src/spooler/control.h \
	src/spooler/control_event.c \
	src/spooler/control_event.h \
	src/spooler/control_filter.c \
	src/spooler/control_filter.h \
	src/spooler/control_line.c \
	src/spooler/control_line.h \
	src/spooler/control_look.c \
	src/spooler/control_look.h \
	src/spooler/control_repair.c \
	src/spooler/control_repair.h \
	src/spooler/control_status.c \
	src/spooler/control_status.h \
	src/spooler/control_steer.c \
	src/spooler/control_steer.h \
	src/spooler/control_verb.c \
	src/spooler/control_verb.h \
	src/spooler/door.c \
	src/spooler/door.h \
	src/spooler/event_filter.c \
	src/spooler/event_filter.h \
	src/spooler/event_repair.c \
	src/spooler/event_repair.h \
	src/spooler/followers.c \
	src/spooler/followers.h \
	src/spooler/hook_steer.c \
	src/spooler/hook_steer.h \
	src/spooler/hook_users.c \
	src/spooler/hook_users.h \
	src/spooler/launch.c \
	src/spooler/launch.h \
	src/spooler/life.c \
	src/spooler/life.h \
	src/spooler/listener.c \
	src/spooler/listener.h \
	src/spooler/news.c \
	src/spooler/news.h \
	src/spooler/notify.c \
	src/spooler/notify.h \
	src/spooler/outcome.c \
	src/spooler/outcome.h \
	src/spooler/passed.c \
	src/spooler/passed.h \
	src/spooler/reload.c \
	src/spooler/reload.h \
	src/spooler/rights.c \
	src/spooler/rights.h \
	src/spooler/runner_fork.c \
	src/spooler/runner_fork.h \
	src/spooler/runner_link.c \
	src/spooler/runner_link.h \
	src/spooler/runs.c \
	src/spooler/runs.h \
	src/spooler/schedule.c \
	src/spooler/schedule.h \
	src/spooler/schedule_end.c \
	src/spooler/schedule_parts.h \
	src/spooler/schedule_start.c \
	src/spooler/schedule_turn.c \
	src/spooler/slot.c \
	src/spooler/slot.h \
	src/spooler/sockets.c \
	src/spooler/sockets.h \
	src/spooler/space.c \
	src/spooler/space.h \
	src/spooler/spooler.h \
	src/spooler/state.c \
	src/spooler/state.h \
	src/spooler/suspension.c \
	src/spooler/suspension.h \
	src/spooler/upkeep.c \
	src/spooler/upkeep.h \
	src/spooler/watchers.c \
	src/spooler/watchers.h

librunner_a_SOURCES = \
	src/runner/adopted.c \
	src/runner/adopted.h \
	src/runner/child.c \
	src/runner/child.h \
	src/runner/crew.c \
	src/runner/crew.h \
	src/runner/hook.c \
	src/runner/hook.h \
	src/runner/keeper.c \
	src/runner/keeper.h \
	src/runner/keepers.c \
	src/runner/keepers.h \
	src/runner/line.c \
	src/runner/line.h \
	src/runner/line_log.c \
	src/runner/line_log.h \
	src/runner/means.c \
	src/runner/means.h \
	src/runner/notes.c \
	src/runner/notes.h \
	src/runner/output.c \
	src/runner/output.h \
	src/runner/pipes.c \
	src/runner/pipes.h \
	src/runner/pool.c \
	src/runner/pool.h \
	src/runner/programs.c \
	src/runner/programs.h \
	src/runner/reaper.c \
	src/runner/reaper.h \
	src/runner/reports.c \
	src/runner/reports.h \
	src/runner/runner.c \
	src/runner/runner.h \
	src/runner/stage.c \
	src/runner/stage.h \
	src/runner/stream.c \
	src/runner/stream.h \
	src/runner/task.c \
	src/runner/task.h \
	src/runner/watch.c \
	src/runner/watch.h \
	src/runner/worker.c \
	src/runner/worker.h

libcli_a_SOURCES = \
	src/cli/ask.c \
	src/cli/ask.h \
	src/cli/body.c \
	src/cli/body.h \
	src/cli/check.c \
	src/cli/event_row.c \
	src/cli/event_row.h \
	src/cli/explain.c \
	src/cli/explain_signature.c \
	src/cli/explain_signature.h \
	src/cli/field_words.c \
	src/cli/field_words.h \
	src/cli/filter_words.c \
	src/cli/filter_words.h \
	src/cli/follow.c \
	src/cli/headers.c \
	src/cli/headers.h \
	src/cli/list.c \
	src/cli/repair.c \
	src/cli/show.c \
	src/cli/sign.c \
	src/cli/steer.c \
	src/cli/table.c \
	src/cli/table.h \
	src/cli/tail.c \
	src/cli/usage.c \
	src/cli/usage.h \
	src/cli/verbs.c \
	src/cli/verbs.h \
	src/cli/when.c \
	src/cli/when.h

# What each program is put together from, the upper rooms first.
lib_common = libwebhook.a libconf.a libprotocol.a libbase.a $(JSON_C_LIBS) $(CRYPTO_LIBS) $(CONFUSE_LIBS)

hookspool_SOURCES = src/main/hookspool.c
hookspool_LDADD = libcli.a $(lib_common)

hookspool_fcgi_SOURCES = src/main/hookspool_fcgi.c
hookspool_fcgi_LDADD = libresponder.a $(lib_common) $(FCGI_LIBS) $(SECCOMP_LIBS) -lpthread

hookspoold_SOURCES = src/main/hookspoold.c
hookspoold_LDADD = libspooler.a librunner.a libspool.a $(lib_common) $(DB_LIBS) $(EVENT_LIBS) -lpthread

dist_preset_DATA = \
	src/presets/anycheck.conf \
	src/presets/basic.conf \
	src/presets/bearer.conf \
	src/presets/bitbucket.conf \
	src/presets/discord.conf \
	src/presets/github.conf \
	src/presets/gitlab.conf \
	src/presets/hubspot.conf \
	src/presets/meta.conf \
	src/presets/paddle.conf \
	src/presets/pagerduty.conf \
	src/presets/shopify.conf \
	src/presets/slack-command.conf \
	src/presets/slack-interactive.conf \
	src/presets/slack.conf \
	src/presets/square.conf \
	src/presets/standard.conf \
	src/presets/stripe.conf \
	src/presets/svix.conf \
	src/presets/zoom.conf

dist_man_MANS = \
	src/man/hookspool.1 \
	src/man/hookspool.conf.5 \
	src/man/hookspool-hook.7 \
	src/man/hookspool-servers.7 \
	src/man/hookspool-sizing.7 \
	src/man/hookspool.fcgi.8 \
	src/man/hookspoold.8

room_files = \
	src/cli/README \
	src/conf/README \
	src/lib/README \
	src/main/README \
	src/protocol/README \
	src/responder/README \
	src/runner/README \
	src/spool/README \
	src/spooler/README \
	src/webhook/README
