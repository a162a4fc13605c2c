#!/bin/bash
#
# make bench: what it costs to make a webhook durable.  Usage: tests/bench/bench.sh BUILDDIR
#
# One lighttpd, two FastCGI programs behind it: `nothing`, which only answers, and hookspool.fcgi, which answers when
# the webhook is on disk.  `load` drives them in turn, in pairs, and the table shows the median of the pairs' ratios, so
# that a machine that gets slower or faster meanwhile does not decide.  Debian's webhook is driven beside them.  README
# says how to read the table.  Nothing here asserts a time: exit status 1 only when a program did not run, or what was
# answered 200 is not in the spool.
#
# Environment: BENCH_SECONDS (2) of one run, BENCH_PAIRS (5), BENCH_CONNECTIONS ("1 8 64"), BENCH_DIR (BUILDDIR), the
# directory whose disk holds the spool, BENCH_KEEP=1 to keep the working directory.

set -u
export LC_ALL=C PATH="$PATH:/usr/sbin:/sbin"

seconds=${BENCH_SECONDS:-2}
pairs=${BENCH_PAIRS:-5}
levels=${BENCH_CONNECTIONS:-1 8 64}
spooler_limit_mb=64
responder_limit_mb=16
secret=bench-secret-of-no-value

dir='' socket_dir='' build='' source_dir='' port='' webhook_port='' prepared=0
lighttpd='' nothing='' responder='' spooler='' runner='' webhook='' # process ids
lighttpd_missing='' webhook_missing=''				      # or why

die()
{
	echo "bench: $*" >&2
	exit 1
}

# Only what this script started, by its process id; KILL for what does not leave when asked.
stop()
{
	local pid deadline

	for pid in "$@"; do
		kill -TERM "$pid" 2>/dev/null
	done
	deadline=$((SECONDS + 5))
	for pid in "$@"; do
		while [ -d "/proc/$pid" ] && [ "$(state_of "$pid")" != Z ]; do
			if [ $SECONDS -ge $deadline ]; then
				kill -KILL "$pid" 2>/dev/null
				break
			fi
			sleep 0.05
		done
	done
}

finish()
{
	local status=$?

	trap - EXIT INT TERM HUP
	# shellcheck disable=SC2086 # those that never started are empty and vanish
	stop $lighttpd $nothing $responder $webhook $spooler
	if [ -n "$dir" ] && [ "${BENCH_KEEP:-0}" = 1 ]; then
		echo "bench: kept $dir" >&2
	elif [ -n "$dir" ]; then
		rm -rf "$dir"
	fi
	[ -n "$socket_dir" ] && rm -rf "$socket_dir"
	exit $status
}

# The fields of /proc/PID/stat after the name, which may hold spaces: 0 is the state, 1 the parent.
stat_fields()
{
	local line

	fields=()
	{ read -r line <"/proc/$1/stat"; } 2>/dev/null || return 1
	read -ra fields <<<"${line##*) }"
}

state_of()
{
	stat_fields "$1" && echo "${fields[0]}"
}

# CPU ticks used by a process and by its children that have ended.
ticks_of()
{
	local pid sum=0

	for pid in "$@"; do
		stat_fields "$pid" && sum=$((sum + fields[11] + fields[12] + fields[13] + fields[14]))
	done
	echo $sum
}

# The process with this name and parent; waits for it.
child_of()
{
	local parent=$1 name=$2 stat pid deadline=$((SECONDS + 5))

	while [ $SECONDS -lt $deadline ]; do
		for stat in /proc/[0-9]*/stat; do
			pid=${stat#/proc/}
			pid=${pid%/stat}
			stat_fields "$pid" || continue
			if [ "${fields[1]}" = "$parent" ] && [ "$(<"/proc/$pid/comm")" = "$name" ]; then
				echo "$pid"
				return 0
			fi
		done 2>/dev/null
		sleep 0.05
	done
	return 1
}

alive()
{
	[ -d "/proc/$1" ] && [ "$(state_of "$1")" != Z ]
}

listening()
{
	(: <>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

free_port()
{
	local candidate

	while :; do
		candidate=$((20000 + RANDOM % 12000))
		listening $candidate || break
	done
	echo $candidate
}

wait_for_port()
{
	local pid=$1 number=$2 deadline=$((SECONDS + 10))

	until listening "$number"; do
		alive "$pid" && [ $SECONDS -lt $deadline ] || return 1
		sleep 0.05
	done
	alive "$pid"
}

# Until the processes have nothing left to do: no CPU used for a moment.
settle()
{
	local limit=$1 before after

	shift
	limit=$((SECONDS + limit))
	after=$(ticks_of "$@")
	while [ $SECONDS -lt $limit ]; do
		before=$after
		sleep 0.2
		after=$(ticks_of "$@")
		[ "$after" -eq "$before" ] && break
	done
}

write_configuration()
{
	printf '%s' "$secret" >"$dir/secret"
	chmod 600 "$dir/secret"
	cat >"$dir/hookspool.conf" <<-END
	spool = "$dir/spool"
	socket = "$socket_dir/submit.sock"
	control-socket = "$socket_dir/control.sock"
	autostart = false
	source "anycheck" {
	    preset = "$source_dir/src/presets/anycheck.conf"
	    path = "/webhooks/anycheck"
	    require-https = false
	    secret-file = { "$dir/secret" }
	}
	END
	cat >"$dir/lighttpd.conf" <<-END
	server.modules = ("mod_fastcgi")
	server.document-root = "$dir/www"
	server.bind = "127.0.0.1"
	include "port.conf"
	server.errorlog = "$dir/lighttpd.log"
	server.max-keep-alive-requests = 65535
	server.max-keep-alive-idle = 60
	server.max-fds = 4096
	fastcgi.server = (
	    "/nothing" => ((
	        "bin-path" => "$build/tests/bench/nothing", "socket" => "$socket_dir/nothing.sock",
	        "max-procs" => 1, "check-local" => "disable")),
	    "/webhooks/anycheck" => ((
	        "bin-path" => "$build/hookspool.fcgi", "socket" => "$socket_dir/fcgi.sock",
	        "bin-environment" => ("HOOKSPOOL_CONF" => "$dir/hookspool.conf"),
	        "max-procs" => 1, "check-local" => "disable")))
	END
	cat >"$dir/webhook.json" <<-END
	[{"id": "anycheck", "execute-command": "/bin/true", "http-methods": ["POST"], "response-message": "accepted",
	  "trigger-rule": {"match": {"type": "payload-hmac-sha256", "secret": "$secret",
	    "parameter": {"source": "header", "name": "X-Webhook-Signature"}}}}]
	END
}

start_spooler()
{
	local deadline=$((SECONDS + 10))

	mkdir -m 700 "$dir/spool"
	"$build/hookspoold" -c "$dir/hookspool.conf" >"$dir/hookspoold.log" 2>&1 &
	spooler=$!
	until [ -S "$socket_dir/submit.sock" ]; do
		if ! alive "$spooler" || [ $SECONDS -ge $deadline ]; then
			cat "$dir/hookspoold.log" >&2
			die "hookspoold does not start"
		fi
		sleep 0.05
	done
	runner=$(child_of "$spooler" hookspool-run) || die "hookspoold has no runner"
}

# A port that was free a moment ago may be taken by now: try a few.
start_lighttpd()
{
	local try

	for try in 1 2 3 4 5; do
		port=$(free_port)
		echo "server.port = $port" >"$dir/port.conf"
		lighttpd -D -f "$dir/lighttpd.conf" >>"$dir/lighttpd.out" 2>&1 &
		lighttpd=$!
		wait_for_port "$lighttpd" "$port" && break
		stop "$lighttpd"
		[ "$try" -lt 5 ] || { cat "$dir"/lighttpd.{out,log} >&2; die "lighttpd does not start"; }
	done
	nothing=$(child_of "$lighttpd" nothing) || die "lighttpd did not start nothing"
	responder=$(child_of "$lighttpd" hookspool.fcgi) || die "lighttpd did not start hookspool.fcgi"
}

start_webhook()
{
	webhook_port=$(free_port)
	webhook -hooks "$dir/webhook.json" -ip 127.0.0.1 -port "$webhook_port" >"$dir/webhook.log" 2>&1 &
	webhook=$!
	wait_for_port "$webhook" "$webhook_port" && return
	stop "$webhook"
	webhook=
	webhook_missing="it does not start: $(tail -n 1 "$dir/webhook.log")"
}

# Drive one program once.  Appends to $dir/runs: WHO CONNECTIONS PAIR and name=value pairs, CPU in ticks among them.
measure()
{
	local who=$1 connections=$2 pair=$3 duration=$4 path on expected line before after i started
	local pids=() names=()

	case $who in
	nothing)
		path=/nothing on=$port expected=nothing
		pids=("$lighttpd" "$nothing") names=(lighttpd responder) ;;
	hookspool)
		path=/webhooks/anycheck on=$port expected='"stored"'
		pids=("$lighttpd" "$responder" "$spooler" "$runner") names=(lighttpd responder spooler runner) ;;
	webhook)
		path=/hooks/anycheck on=$webhook_port expected=accepted
		pids=("$webhook") names=(webhook) ;;
	esac
	before=()
	for i in "${!pids[@]}"; do
		before[i]=$(ticks_of "${pids[i]}")
	done
	started=${EPOCHREALTIME/./}
	if ! line=$("$build/tests/bench/load" -u "$path" -p "$on" -s "$dir/secret" -e "$expected" -d "$duration" \
	    -c "$connections" -b "$prepared"); then
		tail -n 5 "$dir"/*.log >&2
		die "$who answers no webhook (-c $connections): $line"
	fi
	if [ "$who" = webhook ]; then
		settle 120 "${pids[@]}"
	else
		settle 5 "${pids[@]}"
	fi
	line="$who $connections $pair $line drained_us=$((${EPOCHREALTIME/./} - started))"
	for i in "${!pids[@]}"; do
		alive "${pids[i]}" || die "${names[i]} of $who ended during the bench; see $dir"
		after=$(ticks_of "${pids[i]}")
		line+=" cpu_${names[i]}=$((after - before[i]))"
	done
	echo "$line" >>"$dir/runs"
}

field_of_last_run()
{
	tail -n 1 "$dir/runs" | tr ' ' '\n' | sed -n "s/^$1=//p"
}

# Requests to sign before the clock starts: half as many again as a first, uncounted run suggests.
warm_up()
{
	local rate most=0 who

	prepared=$(awk -v s="$seconds" 'BEGIN { printf "%d", 10000 + 20000 * (s < 0.5 ? s : 0.5) }')
	for who in "$@"; do
		measure "$who" "$connections" warm 0.5
		rate=$(field_of_last_run rate)
		most=$(awk -v a="$most" -v b="$rate" 'BEGIN { print (a > b ? a : b) }')
	done
	prepared=$(awk -v r="$most" -v s="$seconds" 'BEGIN { printf "%d", 1000 + 1.5 * r * s }')
}

peak_memory()
{
	local kb

	kb=$(sed -n 's/^VmHWM:[^0-9]*\([0-9]*\).*/\1/p' "/proc/$2/status" 2>/dev/null)
	echo "$1 ${kb:-0} $3" >>"$dir/memory"
}

# What was answered 200 has to be there: more may be (an answer can get lost), fewer may not.
compare_with_spool()
{
	local stored events

	stored=$(awk '$1 == "hookspool" { for (i = 4; i <= NF; i++) if ($i ~ /^ok=/) n += substr($i, 4) }
	    END { printf "%d\n", n }' "$dir/runs")
	events=$("$build/hookspool" -c "$dir/hookspool.conf" status --json | sed -n 's/.*"events": *\([0-9]*\).*/\1/p')
	echo "Answered 200 by hookspool: $stored; events in the spool: ${events:-unknown}"
	[ -n "$events" ] && [ "$events" -ge "$stored" ]
}

facts()
{
	local source type rotational flush from to

	read -r type source <<<"$(df --output=fstype,source "$dir" | tail -n 1)"
	rotational=$(lsblk -ndo ROTA "$source" 2>/dev/null | tr -d ' ')
	from=${EPOCHREALTIME/./}
	dd if=/dev/zero of="$dir/flush" bs=4k count=200 oflag=dsync 2>/dev/null
	to=${EPOCHREALTIME/./}
	rm -f "$dir/flush"
	flush=$(awk -v us="$((to - from))" 'BEGIN { printf "%.2f", us / 200 / 1000 }')
	echo "hookspool bench, $(date -u +%Y-%m-%dT%H:%MZ)"
	echo "  command  BENCH_SECONDS=$seconds BENCH_PAIRS=$pairs BENCH_CONNECTIONS=\"$levels\"" \
	    "tests/bench/bench.sh ${build##*/}"
	echo "  machine  $(nproc) x $(sed -n 's/^model name[^:]*: *//p' /proc/cpuinfo | head -n 1)," \
	    "$(awk '/^MemTotal/ { printf "%.1f GiB", $2 / 1048576 }' /proc/meminfo), Linux $(uname -r)," \
	    "load $(cut -d ' ' -f 1 /proc/loadavg) before"
	echo "  disk     spool on $type, $source, rotational flag ${rotational:-unknown};" \
	    "4 KiB written and flushed in $flush ms (dd oflag=dsync, mean of 200)"
	case $type in
	tmpfs|ramfs) echo "  WARNING  $type is memory: flushing costs nothing there, the figures hold for no disk" ;;
	esac
}

table()
{
	awk -v pairs="$pairs" -v seconds="$seconds" -v tick="$(getconf CLK_TCK)" -v levels="$levels" \
	    -f "$source_dir/tests/bench/table.awk" "$dir/runs"
}

memory_table()
{
	printf '\nPeak memory (VmHWM)\n\n'
	awk '{ printf "%28s %7.1f MB", $1, $2 / 1024
	       if ($3 != "-") printf "  below %d MB: %s", $3, $2 / 1024 < $3 ? "ok" : "over"
	       printf "\n" }' "$dir/memory"
}

main()
{
	local program pair who

	if [ $# -ne 1 ] || [ ! -d "$1" ]; then
		echo "usage: bench.sh BUILDDIR" >&2
		exit 2
	fi
	build=$(cd "$1" && pwd)
	source_dir=$(cd "$(dirname "$0")/../.." && pwd)
	for program in hookspool.fcgi hookspoold hookspool tests/bench/load tests/bench/nothing; do
		[ -x "$build/$program" ] || die "$build/$program is not built: make bench builds it"
	done
	command -v lighttpd >/dev/null || lighttpd_missing="lighttpd is missing (Debian: apt-get install lighttpd)"
	command -v webhook >/dev/null || webhook_missing="it is missing (Debian: apt-get install webhook)"

	trap finish EXIT
	trap 'exit 130' INT TERM HUP
	dir=$(mktemp -d "${BENCH_DIR:-$build}/bench.XXXXXX") || exit 1
	socket_dir=$(mktemp -d "${TMPDIR:-/tmp}/bench.XXXXXX") || exit 1 # apart: the path of a socket has to be short
	mkdir "$dir/www"
	write_configuration
	facts
	[ -n "$lighttpd_missing" ] || { start_spooler; start_lighttpd; }
	[ -n "$webhook_missing" ] || start_webhook

	for connections in $levels; do
		if [ -z "$lighttpd_missing" ]; then
			warm_up nothing hookspool
			for ((pair = 1; pair <= pairs; pair++)); do
				for who in nothing hookspool; do
					measure "$who" "$connections" "$pair" "$seconds"
				done
			done
		fi
	done
	for connections in $levels; do
		if [ -z "$webhook_missing" ]; then
			prepared=$(awk -v s="$seconds" 'BEGIN { printf "%d", 1000 + 15000 * s }')
			measure webhook "$connections" 1 "$seconds"
		fi
	done
	table
	if [ -z "$lighttpd_missing" ]; then
		peak_memory lighttpd "$lighttpd" -
		peak_memory nothing "$nothing" -
		peak_memory hookspool.fcgi "$responder" $responder_limit_mb
		peak_memory "hookspoold,spooler" "$spooler" $spooler_limit_mb
		peak_memory "hookspoold,runner" "$runner" -
	fi
	[ -n "$webhook" ] && peak_memory webhook "$webhook" -
	[ -e "$dir/memory" ] && memory_table
	echo
	[ -z "$lighttpd_missing" ] || echo "Left out: nothing and hookspool: $lighttpd_missing"
	[ -z "$webhook_missing" ] || echo "Left out: webhook: $webhook_missing"
	[ -n "$lighttpd_missing" ] || compare_with_spool || die "webhooks that were answered 200 are not in the spool"
}

main "$@"
