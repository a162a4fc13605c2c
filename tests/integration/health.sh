#!/usr/bin/env bash
# Whether webhooks are taken, told at the path for it.
# shellcheck source=tests/lib.sh
. "${HOOKSPOOL_SOURCE:?}/tests/lib.sh"

hook nothing </dev/null
write_conf 'health-path = "/health"' <<-END
	hook "*" { command = { "$dir/hooks/nothing" } }
END
start_server

health() { curl -s -m 10 -o "$dir/answer" -D "$dir/headers" -w '%{http_code}' "$@" "http://127.0.0.1:$port/health"; }

health_is_200_while_webhooks_are_taken() {
	equal 200 "$(health)" && grep -q '"status":"ready"' "$dir/answer" && grep -qi '^cache-control: no-store' "$dir/headers" &&
		equal 200 "$(health -I)" && equal 405 "$(health -X POST -d x)" && grep -qi '^allow: GET, HEAD' "$dir/headers" &&
		equal 405 "$(curl -s -o "$dir/answer" -w '%{http_code}' "http://127.0.0.1:$port/webhooks/anycheck")"
}
health_says_why_they_are_not() {
	stop_all && write_conf 'autostart = false  health-path = "/health"' </dev/null && start_server || return 1
	equal 503 "$(health)" && grep -q '"error":"unavailable"' "$dir/answer" && grep -qi '^retry-after' "$dir/headers" || return 1
	stop_all && write_conf 'min-free = "65536G"  health-path = "/health"' </dev/null && start_server || return 1
	equal 503 "$(health)" && grep -q '"error":"disk"' "$dir/answer"
}
a_full_backlog_is_told() {
	hook waits <<-END
		sleep 300
	END
	stop_all && write_conf 'max-queued = 1  shutdown-grace = "0s"  health-path = "/health"' <<-END && start_server || return 1
		hook "*" { command = { "$dir/hooks/waits" } grace = "100ms" }
	END
	event "$dir/in" completed full COMPLETED
	post 200 "$dir/in" && equal 503 "$(health)" && grep -q '"error":"busy"' "$dir/answer" &&
		event "$dir/in" completed more COMPLETED && post 503 "$dir/in" && grep -q '"error":"busy"' "$dir/answer"
}

run_cases health_is_200_while_webhooks_are_taken health_says_why_they_are_not a_full_backlog_is_told
done_testing
