#!/bin/bash
#
# make bench: what a spool costs as it grows.  Usage: tests/bench/growth.sh BUILDDIR
#
# `fill` puts events into the spool through the submit socket until it holds 10000, 100000 and (long form) 1000000; BENCH_EVENTS says other
# numbers: BENCH_EVENTS="10000000".  At each the spooler is ended with KILL and started, asked, looked at, and driven.  One more table says
# what an event of which size takes on disk.  Nothing asserts a time: exit status 1 only when
# a program did not run, or an event that was acknowledged is not there.
# shellcheck source=tests/bench/lib.sh
. "$(dirname "$0")/lib.sh"

sizes=${BENCH_EVENTS:-$(if [ "$form" = long ]; then echo 10000 100000 1000000; else
	awk -v s="$seconds" 'BEGIN { print s < 1 ? "10000" : "10000 100000" }'; fi)}
bodies="0 4096 16384" # bytes; 0: as the sender's page has it

# milliseconds NAME WORDS…: how long the operator's command takes, the median of five.
milliseconds()
{
	local from name=$1

	shift
	for _ in 1 2 3 4 5; do
		from=${EPOCHREALTIME/./}
		ask "$name" "$@" >"$dir/said" || die "hookspool $* has no answer"
		echo $((${EPOCHREALTIME/./} - from))
	done | sort -n | awk 'NR == 3 { printf "%.1f\n", $1 / 1000 }'
}

# rate_of LINE
rate_of()
{
	sed -n 's/.* rate=\([0-9]*\).*/\1/p' <<<"$1"
}

# log_of NAME: megabytes of the log.
log_of()
{
	awk -v all="$(disk_of "$1")" -v kb="$(tables_of "$1")" 'BEGIN { printf "%.0f\n", all - kb / 1024 }'
}

# KILL in the middle of what it had to do, and how long until the next one answers: microseconds into $dir/started.
start_after_kill()
{
	local from

	from=${EPOCHREALTIME/./}
	stop KILL "${spooler[growth]}"
	start_spooler growth
	echo $((${EPOCHREALTIME/./} - from)) >"$dir/started"
	target_instance growth
}

row()
{
	local events=$1 filled memory list middle status disk log

	filled=$(fill_up growth "$events") || exit 1
	memory=$(memory_of "${spooler[growth]}" VmRSS)
	start_after_kill
	[ "$(state growth events)" -ge "$events" ] || die "$events events were acknowledged, and $(state growth events) are there"
	list=$(milliseconds growth list --limit 50)
	middle=$(milliseconds growth list --limit 50 --from $((events / 2)))
	status=$(milliseconds growth status)
	disk=$(disk_of growth)
	log=$(log_of growth)
	measure growth "$most" "$events" "$seconds"
	printf '%9d %9s %9.0f %7s %8s %8s %9s %9s %9s %9s %7s\n' "$events" "$(rate_of "$filled")" "$(value rate)" \
	    "$(awk -v us="$(value p99_us)" 'BEGIN { printf "%.2f", us / 1000 }')" "$list" "$middle" "$status" \
	    "$(awk '{ printf "%.0f", $1 / 1000 }' "$dir/started")" "$memory" "$disk" "$log"
}

growth_table()
{
	local events

	instance growth
	start_spooler growth
	start_lighttpd growth
	cat <<-END

	As a spool grows.  fill: events a second through the submit socket, without a web server; accepted: behind lighttpd at $most
	connections; list: "hookspool list --limit 50", from: the same from the middle on; start: from kill -9 until "hookspool status"
	has an answer; memory: the spooler's (VmRSS); disk: all of the spool, of which log is what is written ahead.

	END
	printf '%9s %9s %9s %7s %8s %8s %9s %9s %9s %9s %7s\n' events "fill, /s" acc.,/s p99,ms list,ms from,ms status,ms start,ms memory,MB disk,MB log,MB
	for events in $sizes; do
		row "$events"
	done
}

# body_row BYTES: an instance of its own, filled, and measured behind its own lighttpd.
body_row()
{
	local events before after filled name=body$1 options=()

	[ "$1" = 0 ] || options=(-z "$1")
	events=$(awk -v z="$1" -v s="$seconds" 'BEGIN { n = 10000 * s; m = s * 2e7 / (z ? z : 1); printf "%d", n < m ? n : m }')
	instance "$name"
	start_spooler "$name"
	before=$(tables_of "$name")
	filled=$(fill_up "$name" "$events" "${options[@]}") || exit 1
	stop TERM "${spooler[$name]}" # which writes all that is still in memory
	after=$(tables_of "$name")
	awk -v n="$events" -v kb=$((after - before)) -v line="$filled" 'BEGIN {
		split(line, part, /[ =]/)
		printf "%9d %9d %9.0f %14.0f\n", part[10], n, part[8], kb * 1024 / n }'
	rm -rf "$dir/$name.spool"
}

main()
{
	local bytes

	bench_begin growth "${1:-}" hookspool.fcgi hookspoold hookspool tests/bench/{load,nothing,fill}
	needs lighttpd lighttpd growth
	facts
	growth_table
	stop TERM "$lighttpd" "${spooler[growth]}"
	printf '\nAn event on disk, by the size of its body; without the log\n\n%9s %9s %9s %14s\n' "body, B" events "fill, /s" "bytes an event"
	for bytes in $bodies; do
		body_row "$bytes"
	done
}

main "$@"
