#!/bin/bash
#
# make bench: its parts, one after the other.  Usage: tests/bench/bench.sh BUILDDIR [PART…]
#
# Each part is a script beside this one, with a lighttpd and a spool of its own, and says in its first lines what it measures; README has
# how to read them, and the environment.  Exit status 1 when one of them failed; the others run all the same.
parts=${*:2}
status=0
for part in ${parts:-accept lasting plateau hooks beside growth}; do
	script=$(dirname "$0")/$part.sh
	[ -f "$script" ] || [ -n "$parts" ] || continue
	bash "$script" "$1" || status=1
	echo
done
exit $status
