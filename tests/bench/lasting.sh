#!/bin/bash
#
# make bench: one long run of each.  Usage: tests/bench/lasting.sh BUILDDIR
#
# A minute (short form: 10 s) at the largest number of connections: rate, p99 and max of each sixth of it (fifth, in the short form), so that
# what only comes after a while is seen: checkpoints, caches that are full, files that grow.  Nothing asserts a time: exit status 1 only
# when a program did not run, or what was answered 200 is not in the spool.
# shellcheck source=tests/bench/lib.sh
. "$(dirname "$0")/lib.sh"

length=${BENCH_LASTING:-$(long_or_short 60 "$(times 5)")}
steps=$(long_or_short 6 5)

table()
{
	awk -v length_s="$length" -v steps="$steps" -v tick="$(getconf CLK_TCK)" -v level="$most" '
	function get(name,    i) {
		for (i = 4; i <= NF; i++)
			if (index($i, name "=") == 1)
				return substr($i, length(name) + 2) + 0
		return 0
	}
	function row(label, a, b) {
		printf "%12s", label
		printf "  %9.0f %7.2f %7.1f  %9.0f %7.2f %7.1f", rate[a], p99[a] / 1000, max[a] / 1000, rate[b], p99[b] / 1000, max[b] / 1000
		printf "  %5.2f %9.1f\n", rate[a] ? rate[b] / rate[a] : 0, p99[a] ? p99[b] / p99[a] : 0
	}
	$4 ~ /^interval=/ { key = $1 " " substr($4, 10) }
	$4 !~ /^interval=/ {
		key = $1 " all"
		cpu[$1] = get("cpu") * 1e6 / get("answers")
		other += get("answers") - get("ok") + get("errors")
	}
	{ rate[key] = get("rate"); p99[key] = get("p99_us"); max[key] = get("max_us") }
	END {
		printf "\nOne run of %s s of each, %d connections, new ids throughout: webhooks a second, milliseconds\n\n", length_s, level
		printf "%12s  %9s %7s %7s  %9s %7s %7s  %5s %9s\n", "", "nothing", "", "", "hookspool", "", "", "", ""
		printf "%12s  %9s %7s %7s  %9s %7s %7s  %5s %9s\n", "seconds", "/s", "p99", "max", "/s", "p99", "max", "ratio", "p99 ratio"
		for (i = 1; i <= steps; i++)
			row(sprintf("%g-%g", (i - 1) * length_s / steps, i * length_s / steps), "nothing " i, "hookspool " i)
		row("all", "nothing all", "hookspool all")
		printf "\nload itself, microseconds of CPU a webhook: %.1f (nothing), %.1f (hookspool); answers that were not the expected 200: %d\n",
			cpu["nothing"], cpu["hookspool"], other
	}' "$dir/intervals" "$dir/runs"
}

main()
{
	local who

	bench_begin lasting "${1:-}" hookspool.fcgi hookspoold hookspool tests/bench/load tests/bench/nothing
	needs lighttpd lighttpd lasting
	facts
	instance hookspool
	start_spooler hookspool
	start_lighttpd hookspool
	for who in nothing hookspool; do
		measure $who "$most" 1 "$length" -i "$(awk -v l="$length" -v n="$steps" 'BEGIN { printf "%.6g\n", l / n }')"
	done
	table
	echo "Spool: $(disk_of hookspool) MB on disk; memory of the spooler: $(memory_of "${spooler[hookspool]}" VmHWM) MB at most"
	compare_with_spool hookspool
}

main "$@"
