# shellcheck shell=bash
# What the integration tests share: a private directory, a real lighttpd, one case a function, TAP on standard output.
set -u
umask 022 # what others can write to is refused

: "${HOOKSPOOL_SOURCE:=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)}"
: "${HOOKSPOOL_BUILD:=$PWD}"
export PATH="$HOOKSPOOL_BUILD:$PATH:/usr/sbin:/sbin"
unset HOOKSPOOL_CONF

# missing PROGRAM… | MODULE-FILE…: which of them are not on this machine.
missing() {
	local one
	for one; do
		case $one in
		/*) [ -e "$one" ] || echo "${one##*/}" ;;
		*) command -v "$one" >/dev/null || echo "$one" ;;
		esac
	done
}
# needs …: without one of them none of the script's cases can run here; it says which, and ends.
needs() {
	local not_here
	not_here=$(missing "$@" | xargs)
	[ -z "$not_here" ] || { echo "1..0 # SKIP not on this machine: $not_here"; exit 0; }
}
needs lighttpd curl openssl jq perl pgrep

dir=$(mktemp -d /tmp/hookspool-test.XXXXXX)
conf=$dir/hookspool.conf
secret=$dir/secret
port=
server=
cases=0
failed=0

# Processes of ours only: the server by its id, the spooler by the one in its lock.
stop_all() {
	local responder responders=
	if [ -n "$server" ]; then
		responders=$(pgrep -P "$server")
		kill "$server" 2>/dev/null
		wait "$server" 2>/dev/null
	fi
	for responder in $responders; do wait_for 15 gone "$responder"; done
	server=
	[ ! -s "$dir/spool/lock" ] || wait_for 15 spooler_ended
}
finish() {
	stop_all
	rm -rf "$dir"
}
trap finish EXIT

# The process that runs the hooks: the spooler's grandchild.
runner() { pgrep -P "$(pgrep -P "$(cat "$dir/spool/lock")" hookspool-reap)" hookspool-run; }
# gone PID: it has ended, whether or not somebody has reaped it.
gone() { ! kill -0 "$1" 2>/dev/null || grep -q '^State:.Z' "/proc/$1/status" 2>/dev/null; }

spooler_gone() { gone "$(cat "$dir/spool/lock" 2>/dev/null || echo 999999999)"; }
# Told to end each time, as the lock may have passed to one that a responder had begun to start.
spooler_ended() { spooler_gone || { kill "$(cat "$dir/spool/lock")" 2>/dev/null && false; }; }

# wait_for SECONDS COMMAND…: until it succeeds.
wait_for() {
	local end=$((SECONDS + $1))
	shift
	until "$@" >/dev/null 2>&1; do
		[ "$SECONDS" -lt "$end" ] || return 1
		sleep 0.02
	done
}

# run_case NAME [SUBJECT]: a function of this name, in the claim's words; what it prints is shown when it fails.
run_case() {
	local claim=${2:+$2 }$1
	cases=$((cases + 1))
	if "$1" >"$dir/output" 2>&1; then
		echo "ok $cases - $claim"
	else
		echo "not ok $cases - $claim"
		sed 's/^/# /' "$dir/output"
		[ ! -f "$dir/log" ] || tail -n 20 "$dir/log" | sed 's/^/# log: /'
		failed=1
	fi
}
# skip_case WHY NAME [SUBJECT]
skip_case() {
	cases=$((cases + 1))
	echo "ok $cases - ${3:+$3 }$2 # SKIP $1"
}
# run_cases NAME…: in this order.  A function of the script that is no case and that nobody calls is a case that was forgotten.
run_cases() {
	local name
	for name; do run_case "$name"; done
	for name in $(sed -n 's/^\([a-z_0-9]*\)() {.*/\1/p' "$0"); do
		[ "$(cat "$0" "$HOOKSPOOL_SOURCE"/tests/*.sh | grep -cw -- "$name")" -gt 1 ] && continue
		cases=$((cases + 1))
		failed=1
		echo "not ok $cases - $name is neither among the cases nor called by one"
	done
}
done_testing() {
	echo "1..$cases"
	exit "$failed"
}

# equal WANT GOT
equal() {
	[ "$1" = "$2" ] && return 0
	printf 'want: %s\ngot:  %s\n' "$1" "$2"
	return 1
}

free_port() {
	local try
	for try in $(shuf -i 20000-32000 -n 50); do
		(exec 3<>"/dev/tcp/127.0.0.1/$try") 2>/dev/null || { echo "$try"; return; }
	done
}

# said_times PATTERN [FILE…]: how often lines of this were to be written to the log, with those that its limit left out.
said_times() {
	local pattern=$1
	shift
	[ $# -gt 0 ] || set -- "$dir/log"
	grep -h -e "$pattern" "$@" | awk '!/: [0-9]+ more like this w/ { n++ }
		match($0, /[0-9]+ more like this w/) { n += substr($0, RSTART) } END { print n + 0 }'
}

# hook NAME: its program is standard input.
hook() {
	mkdir -p "$dir/hooks"
	{ echo '#!/bin/sh'; cat; } >"$dir/hooks/$1"
	chmod 755 "$dir/hooks/$1"
}

# write_conf [GLOBAL OPTIONS] [SOURCE OPTIONS]: the standard configuration; hooks are on standard input.
write_conf() {
	mkdir -p "$dir/run"
	# Copies: the checkout may be another user's, or its group's to write to.
	[ -d "$dir/presets" ] || cp -r "$HOOKSPOOL_SOURCE/src/presets" "$dir"
	[ -f "$secret" ] || (umask 077 && head -c 24 /dev/urandom | base64 >"$secret")
	cat >"$conf" <<-END
		spool          = "$dir/spool"
		socket         = "$dir/run/submit.sock"
		control-socket = "$dir/run/control.sock"
		spooler        = "$HOOKSPOOL_BUILD/hookspoold"
		presets        = "$dir/presets"
		log            = "$dir/log"
		${1:-}
		source "anycheck" {
		    preset = "anycheck"
		    path   = "/webhooks/anycheck"
		    secret-file = { "$secret" }
		    ${2:-require-https = false}
		    $(cat)
		}
	END
}

# lighttpd as people set it up, on a free port.  start_server [LINES instead of those that start hookspool.fcgi]
start_server() {
	local try
	for try in 1 2 3; do
		rm -f "$dir/lighttpd.log"
		start_lighttpd "$@"
		wait_for 10 listening || return 1
		# A test beside this one may have taken the port meanwhile.
		kill -0 "$server" 2>/dev/null || ! grep -q "can't bind\|Address already in use" "$dir/lighttpd.log" "$dir/lighttpd.out" || continue
		return 0
	done
	return 1
}
start_lighttpd() {
	local how=${1:-}
	port=$(free_port)
	[ -n "$how" ] || how=$(cat <<-END
		server.modules = ( "mod_fastcgi" )
		fastcgi.server = ( "/" => (( "socket" => "$dir/run/fcgi.sock", "bin-path" => "$HOOKSPOOL_BUILD/hookspool.fcgi",
		    "max-procs" => 1, "check-local" => "disable", "bin-environment" => ( "HOOKSPOOL_CONF" => "$conf" ) )) )
	END
	)
	cat >"$dir/lighttpd.conf" <<-END
		server.document-root = "$dir"
		server.bind = "127.0.0.1"
		server.port = $port
		server.errorlog = "$dir/lighttpd.log"
		server.breakagelog = "$dir/lighttpd.err"
		$how
	END
	lighttpd -D -f "$dir/lighttpd.conf" >"$dir/lighttpd.out" 2>&1 &
	server=$!
}
# Or it has ended already, for good.
listening() { ! kill -0 "$server" 2>/dev/null || (exec 3<>"/dev/tcp/127.0.0.1/$port"); }

hs() { hookspool -c "$conf" "$@"; }

# send FILE [CURL OPTIONS]: as the sender would; the status goes to standard output, the answer to $dir/answer.
send() {
	local file=$1
	shift
	hs sign anycheck <"$file" >"$file.header" &&
		curl -s -m 10 -o "$dir/answer" -w '%{http_code}' -H @"$file.header" -H 'Content-Type: application/json' \
			--data-binary @"$file" "$@" "http://127.0.0.1:$port/webhooks/anycheck"
}
# post STATUS FILE [CURL OPTIONS]: send and compare.
post() {
	local want=$1
	shift
	equal "$want" "$(send "$@")" || { cat "$dir/answer"; return 1; }
}

# event FILE TYPE VERIFICATION STATUS [MORE MEMBERS]
event() {
	printf '{"event":"verification.%s","verification_id":"%s","status":"%s","output":{"verified":true}%s}' \
		"$2" "$3" "$4" "${5:-}" >"$1"
}

# state NUMBER
state() { hs show --json "$1" | sed -n 's/.*"state":"\([a-z]*\)","attempts":[0-9]*,"received_at.*/\1/p'; }
has_state() { [ "$(state "$1")" = "$2" ]; }
