#!/usr/bin/env bash
# Apache's mod_fcgid ends responders for many reasons: none of them loses a webhook.
# shellcheck source=tests/stage.sh
. "${HOOKSPOOL_SOURCE:?}/tests/stage.sh"
# shellcheck source=tests/lib.sh
. "$HOOKSPOOL_SOURCE/tests/lib.sh"
# shellcheck source=tests/servers.sh
. "$HOOKSPOOL_SOURCE/tests/servers.sh"
needs apache2 "$apache_modules/mod_fcgid.so"
trap 'stop_way; finish' EXIT
in=$dir/in

# apache [LINES after the template's]: a new one.
apache() {
	stop_way
	rm -rf "$dir/spool" "$dir/log"
	more=${1:-}
	mkdir -p "${conf%/*}"
	write_conf "deadline = \"${2:-4s}\"" </dev/null && start_way fcgid
}
# As the template has it, and then MORE.
fill() {
	sed -e "s|/usr/libexec/|$dir/usr/libexec/|g; s|/etc/hookspool/|$dir/etc/hookspool/|g; s|\*:443>|127.0.0.1:$tls_port>|" \
		"$HOOKSPOOL_SOURCE/contrib/$1" >"$2"
	[ "$1" != apache/hookspool-fcgid.conf ] || echo "$more" >>"$2"
}
fresh() { event "$in" completed "v$RANDOM$RANDOM$RANDOM" COMPLETED; }
stored() { fresh && post 200 "$in" && grep -q '"stored"' "$dir/answer"; }
events() { hs list | wc -l; }
# load N: so many different webhooks, eight at a time; the statuses and how often each.
load() {
	local i
	for i in $(seq "$1"); do
		event "$dir/load.$i" completed "load-$i" COMPLETED
		hs sign anycheck <"$dir/load.$i" >"$dir/load.$i.header"
		printf 'url = "http://127.0.0.1:%s/webhooks/anycheck"\noutput = "/dev/null"\nwrite-out = "%%{http_code} load-%s\\n"\nsilent\nmax-time = 15\nheader = "@%s"\nheader = "Content-Type: application/json"\ndata-binary = "@%s"\nnext\n' \
			"$port" "$i" "$dir/load.$i.header" "$dir/load.$i"
	done | sed '$d' >"$dir/curl.conf"
	curl -Z --parallel-max 8 -K "$dir/curl.conf" 2>/dev/null >"$dir/load.out"
	cut -d ' ' -f 1 "$dir/load.out" | sort | uniq -c
}
all_are_stored_once() { # N
	hs list | cut -f 4 | cut -d ' ' -f 1 | sed -n '/^load-/p' | sort >"$dir/listed"
	sed -n 's/^200 //p' "$dir/load.out" | sort >"$dir/accepted"
	equal "$1" "$(wc -l <"$dir/accepted")" && equal '' "$(comm -3 "$dir/accepted" "$dir/listed")"
}

an_idle_responder_is_ended_and_the_next_webhook_starts_another() {
	apache 'FcgidIdleTimeout 1
		FcgidIdleScanInterval 1
		FcgidZombieScanInterval 1
		FcgidMinProcessesPerClass 0'
	for _ in 1 2 3; do
		stored && wait_for 20 no_responders || return 1
	done
	equal 3 "$(events)" && equal 3 "$(grep -c 'hookspool.fcgi.*ready' "$dir/log")" && equal 3 "$(grep -c 'hookspool.fcgi.*signal 15: stopped' "$dir/log")" &&
		equal 1 "$(grep -c 'hookspoold.*ready' "$dir/log")"
}
one_that_has_had_its_share_of_webhooks_is_replaced_under_load() {
	# Not by a small number: Apache starts about one process a second where many have ended.
	apache 'FcgidMaxRequestsPerProcess 40
		FcgidErrorScanInterval 1' && load 200 && all_are_stored_once 200 && wait_for 10 some_have_stopped
}
one_that_is_old_is_replaced() {
	apache 'FcgidProcessLifeTime 1
		FcgidIdleScanInterval 1
		FcgidZombieScanInterval 1
		FcgidMinProcessesPerClass 0'
	stored && wait_for 20 no_responders && stored && equal 2 "$(events)"
}
# The template's time-outs are longer than hookspool's own.
a_spooler_that_hangs_is_answered_503_by_hookspool() {
	apache && stored && kill -STOP "$(cat "$dir/spool/lock")" && fresh && post 503 "$in" && grep -q '"error":"unavailable"' "$dir/answer"
	local status=$?
	kill -CONT "$(cat "$dir/spool/lock")"
	[ "$status" = 0 ] && post 200 "$in" && equal 2 "$(events)"
}
# A busy machine is slower than these time-outs now and then, also before: what was kept until then is not counted.
where_apaches_time_out_is_shorter_the_sender_sees_500_and_its_next_try_is_kept_once() {
	local before status
	apache 'FcgidIOTimeout 1' 10s && wait_for 30 stored && before=$(events) && kill -STOP "$(cat "$dir/spool/lock")" && fresh && equal 500 "$(send "$in")"
	status=$?
	kill -CONT "$(cat "$dir/spool/lock")"
	[ "$status" = 0 ] && wait_for 30 post 200 "$in" && equal $((before + 1)) "$(events)" && wait_for 30 stored
}
one_that_is_busy_for_too_long_is_ended_and_what_it_had_is_kept_once() {
	local before status
	apache 'FcgidBusyTimeout 1
		FcgidBusyScanInterval 1' 10s && wait_for 30 stored && before=$(events) && kill -STOP "$(cat "$dir/spool/lock")" && fresh &&
		equal 500 "$(send "$in")" && grep -q 'FastCGI server closed connection' "$dir/server.log"
	status=$?
	kill -CONT "$(cat "$dir/spool/lock")"
	[ "$status" = 0 ] && wait_for 30 post 200 "$in" && equal $((before + 1)) "$(events)" && wait_for 30 stored
}
nothing_is_lost_by_graceful_restarts_under_load() {
	apache && stored && { load 400 >"$dir/statuses" & } && local loader=$! || return 1
	for _ in 1 2 3; do
		kill -USR1 "$server"
		sleep 0.3
	done
	wait "$loader"
	cat "$dir/statuses"
	all_are_stored_once "$(grep -c ^200 "$dir/load.out")" && wait_for 20 stored
}
larger_webhooks_than_mod_fcgids_128_kib_are_taken() {
	fresh && printf ',"output":{"verified":true,"note":"%s"}}' "$(head -c 400000 /dev/zero | tr '\0' x)" >"$dir/tail" &&
		sed 's/,"output".*//' "$in" | tr -d '\n' | cat - "$dir/tail" >"$in.large" && post 200 "$in.large"
}
some_have_stopped() { [ "$(grep -c 'hookspool.fcgi.*signal 15: stopped' "$dir/log")" -ge 2 ]; }

run_cases an_idle_responder_is_ended_and_the_next_webhook_starts_another one_that_has_had_its_share_of_webhooks_is_replaced_under_load \
	one_that_is_old_is_replaced a_spooler_that_hangs_is_answered_503_by_hookspool \
	where_apaches_time_out_is_shorter_the_sender_sees_500_and_its_next_try_is_kept_once \
	one_that_is_busy_for_too_long_is_ended_and_what_it_had_is_kept_once nothing_is_lost_by_graceful_restarts_under_load \
	larger_webhooks_than_mod_fcgids_128_kib_are_taken
done_testing
