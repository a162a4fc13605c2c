#!/bin/bash
#
# make bench: what the page journal costs.  Usage: tests/bench/journal.sh BUILDDIR
#
# Two spools on the same disk, one with page-journal = on, one with off, driven in turn, in pairs, long enough for checkpoints to fall into each
# run; the rate, the latency, the spooler's CPU and the bytes that it wrote.  Nothing here asserts a time: exit status 1 only when a program did
# not run, or what was answered 200 is not in the spool.
# shellcheck source=tests/bench/lib.sh
. "$(dirname "$0")/lib.sh"

# Bytes that the spooler has handed to the disk.
written_by()
{
	sed -n 's/^write_bytes: //p' "/proc/${spooler[$1]}/io"
}

# step WHO PAIR SECONDS: one run, and what was written in it, as a line.
step()
{
	local before

	before=$(written_by "$1")
	measure "$1" "$most" "$2" "$3"
	echo "$1 $2 $(value rate) $(value p99_us) $(value max_us) $(value cpu_spooler) $(value ok) $(($(written_by "$1") - before))" >>"$dir/steps"
}

main()
{
	local pair who

	bench_begin journal "${1:-}" hookspool.fcgi hookspoold hookspool tests/bench/load tests/bench/nothing
	needs lighttpd lighttpd journal
	facts
	for who in on off; do
		instance $who "page-journal = $who"
		start_spooler $who
	done
	start_lighttpd on off
	for who in on off; do
		measure $who "$most" warm "$(times 0.2)"
	done
	for ((pair = 1; pair <= pairs; pair++)); do
		for who in on off; do
			step $who "$pair" "$(times 4)"
		done
	done
	awk -v tick="$(getconf CLK_TCK)" '
	{
		n[$1]++
		rate[$1, $2] = $3
		sum[$1] += $3; p99[$1] += $4; max[$1] = $5 > max[$1] ? $5 : max[$1]
		cpu[$1] += $6; ok[$1] += $7; bytes[$1] += $8
		pairs = $2 > pairs ? $2 : pairs
	}
	END {
		printf "\n%12s %9s %7s %7s %18s %18s\n", "page-journal", "rate/s", "p99 ms", "max ms", "spooler us/webhook", "bytes/webhook"
		for (i = split("on off", who, " "); i > 0; i--) {
			w = who[i]
			printf "%12s %9.0f %7.2f %7.1f %18.1f %18.0f\n", w, sum[w] / n[w], p99[w] / n[w] / 1000, max[w] / 1000,
				cpu[w] / tick * 1e6 / ok[w], bytes[w] / ok[w]
		}
		for (p = 1; p <= pairs; p++) {
			r = rate["on", p] / rate["off", p]
			all += r
			least = p == 1 || r < least ? r : least
			most = r > most ? r : most
		}
		printf "\nRate with the journal: %.2f of that without (%.2f-%.2f in %d pairs).\n", all / pairs, least, most, pairs
	}' "$dir/steps"
	compare_with_spool on
	compare_with_spool off
}

main "$@"
