# shellcheck shell=bash disable=SC2034 # used by those that read it
# What each fuzz target is made of besides TARGET.c, and the files that it is for: tests/fuzz/run and tests/fuzz/coverage.

fuzz_targets='answer conf control disk fastcgi form glob json json_peers messages request responder runner signed spool submit'

# For each target a line: its further sources, "|", the files under src/ that it is for.
fuzz_target() {
	case $1 in
	answer) echo "| protocol/worker.c protocol/fault.c" ;;
	conf) echo "| conf/conf.c conf/conf_env.c conf/conf_field.c conf/conf_handshake.c conf/conf_hook.c conf/conf_key.c conf/conf_network.c conf/conf_option.c conf/conf_parse.c conf/conf_read.c conf/conf_reader.c conf/conf_signature.c conf/conf_signed.c conf/conf_source.c conf/conf_template.c conf/conf_text.c conf/conf_units.c conf/selector.c" ;;
	control) echo "| spooler/control.c spooler/control_line.c spooler/control_event.c spooler/control_look.c spooler/control_repair.c spooler/control_status.c spooler/control_steer.c spooler/event_repair.c" ;;
	disk) echo "memory_disk.c memory_store.c | spool/filter.c spool/jumps.c spool/pack.c spool/record.c spool/store_spare.c" ;;
	fastcgi) echo "| responder/whole.c" ;;
	form) echo "| lib/form.c" ;;
	glob) echo "| lib/glob.c" ;;
	json | json_peers) echo "| lib/json.c lib/json_escape.c lib/json_names.c lib/json_text.c" ;;
	messages) echo "| protocol/event.c spool/record.c" ;;
	request) echo "sources.c | webhook/address.c webhook/asked.c webhook/field.c webhook/handshake.c webhook/payload.c webhook/select.c webhook/signature.c webhook/signature_view.c webhook/validate.c webhook/verdict.c" ;;
	responder) echo "| responder/connections.c responder/handover.c responder/judge.c responder/loop.c responder/parked.c responder/read_limit.c responder/reply.c responder/request.c responder/slow.c responder/submitter.c" ;;
	runner) echo "| protocol/run.c protocol/variable.c runner/line.c" ;;
	signed) echo "sources.c memory_disk.c memory_store.c | webhook/field.c webhook/handshake.c webhook/payload.c webhook/select.c webhook/signature.c webhook/signature_sign.c webhook/validate.c webhook/verdict.c spooler/admit.c spooler/claim.c spool/spool_event.c spool/spool_seen.c" ;;
	spool) echo "spool_served.c memory_disk.c memory_store.c | spool/due.c spool/files.c spool/generation.c spool/lane.c spool/late.c spool/pack.c spool/record.c spool/roster.c spool/seen.c spool/seen_filter.c spool/spool.c spool/spool_attempt.c spool/spool_delivery.c spool/spool_event.c spool/spool_format.c spool/spool_outcome.c spool/spool_repair.c spool/spool_retain.c spool/spool_seen.c" ;;
	submit) echo "| spooler/client.c spooler/admit.c spooler/batch.c spooler/claim.c protocol/submit.c" ;;
	*) echo "tests/fuzz: there is no target $1" >&2 && return 1 ;;
	esac
}

# Its sources: fuzz_sources SOURCE TARGET
fuzz_sources() {
	local further

	further=$(fuzz_target "$2") || return 1
	for file in "$2.c" ${further%|*}; do
		echo "$1/tests/fuzz/$file"
	done
}

# What is linked to it.
fuzz_rooms='libcli.a libresponder.a libspooler.a librunner.a libspool.a libwebhook.a libconf.a libprotocol.a libbase.a'
fuzz_libraries() {
	local -a packages=(json-c libcrypto libconfuse libevent_core)

	if pkg-config --exists yajl; then
		packages+=(yajl)
	fi
	echo "$fuzz_rooms $(pkg-config --libs "${packages[@]}") -lfcgi -ldb-5.3 -lpthread"
}

# Whether it can be built here; says why not.
fuzz_can() {
	[ "$1" != json_peers ] || pkg-config --exists yajl || { echo "$1: YAJL is missing (Debian: apt-get install libyajl-dev)" >&2 && return 1; }
}
