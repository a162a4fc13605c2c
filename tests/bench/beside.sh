#!/bin/bash
#
# make bench: accepting and running at once.  Usage: tests/bench/beside.sh BUILDDIR
#
# Webhooks are posted at full speed for a source whose hook does nothing; what was accepted, and what had run when the last answer came, is
# told for several values of max-running and nice, in turn.  README says how to read it.  Nothing asserts a time: exit status 1 only when
# something did not run.
# shellcheck source=tests/bench/lib.sh
. "$(dirname "$0")/lib.sh"

settings='16/0 16/10 4/0' # max-running/nice

# name_of MAX_RUNNING/NICE: of its instance
name_of()
{
	echo "beside-${1/\//-}"
}

start()
{
	local setting name

	for setting in $settings; do
		name=$(name_of "$setting")
		instance "$name" "max-running = ${setting%/*}" \
		    "$(source_section "$name" "/$name" "hook \"*\" { command = { \"$build/tests/bench/hook\" } nice = ${setting#*/} }")"
		start_spooler "$name"
	done
	# shellcheck disable=SC2046 # one word a setting
	start_lighttpd $(for setting in $settings; do name_of "$setting"; done)
	for setting in $settings; do
		name=$(name_of "$setting")
		stop TERM "${spooler[$name]}"
	done
}

# run MAX_RUNNING/NICE: with a spool that is empty.  Appends a line SETTING ACCEPTED HOOKS P99, the first two a second, the last in
# milliseconds.
run()
{
	local name from to ran

	name=$(name_of "$1")
	rm -rf "$dir/$name.spool"
	start_spooler "$name"
	post "$name" -n 50 -c 4 >/dev/null || die "no webhook is answered" # the responder has found its spooler
	ran=$(state "$name" "done")
	from=${EPOCHREALTIME/./}
	post "$name" -d "$seconds" -c "$most" >"$dir/load" || die "no webhook is answered"
	ran=$(($(state "$name" "done") - ran))
	to=${EPOCHREALTIME/./}
	stop TERM "${spooler[$name]}"
	tail -n 1 "$dir/load" | tr ' ' '\n' | awk -F = -v s="$1" -v n="$ran" -v us="$((to - from))" '
		{ value[$1] = $2 }
		END { printf "%s %.0f %.0f %.1f\n", s, value["rate"], n * 1e6 / us, value["p99_us"] / 1000 }' >>"$dir/rates"
}

# median SETTING FIELD
median()
{
	awk -v s="$1" -v f="$2" '$1 == s { print $f }' "$dir/rates" | sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'
}

table()
{
	local setting

	printf '\n%-34s %9s %9s %9s  %s\n' "accepting beside hooks" accept/s hooks/s p99 "medians; p99 of accepting, milliseconds"
	for setting in $settings; do
		printf '%-34s %9.0f %9.0f %9.1f\n' "max-running = ${setting%/*}, nice = ${setting#*/}" \
		    "$(median "$setting" 2)" "$(median "$setting" 3)" "$(median "$setting" 4)"
	done
}

main()
{
	local pair setting

	bench_begin beside "${1:-}" hookspool.fcgi hookspoold hookspool tests/bench/{load,nothing,hook}
	needs lighttpd lighttpd "accepting beside hooks"
	facts
	start
	for ((pair = 1; pair <= pairs; pair++)); do
		for setting in $settings; do
			run "$setting"
		done
	done
	table
}

main "$@"
