#!/bin/bash
#
# make bench: its parts, one after the other.  Usage: tests/bench/bench.sh BUILDDIR [PART…]
#
# Each part is a script beside this one, with a lighttpd and a spool of its own, and says in its first lines what it measures; README has
# how to read them, and the environment.  Exit status 1 when one of them failed; the others run all the same.
set -u
here=$(dirname "$0")
status=0
plateau='' # its process, which waits for its turn
go=$(mktemp -d "${TMPDIR:-/tmp}/bench.XXXXXX") || exit 1

finish()
{
	[ -z "$plateau" ] || kill "$plateau" 2>/dev/null
	rm -rf "$go"
}

# It needs a minute before it can begin (plateau.sh says why), and no processor for that.
prepare_plateau()
{
	BENCH_GO=$go/go bash "$here/plateau.sh" "$1" &
	plateau=$!
	until [ -e "$go/go.ready" ] || ! kill -0 $plateau 2>/dev/null; do
		sleep 0.1
	done
}

run_plateau()
{
	: >"$go/go"
	wait "$plateau" || status=1
	plateau=''
}

trap finish EXIT
trap 'exit 130' INT TERM HUP
build=${1:-}
parts=("${@:2}")
if [ ${#parts[@]} -eq 0 ]; then
	parts=(accept journal lasting plateau hooks beside growth)
	prepare_plateau "$build"
fi
for part in "${parts[@]}"; do
	if [ "$part" = plateau ] && [ -n "$plateau" ]; then
		run_plateau
	else
		bash "$here/$part.sh" "$build" || status=1
	fi
	echo
done
exit $status
