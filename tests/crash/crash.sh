#!/usr/bin/env bash
# A short kill storm, always the same one; "make crash-test" for a long one, with a seed of its own: README.
# shellcheck source=tests/lib.sh
. "${HOOKSPOOL_SOURCE:?}/tests/lib.sh"
needs python3

storm() { python3 -B "$HOOKSPOOL_SOURCE/tests/crash/storm.py" "$HOOKSPOOL_BUILD" "$@" >"$dir/storm"; }
said() { sed 's/^/# /' "$dir/storm"; }

nothing_is_lost_or_doubled_while_everything_is_killed() { storm --seed 14 --seconds 8 || { cat "$dir/storm"; false; }; }

run_cases nothing_is_lost_or_doubled_while_everything_is_killed
said
done_testing
