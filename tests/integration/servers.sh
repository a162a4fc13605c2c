#!/usr/bin/env bash
# One suite behind every web server that contrib/ has a configuration for; at its end a table: rows the cases, columns the ways.
# Another order or choice: servers.sh WAY…; for longer loads: LOAD=200 (answers 200 between two restarts; default 40).
# shellcheck source=tests/stage.sh
. "${HOOKSPOOL_SOURCE:?}/tests/stage.sh"
# shellcheck source=tests/lib.sh
. "$HOOKSPOOL_SOURCE/tests/lib.sh"
# shellcheck source=tests/servers.sh
. "$HOOKSPOOL_SOURCE/tests/servers.sh"
trap 'stop_way; finish' EXIT
[ $# -eq 0 ] || ways=$*
in=$dir/in
type=application/json
json="Content-Type: $type"
load=${LOAD:-40}
loads=120 # different webhooks
declare -A cell

write_servers_conf() {
	umask 077
	mkdir -p "${conf%/*}" "$dir/run/hookspool"
	[ -f "$secret" ] || head -c 24 /dev/urandom | base64 >"$secret"
	cat >"$conf" <<-END
		spool          = "$dir/spool"
		socket         = "$dir/run/hookspool/submit.sock"
		control-socket = "$dir/run/hookspool/control.sock"
		spooler        = "$dir/spooler"
		presets        = "$HOOKSPOOL_SOURCE/src/presets"
		log            = "$dir/log"
		read-deadline  = "3s"
		deadline       = "4s"
		health-path    = "$base/health"
		source "anycheck" { preset = "anycheck"  path = "$base/anycheck"  require-https = false  secret-file = "$secret" }
		source "https"    { preset = "anycheck"  path = "$base/https"  secret-file = "$secret" }
		source "any" {
		    path = "$base/any"  require-https = false  secret-file = "$secret"  max-body = "8M"
		    signature { algorithm = "hmac-sha256"  from = "header:X-Signature" }
		    event = "header:X-Event"  id = "digest"
		}
		source "bearer" {
		    path = "$base/bearer"  require-https = false  secret-file = "$secret"
		    signature { algorithm = "hmac-sha256"  from = "header:Authorization"  item = "Bearer " }
		    event = "header:X-Event"  id = "digest"
		}
	END
}

# The spooler, unless it is to fail.
cat >"$dir/spooler" <<-END
	#!/bin/sh
	[ ! -e "$dir/spooler.fails" ] || { echo 'spooler: told to fail' >&2; exit 1; }
	exec "$HOOKSPOOL_BUILD/hookspoold" "\$@"
END
chmod 755 "$dir/spooler"

scheme=http
at() { # SOURCE
	case $scheme in
	http) echo "http://127.0.0.1:$port$base/$1" ;;
	https) echo "https://127.0.0.1:$tls_port$base/$1" ;;
	esac
}
# request STATUS FILE SOURCE [CURL OPTIONS]: signed as SOURCE wants it; the answer in $dir/answer, its head in $dir/headers.
request() {
	local want=$1 file=$2 source=$3 got
	shift 3
	hs sign "$source" <"$file" >"$file.header" || return 1
	got=$(curl -s -m 15 -o "$dir/answer" -D "$dir/headers" -w '%{http_code}' -H @"$file.header" -H "Content-Type: $type" \
		-H 'X-Event: test' -H 'Expect:' --data-binary @"$file" "$@" "$(at "$source")") || { echo "curl: $?"; return 1; }
	equal "$want" "$got" || { cat "$dir/answer"; return 1; }
}
# plain STATUS CODE CURL-WORDS…: unsigned
plain() {
	local want=$1 code=$2 got
	shift 2
	got=$(curl -s -m 15 -o "$dir/answer" -D "$dir/headers" -w '%{http_code}' "$@") || { echo "curl: $?"; return 1; }
	equal "$want" "$got" &&
		grep -q "\"error\":\"$code\"" "$dir/answer" || { cat "$dir/answer"; return 1; }
}
fresh() { event "$in" completed "v$RANDOM$RANDOM$RANDOM" COMPLETED; }
number() { sed -n 's/.*"number":\([0-9]*\).*/\1/p' "$dir/answer"; }
says() { grep -q "$1" "$dir/answer" || { cat "$dir/answer"; return 1; }; }
# what FILE: the stored bytes of the event that was answered last
is_stored_exactly() { hs body "$(number)" >"$dir/body" && cmp "$1" "$dir/body"; }
# of_size N: JSON
of_size() { if [ "$1" = 1 ]; then printf 7; else { printf '"'; head -c $(($1 - 2)) /dev/zero | tr '\0' "${2:-x}"; printf '"'; }; fi >"$in"; }

# --- The cases

stored() { fresh && request 200 "$in" anycheck && says '"stored"' && is_stored_exactly "$in"; }
duplicate() { request 200 "$in" anycheck && says '"duplicate"'; }
hundred_at_once_are_one_event() {
	local i
	fresh && hs sign anycheck <"$in" >"$in.header" || return 1
	for i in $(seq 100); do
		printf 'url = "http://127.0.0.1:%s%s/anycheck"\noutput = "%s/once.%s"\nwrite-out = "%%{http_code}\\n"\nsilent\nmax-time = 30\nheader = "@%s"\nheader = "%s"\ndata-binary = "@%s"\nnext\n' \
			"$port" "$base" "$dir" "$i" "$in.header" "$json" "$in"
	done | sed '$d' >"$dir/curl.conf"
	rm -f "$dir"/once.*
	equal '    100 200' "$(curl -Z --parallel-max 100 -K "$dir/curl.conf" 2>/dev/null | sort | uniq -c)" &&
		equal 1 "$(cat "$dir"/once.* | grep -c '"stored"')" && equal 1 "$(cat "$dir"/once.* | sed 's/.*number//' | sort -u | wc -l)"
}
sizes_from_1_byte_to_8_mb() {
	local size
	for size in 1 2 8191 8192 65535 65536 131073 1048577 8388608; do
		of_size "$size" && request 200 "$in" any && is_stored_exactly "$in" || { echo "$size bytes"; return 1; }
	done
}
chunked() {
	local size
	if [ "$way" = busybox ]; then # it takes no chunked body: whatever it makes of one, nothing is stored
		of_size 70 c
		hs sign any <"$in" >"$in.header"
		! curl -s -m 5 -o "$dir/answer" -f -H @"$in.header" -H "$json" -H 'X-Event: test' -H 'Transfer-Encoding: chunked' \
			--data-binary @"$in" "$(at any)"
		return
	fi
	for size in 70 20000 2000000; do
		if [ "$way $size" = "lighttpd-stream 2000000" ]; then # it streams only what has a length
			of_size "$size" c && request 411 "$in" any -H 'Transfer-Encoding: chunked'
			return
		fi
		of_size "$size" c && request 200 "$in" any -H 'Transfer-Encoding: chunked' && says '"stored"' && is_stored_exactly "$in" || { echo "$size bytes"; return 1; }
	done
}
header_in_any_case_and_a_query() {
	fresh && hs sign anycheck <"$in" | sed 's/X-Webhook-Signature/x-webhook-SIGNATURE/' >"$in.header" &&
		equal 200 "$(curl -s -m 15 -o "$dir/answer" -w '%{http_code}' -H @"$in.header" -H "$json" --data-binary @"$in" "$(at anycheck)?a=b&c=%2f")"
}
authorization_arrives() { of_size 90 "$((RANDOM % 10))" && request 200 "$in" bearer && is_stored_exactly "$in"; }
forged_is_401() {
	local url
	url=$(at anycheck)
	fresh && plain 401 unauthorized -H "$json" --data-binary @"$in" "$url" &&
		plain 401 unauthorized -H "X-Webhook-Signature: $(printf '%064d' 0)" -H "$json" --data-binary @"$in" "$url"
}
invalid_is_400() {
	: >"$in" && request 400 "$in" anycheck && says empty-body &&
		printf '{"event":01}' >"$in" && request 400 "$in" anycheck && says invalid-json &&
		printf '{"event":"verification.failed","verification_id":"x","status":"LOST"}' >"$in" && request 400 "$in" anycheck &&
		says '"pointer":"/status"'
}
https_is_required() {
	fresh && request 403 "$in" https && says https-required || return 1
	! has_tls || scheme=https request 200 "$in" https --cacert "$dir/etc/hookspool/tls.crt"
}
elsewhere_is_404() { fresh && plain 404 not-found -H "$json" --data-binary @"$in" "$(at nowhere)"; }
get_is_405() { plain 405 method-not-allowed "$(at anycheck)" && grep -qi '^Allow: POST' "$dir/headers"; }
too_long_is_413() { of_size 1048577 && request 413 "$in" anycheck && says body-too-large; }
not_json_is_415() {
	fresh && type=text/plain request 415 "$in" anycheck && says unsupported-media-type &&
		request 415 "$in" anycheck -H 'Content-Encoding: gzip' && says unsupported-encoding
}
cut_short_stores_nothing() {
	local before
	before=$(hs list | wc -l)
	fresh && hs sign anycheck <"$in" >"$in.header"
	{ printf 'POST %s/anycheck HTTP/1.1\r\nHost: localhost\r\n%s\r\n%s\r\nContent-Length: 400\r\n\r\n' "$base" "$json" "$(cat "$in.header")"
		cat "$in"; } | timeout 5 bash -c "exec 3<>/dev/tcp/127.0.0.1/$port; cat >&3; exec 3>&-"
	fresh && request 200 "$in" anycheck && equal $((before + 1)) "$(hs list | wc -l)"
}

# More of them than any responder has threads at first; servers that pass bodies on as they come make it wait for each.
others_are_served_beside_slow_senders() {
	local fds=() fd status
	for _ in $(seq 40); do
		exec {fd}<>"/dev/tcp/127.0.0.1/$port" || return 1
		fds+=("$fd")
		printf 'POST %s/anycheck HTTP/1.1\r\nHost: localhost\r\n%s\r\nContent-Length: 400\r\n\r\n{' "$base" "$json" >&"$fd"
	done
	fresh && request 200 "$in" anycheck && fresh && request 200 "$in" anycheck
	status=$?
	case $way in
	lighttpd-stream | nginx-keep) wait_for 15 all_slow_ones_ended || { echo "slow senders are not ended"; status=1; } ;;
	esac
	for fd in "${fds[@]}"; do exec {fd}>&-; done
	return $status
}
all_slow_ones_ended() { [ "$(said_times 'body not here within read-deadline')" = 40 ]; }

# Clients at full load until $dir/enough: "status id exit-code" of each in $dir/load.out.
make_loads() {
	local i
	mkdir -p "$dir/load"
	for i in $(seq $loads); do
		event "$dir/load/$i" completed "load-$i" COMPLETED
		hs sign anycheck <"$dir/load/$i" >"$dir/load/$i.header"
	done
}
run_load() {
	local i
	for i in $(seq $loads); do
		printf 'url = "http://127.0.0.1:%s%s/anycheck"\noutput = "/dev/null"\nwrite-out = "%%{http_code} load-%s %%{exitcode}\\n"\nsilent\nmax-time = 15\nheader = "@%s"\nheader = "%s"\ndata-binary = "@%s"\nnext\n' \
			"$port" "$base" "$i" "$dir/load/$i.header" "$json" "$dir/load/$i"
	done | sed '$d' >"$dir/curl.conf"
	rm -f "$dir/enough"
	: >"$dir/load.out"
	while [ ! -e "$dir/enough" ]; do
		curl -Z --parallel-max 16 -K "$dir/curl.conf" 2>/dev/null >>"$dir/load.out"
		sleep 0.05
	done
}
accepted() { grep -c '^200' "$dir/load.out"; }
more_than() { [ "$(accepted)" -gt "$1" ]; }
restarts_lose_nothing() {
	local spooler loader status=0
	spooler=$(cat "$dir/spool/lock")
	run_load &
	loader=$!
	wait_for 20 more_than "$load" && graceful && wait_for 30 more_than $(($(accepted) + load)) &&
		hard && wait_for 30 more_than $(($(accepted) + load)) || { echo "no webhooks are accepted after a restart"; status=1; }
	touch "$dir/enough"
	wait "$loader"
	cut -d ' ' -f 1,3 "$dir/load.out" | sort | uniq -c
	sed -n 's/^200 \(.*\) .*/\1/p' "$dir/load.out" | sort -u >"$dir/accepted"
	hs list | cut -f 4 | cut -d ' ' -f 1 | sed -n '/^load-/p' | sort >"$dir/listed"
	equal '' "$(comm -23 "$dir/accepted" "$dir/listed")" && equal '' "$(uniq -d "$dir/listed")" || status=1
	! grep -q ' 28$' "$dir/load.out" || { echo "a request hung"; status=1; }
	equal "$spooler" "$(cat "$dir/spool/lock")" || { echo "the spooler was taken down with the server"; status=1; }
	return $status
}
one_spooler_in_a_session_of_its_own() {
	local pid
	pid=$(cat "$dir/spool/lock")
	equal 1 "$(grep -c 'ready: spool' "$dir/log")" && [ "$(ps -o sid= -p "$pid")" != "$(ps -o sid= -p "$server")" ]
}

# Its program fails from now on, until it is told otherwise.
without_a_spooler_503_and_then_200() {
	local status
	touch "$dir/spooler.fails"
	sed -i 's/^\t*deadline .*/deadline = "1s"/' "$conf"
	kill "$(cat "$dir/spool/lock")" && wait_for 15 spooler_gone && fresh && request 503 "$in" anycheck && says '"unavailable"' &&
		grep -qi '^Retry-After: [0-9]' "$dir/headers" && health 503 unavailable
	status=$?
	rm "$dir/spooler.fails"
	sed -i 's/^\t*deadline .*/deadline = "4s"/' "$conf"
	[ "$status" = 0 ] && wait_for 20 health 200 ready && request 200 "$in" anycheck && is_stored_exactly "$in"
}
health() { # STATUS WORD
	equal "$1" "$(curl -s -m 15 -o "$dir/answer" -w '%{http_code}' "$(at health)")" && says "$2"
}

names="stored duplicate hundred_at_once_are_one_event sizes_from_1_byte_to_8_mb chunked header_in_any_case_and_a_query
	authorization_arrives https_is_required forged_is_401 invalid_is_400 elsewhere_is_404 get_is_405 too_long_is_413
	not_json_is_415 cut_short_stores_nothing others_are_served_beside_slow_senders restarts_lose_nothing one_spooler_in_a_session_of_its_own
	without_a_spooler_503_and_then_200"

run_way() {
	local name not_here
	not_here=$(way_misses "$1")
	if [ -n "$not_here" ]; then
		for name in $names; do
			skip_case "not on this machine: $not_here" "$name" "$1:"
			cell[$1,$name]=-
		done
		return
	fi
	base=/webhooks
	[ "$1" != busybox ] || base=/cgi-bin/hookspool.cgi/webhooks
	rm -rf "$dir/spool" "$dir/log" "$dir/server.log"
	write_servers_conf
	[ -d "$dir/load" ] || make_loads
	start_way "$1" || echo "# $1 did not start"
	for name in $names; do
		cases=$((cases + 1))
		if "$name" >"$dir/output" 2>&1; then
			cell[$1,$name]=ok
			echo "ok $cases - $1: $name"
		else
			cell[$1,$name]=FAILED
			failed=1
			echo "not ok $cases - $1: $name"
			sed 's/^/# /' "$dir/output"
			tail -n 5 "$dir/log" "$dir/server.log" "$dir/server.out" 2>/dev/null | sed 's/^/# /'
		fi
	done
	stop_way
}
table() {
	local name one
	printf '# %-36s' ''
	for one in $ways; do printf ' %-15s' "$one"; done
	for name in $names; do
		printf '\n# %-36s' "$name"
		for one in $ways; do printf ' %-15s' "${cell[$one,$name]}"; done
	done
	echo
}

for one in $ways; do run_way "$one"; done
table
done_testing
