#!/bin/bash
#
# make bench, first part: what it costs to make a webhook durable.  Usage: tests/bench/accept.sh BUILDDIR
#
# One lighttpd, two FastCGI programs behind it: `nothing`, which only answers, and hookspool.fcgi, which answers when
# the webhook is on disk.  `load` drives them in turn, in pairs, and the table shows the median of the pairs' ratios, so
# that a machine that gets slower or faster meanwhile does not decide.  README says how to read it.  Nothing here asserts a
# time: exit status 1 only when a program did not run, or what was answered 200 is not in the spool.
# shellcheck source=tests/bench/lib.sh
. "$(dirname "$0")/lib.sh"

spooler_limit_mb=64
responder_limit_mb=16

peak_memory()
{
	local limit=$3 mb

	mb=$(memory_of "$2" VmHWM)
	awk -v who="$1" -v mb="$mb" -v limit="$limit" 'BEGIN { printf "%28s %7.1f MB", who, mb
	    if (limit != "-") printf "  below %d MB: %s", limit, mb < limit ? "ok" : "over"
	    printf "\n" }'
}

main()
{
	local connections pair who

	bench_begin accept "${1:-}" hookspool.fcgi hookspoold hookspool tests/bench/load tests/bench/nothing
	needs lighttpd lighttpd accept
	facts
	instance hookspool
	start_spooler hookspool
	start_lighttpd hookspool
	for connections in $levels; do
		for who in nothing hookspool; do
			measure $who "$connections" warm "$(times 0.2)"
		done
		for ((pair = 1; pair <= pairs; pair++)); do
			for who in nothing hookspool; do
				measure $who "$connections" "$pair" "$seconds"
			done
		done
	done
	awk -v pairs="$pairs" -v seconds="$seconds" -v tick="$(getconf CLK_TCK)" -v levels="$levels" \
	    -f "$source_dir/tests/bench/table.awk" "$dir/runs"
	printf '\nPeak memory (VmHWM)\n\n'
	peak_memory lighttpd "$lighttpd" -
	peak_memory nothing "$nothing" -
	peak_memory hookspool.fcgi "${responder[hookspool]}" $responder_limit_mb
	peak_memory "hookspoold,spooler" "${spooler[hookspool]}" $spooler_limit_mb
	peak_memory "hookspoold,runner" "${runner[hookspool]}" -
	echo
	compare_with_spool hookspool
}

main "$@"
