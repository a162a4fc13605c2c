#!/usr/bin/python3
"""One-shot hook: a webhook's body on standard input, hookspool-hook(7).  0: done, 100: never, anything else: again later."""
import json
import os
import sys

NEVER = 100

try:
    event = json.load(sys.stdin)
    verification = event["verification_id"]
except (ValueError, KeyError, TypeError) as error:
    print(f"not an event that this hook knows: {error!r}", file=sys.stderr)
    sys.exit(NEVER)

# Your own work.  An exception here ends the program with status 1: the event is tried again.
# As JSON, what a sender wrote stays on its line.
print(f"{json.dumps(os.environ['HOOKSPOOL_EVENT'])} of {json.dumps(verification)}, attempt {os.environ['HOOKSPOOL_ATTEMPT']}")
