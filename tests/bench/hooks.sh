#!/bin/bash
#
# make bench, second part: what it costs to run hooks.  Usage: tests/bench/hooks.sh BUILDDIR
#
# Hooks a second are taken from a backlog: the hook is suspended, webhooks are posted, it is resumed, and the last one's end counts; nothing
# arrives meanwhile.  Each figure stands beside that of a bare fork and execve loop of the same program, in the same run.  README says how
# to read it.  Nothing asserts a time: exit status 1 only when something did not run.
#
# Environment: BENCH_SECONDS (2), which the numbers of events grow with, BENCH_PAIRS (5), BENCH_DIR (BUILDDIR), BENCH_KEEP=1.

set -u
export LC_ALL=C PATH="$PATH:/usr/sbin:/sbin"

seconds=${BENCH_SECONDS:-2}
pairs=${BENCH_PAIRS:-5}
alongside=4
dir='' socket_dir='' lighttpd='' spooler=''

die()
{
	echo "bench: $*" >&2
	[ ! -f "$dir/log" ] || tail -n 5 "$dir/log" >&2
	exit 1
}

finish()
{
	local status=$? pid

	trap - EXIT INT TERM HUP
	for pid in $lighttpd $spooler; do
		kill "$pid" 2>/dev/null
		wait "$pid" 2>/dev/null
	done
	if [ "${BENCH_KEEP:-0}" = 1 ]; then
		echo "bench: kept $dir" >&2
	else
		rm -rf "$dir" "$socket_dir"
	fi
	exit $status
}

wait_for()
{
	local end=$((SECONDS + $1))

	shift
	until "$@" >/dev/null 2>&1; do
		[ $SECONDS -lt $end ] || return 1
		sleep 0.05
	done
}

listening()
{
	(: <>"/dev/tcp/127.0.0.1/$port") 2>/dev/null
}

ask()
{
	"$build/hookspool" -c "$dir/hookspool.conf" "$@"
}

# state NAME: a number of the whole's status
state()
{
	ask status --json | grep -o "\"$1\": *[0-9]*" | sed 's/.*: *//;q'
}

idle()
{
	[ "$(state queued)" = 0 ] && [ "$(state running)" = 0 ]
}

# source_section NAME MODE ARGUMENTS
source_section()
{
	cat <<-END2
	source "$1" {
	    preset = "$source_dir/src/presets/anycheck.conf"
	    path = "/$1"
	    require-https = false
	    secret-file = { "$dir/secret" }
	    hook "*" { command = { "$build/tests/bench/hook"$3 } mode = "$2" max-running = $alongside }
	}
	END2
}

start()
{
	printf 'bench-secret-of-no-value\n' >"$dir/secret"
	chmod 600 "$dir/secret"
	: >"$dir/process.times"
	: >"$dir/worker.times"
	{
		cat <<-END2
		spool = "$dir/spool"
		socket = "$socket_dir/submit.sock"
		control-socket = "$socket_dir/control.sock"
		log = "$dir/log"
		max-running = 16
		autostart = false
		END2
		source_section process process ''
		source_section worker worker ', "-w"'
		source_section process-first process ", \"$dir/process.times\""
		source_section worker-first worker ", \"-w\", \"$dir/worker.times\""
	} >"$dir/hookspool.conf"
	"$build/hookspoold" -c "$dir/hookspool.conf" 2>>"$dir/log" &
	spooler=$!
	wait_for 10 ask status || die "hookspoold does not start"
	for _ in 1 2 3 4 5; do
		port=$((20000 + RANDOM % 12000))
		cat >"$dir/lighttpd.conf" <<-END2
		server.modules = ("mod_fastcgi")
		server.document-root = "$dir"
		server.bind = "127.0.0.1"
		server.port = $port
		server.errorlog = "$dir/lighttpd.log"
		server.max-keep-alive-requests = 65535
		fastcgi.server = ("/" => (("bin-path" => "$build/hookspool.fcgi", "socket" => "$socket_dir/fcgi.sock",
		    "bin-environment" => ("HOOKSPOOL_CONF" => "$dir/hookspool.conf"), "max-procs" => 1, "check-local" => "disable")))
		END2
		lighttpd -D -f "$dir/lighttpd.conf" >>"$dir/lighttpd.out" 2>&1 &
		lighttpd=$!
		wait_for 5 listening && return
	done
	die "lighttpd does not start"
}

# drain SOURCE COUNT: its hooks a second.
drain()
{
	local from last

	ask suspend "$1/*" >/dev/null || die "can't suspend $1/*"
	"$build/tests/bench/load" -u "/$1" -p "$port" -s "$dir/secret" -e '"stored"' -n "$2" -c 16 >/dev/null || die "no webhook is answered"
	from=$(date +%s%3N)
	ask resume "$1/*" >/dev/null || die "can't resume $1/*"
	wait_for 120 idle || die "the backlog of $1 does not end"
	last=$(date -d "$(newest_ended)" +%s%3N)
	awk -v n="$2" -v ms="$((last - from))" 'BEGIN { printf "%.0f\n", n * 1000 / (ms > 0 ? ms : 1) }'
}

# When the newest event was done.
newest_ended()
{
	ask show --json "$(state events)" | grep -o '"ended_at":"[^"]*"' | tail -n 1 | cut -d '"' -f 4
}

# Lines NAME PAIR RATE and the ratio to the bare loop.
pair_of()
{
	local bare process worker

	bare=$("$build/tests/bench/forkexec" "$((events * 2))" $alongside "$build/tests/bench/hook") || die "forkexec does not run"
	process=$(drain process "$events") || exit 1
	worker=$(drain worker "$((events * 4))") || exit 1
	awk -v p="$1" -v b="$bare" -v h="$process" -v w="$worker" 'BEGIN {
		print "bare", p, b, 1; print "process", p, h, h / b; print "worker", p, w, w / b }' >>"$dir/rates"
}

table()
{
	printf '\n%-34s %9s  %s\n' "hooks, $alongside at a time" "/s" "to the bare loop: median (lowest, highest)"
	for who in bare process worker; do
		grep "^$who " "$dir/rates" | sort -k 4 -n | awk -v who="$who" '
			BEGIN { name["bare"] = "bare fork and execve"; name["process"] = "a process for each event"
				name["worker"] = "mode = worker" }
			{ rate[NR] = $3; ratio[NR] = $4 }
			END { m = int((NR + 1) / 2); printf "%-34s %9.0f  %.2f (%.2f, %.2f)\n", name[who], rate[m], ratio[m], ratio[1], ratio[NR] }'
	done
	printf '\n%-34s %9s %9s %9s\n' "from 200 to the hook, milliseconds" "p50" "p90" "max"
	for who in process worker; do
		perl "$source_dir/tests/bench/first.pl" "$port" "/$who-first" "$dir/secret" "$dir/$who.times" "$firsts" >"$dir/first" ||
			die "the first moments of $who are not known"
		awk -v who="$who" '{ printf "%-34s %9.2f %9.2f %9.2f\n",
			who == "process" ? "a process for each event" : "mode = worker", $1 / 1000, $2 / 1000, $3 / 1000 }' "$dir/first"
	done
}

main()
{
	local pair program

	[ $# -eq 1 ] && [ -d "$1" ] || { echo "usage: hooks.sh BUILDDIR" >&2; exit 2; }
	build=$(cd "$1" && pwd)
	source_dir=$(cd "$(dirname "$0")/../.." && pwd)
	for program in hookspool.fcgi hookspoold hookspool tests/bench/{load,hook,forkexec}; do
		[ -x "$build/$program" ] || die "$build/$program is not built: make bench builds it"
	done
	for program in lighttpd perl; do
		command -v $program >/dev/null || { echo "Left out: hooks: $program is missing"; exit 0; }
	done
	events=$(awk -v s="$seconds" 'BEGIN { printf "%d", 100 + 500 * s }')
	firsts=$(awk -v s="$seconds" 'BEGIN { printf "%d", 10 + 100 * s }')
	trap finish EXIT
	trap 'exit 130' INT TERM HUP
	dir=$(mktemp -d "${BENCH_DIR:-$build}/bench.XXXXXX") || exit 1
	socket_dir=$(mktemp -d "${TMPDIR:-/tmp}/bench.XXXXXX") || exit 1
	start
	for ((pair = 1; pair <= pairs; pair++)); do
		pair_of $pair
	done
	table
}

main "$@"
