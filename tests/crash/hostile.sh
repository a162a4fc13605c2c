#!/usr/bin/env bash
# Each attack of a hostile web-server user, for a moment; "make hostile-test" for longer: README.
# shellcheck source=tests/lib.sh
. "${HOOKSPOOL_SOURCE:?}/tests/lib.sh"
needs python3

hostile() { python3 -B "$HOOKSPOOL_SOURCE/tests/crash/hostile.py" "$HOOKSPOOL_BUILD" "$@" >"$dir/hostile.said"; }
siege() { hostile "$@" || { cat "$dir/hostile.said"; false; }; }

honest_webhooks_are_answered_beside_each_attack() { siege --seconds 0.4; }
and_where_descriptors_are_few() { siege --seconds 0.4 --files 64 --attack silent greeted churn large; }

run_cases honest_webhooks_are_answered_beside_each_attack and_where_descriptors_are_few
done_testing
