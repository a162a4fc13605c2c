#!/usr/bin/python3
"""Worker: one line of JSON per event on standard input, one line back on standard output, hookspool-hook(7)."""
import base64
import json
import sys


def handle(event, out):
    """Your own work.  Returns the result and a message; an exception means retry."""
    body = event["body"] if "body" in event else base64.b64decode(event["body_base64"])
    try:
        verification = json.loads(body)["verification_id"]
    except (ValueError, KeyError, TypeError) as error:
        return "dead", f"not an event that this worker knows: {error!r}"
    if not isinstance(verification, str):
        return "dead", "verification_id is not a string"
    # As JSON it is one line, whatever the sender put into it.
    print(event["number"], json.dumps(verification, ensure_ascii=False), file=out, flush=True)
    return "done", verification


def main():
    out = open(sys.argv[1], "a", encoding="utf-8") if len(sys.argv) > 1 else sys.stderr
    answers = sys.stdout
    sys.stdout = sys.stderr  # a print() that was forgotten must not break the protocol
    for line in sys.stdin:
        event = json.loads(line)
        try:
            result, message = handle(event, out)
        except Exception as error:  # whatever it is, the next event may be fine
            result, message = "retry", repr(error)
        print(json.dumps({"number": event["number"], "result": result, "message": message}), file=answers, flush=True)


main()
