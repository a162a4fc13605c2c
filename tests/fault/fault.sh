#!/usr/bin/env bash
# A sample of what "make fault-test" does, in some seconds: always the same seed, so always the same faults first.
set -u
command -v python3 >/dev/null || { echo "1..0 # SKIP not on this machine: python3"; exit 0; }
exec python3 "${HOOKSPOOL_SOURCE:?}/tests/fault/fault.py" --tap --seed 14 --seconds 20
