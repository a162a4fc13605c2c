#!/bin/bash
#
# make bench, third part: accepting and running at once.  Usage: tests/bench/beside.sh BUILDDIR
#
# Webhooks are posted at full speed for a source whose hook does nothing; what was accepted, and what had run when the last answer came, is
# told for several values of max-running and nice, in turn.  README says how to read it.  Nothing asserts a time: exit status 1 only when
# something did not run.
#
# Environment: BENCH_SECONDS (2) of a run, BENCH_PAIRS (5) runs of each, BENCH_DIR (BUILDDIR), BENCH_KEEP=1.

set -u
export LC_ALL=C PATH="$PATH:/usr/sbin:/sbin"

seconds=${BENCH_SECONDS:-2}
pairs=${BENCH_PAIRS:-5}
connections=64
settings='16/0 16/10 4/0' # max-running/nice
dir='' socket_dir='' lighttpd='' spooler=''

die()
{
	echo "bench: $*" >&2
	[ ! -f "$dir/log" ] || tail -n 5 "$dir/log" >&2
	exit 1
}

stop()
{
	local pid

	for pid in $lighttpd $spooler; do
		kill "$pid" 2>/dev/null
		wait "$pid" 2>/dev/null
	done
	lighttpd='' spooler=''
}

finish()
{
	local status=$?

	trap - EXIT INT TERM HUP
	stop
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

# start MAX_RUNNING NICE: with a spool that is empty
start()
{
	rm -rf "$dir/spool"
	cat >"$dir/hookspool.conf" <<-END2
	spool = "$dir/spool"
	socket = "$socket_dir/submit.sock"
	control-socket = "$socket_dir/control.sock"
	log = "$dir/log"
	max-running = $1
	autostart = false
	source "beside" {
	    preset = "$source_dir/src/presets/anycheck.conf"
	    path = "/beside"
	    require-https = false
	    secret-file = { "$dir/secret" }
	    hook "*" { command = { "$build/tests/bench/hook" } nice = $2 }
	}
	END2
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

# run MAX_RUNNING NICE: a line SETTING ACCEPTED HOOKS P99, the first two a second, the last in milliseconds.
run()
{
	local from to ran p99

	start "$1" "$2"
	from=$(date +%s%3N)
	"$build/tests/bench/load" -u /beside -p "$port" -s "$dir/secret" -e '"stored"' -d "$seconds" -c $connections >"$dir/load" ||
		die "no webhook is answered"
	ran=$(state "done")
	to=$(date +%s%3N)
	p99=$(sed 's/.* p99_us=\([0-9]*\).*/\1/' "$dir/load")
	sed 's/.* rate=\([0-9.]*\).*/\1/' "$dir/load" | awk -v s="$1/$2" -v d="$ran" -v ms="$((to - from))" -v p="$p99" \
		'{ printf "%s %.0f %.0f %.1f\n", s, $1, d * 1000 / ms, p / 1000 }' >>"$dir/rates"
	stop
}

table()
{
	local setting

	printf '\n%-34s %9s %9s %9s  %s\n' "accepting beside hooks" accept/s hooks/s p99 "medians; p99 of accepting, milliseconds"
	for setting in $settings; do
		awk -v s="$setting" '
			function median(a) { asort_(a); return a[int((NR_ + 1) / 2)] }
			function asort_(a, i, j, t) { for (i = 1; i < NR_; i++) for (j = i + 1; j <= NR_; j++) if (a[j] < a[i]) { t = a[i]; a[i] = a[j]; a[j] = t } }
			$1 == s { NR_++; accept[NR_] = $2; hooks[NR_] = $3; p99[NR_] = $4 }
			END { split(s, w, "/")
				printf "%-34s %9.0f %9.0f %9.1f\n", "max-running = " w[1] ", nice = " w[2], median(accept), median(hooks), median(p99) }' \
			"$dir/rates"
	done
}

main()
{
	local pair setting program

	[ $# -eq 1 ] && [ -d "$1" ] || { echo "usage: beside.sh BUILDDIR" >&2; exit 2; }
	build=$(cd "$1" && pwd)
	source_dir=$(cd "$(dirname "$0")/../.." && pwd)
	for program in hookspool.fcgi hookspoold hookspool tests/bench/{load,hook}; do
		[ -x "$build/$program" ] || die "$build/$program is not built: make bench builds it"
	done
	command -v lighttpd >/dev/null || { echo "Left out: accepting beside hooks: lighttpd is missing"; exit 0; }
	trap finish EXIT
	trap 'exit 130' INT TERM HUP
	dir=$(mktemp -d "${BENCH_DIR:-$build}/bench.XXXXXX") || exit 1
	socket_dir=$(mktemp -d "${TMPDIR:-/tmp}/bench.XXXXXX") || exit 1
	printf 'bench-secret-of-no-value\n' >"$dir/secret"
	chmod 600 "$dir/secret"
	for ((pair = 1; pair <= pairs; pair++)); do
		for setting in $settings; do
			run "${setting%/*}" "${setting#*/}"
		done
	done
	table
}

main "$@"
