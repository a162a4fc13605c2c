#!/usr/bin/env bash
# Every row of the table of answers, provoked through lighttpd.
# shellcheck source=tests/lib.sh
. "${HOOKSPOOL_SOURCE:?}/tests/lib.sh"

write_conf '' 'require-https = false  max-body = "4k"' </dev/null
start_server
url=http://127.0.0.1:$port/webhooks/anycheck
in=$dir/in

# answer STATUS CODE CURL-WORDS…
answer() {
	local status=$1 code=$2
	shift 2
	equal "$status" "$(curl -s -m 10 -o "$dir/answer" -D "$dir/headers" -w '%{http_code}' "$@")" &&
		grep -q "\"error\":\"$code\"" "$dir/answer" || { cat "$dir/answer"; return 1; }
}
signed() { event "$in" completed "v$RANDOM$RANDOM" COMPLETED; hs sign anycheck <"$in" >"$in.header"; }
json='Content-Type: application/json'

a_genuine_one_is_stored() { signed && post 200 "$in"; }
upper_case_hex_is_as_good() { signed && hs sign anycheck <"$in" | sed 's/: .*/\U&/' >"$in.header" &&
	equal 200 "$(curl -s -m 10 -o "$dir/answer" -w '%{http_code}' -H @"$in.header" -H "$json" --data-binary @"$in" "$url")"; }
a_missing_signature_is_401() { signed && answer 401 unauthorized -H "$json" --data-binary @"$in" "$url"; }
a_wrong_signature_is_401() { signed && answer 401 unauthorized -H "X-Webhook-Signature: $(printf '%064d' 0)" -H "$json" --data-binary @"$in" "$url"; }
a_truncated_signature_is_401() { signed && sed -i 's/.$//' "$in.header" && answer 401 unauthorized -H @"$in.header" -H "$json" --data-binary @"$in" "$url"; }
an_empty_signature_is_401() { signed && answer 401 unauthorized -H 'X-Webhook-Signature;' -H "$json" --data-binary @"$in" "$url"; }
a_signature_over_other_bytes_is_401() { signed && echo >>"$in" && answer 401 unauthorized -H @"$in.header" -H "$json" --data-binary @"$in" "$url"; }
a_changed_byte_is_401() { signed && sed -i 's/true/trUe/' "$in" && answer 401 unauthorized -H @"$in.header" -H "$json" --data-binary @"$in" "$url"; }
an_empty_body_is_400() { : >"$in" && hs sign anycheck <"$in" >"$in.header" && answer 400 empty-body -H @"$in.header" -H "$json" --data-binary @"$in" "$url"; }
get_is_405_with_allow() { answer 405 method-not-allowed "$url" && grep -qi '^Allow: POST' "$dir/headers"; }
an_unknown_path_is_404() { signed && answer 404 not-found -H "$json" --data-binary @"$in" "${url}x"; }
another_type_is_415() { signed && answer 415 unsupported-media-type -H @"$in.header" -H 'Content-Type: text/plain' --data-binary @"$in" "$url"; }
a_gzip_coding_is_415() { signed && gzip -c "$in" >"$in.gz" && answer 415 unsupported-encoding -H @"$in.header" -H "$json" -H 'Content-Encoding: gzip' --data-binary @"$in.gz" "$url"; }
max_body_is_accepted_and_one_byte_more_is_413() {
	local size
	for size in 4096 4097; do
		event "$in" completed "big$size" COMPLETED ',"pad":"'
		truncate -s -1 "$in"
		head -c $((size - $(wc -c <"$in") - 2)) /dev/zero | tr '\0' x >>"$in"
		printf '"}' >>"$in"
		hs sign anycheck <"$in" >"$in.header"
		if [ "$size" = 4096 ]; then post 200 "$in"; else
			answer 413 body-too-large -H @"$in.header" -H "$json" --data-binary @"$in" "$url"
		fi || return 1
	done
}
a_body_shorter_than_its_length_stores_nothing() {
	local before
	before=$(hs list | wc -l)
	signed || return 1
	{ printf 'POST /webhooks/anycheck HTTP/1.0\r\n%s\r\n%s\r\nContent-Length: 400\r\n\r\n' "$json" "$(cat "$in.header")"
		cat "$in"; } | timeout 2 bash -c "exec 3<>/dev/tcp/127.0.0.1/$port; cat >&3; exec 3>&-"
	signed && post 200 "$in" && equal $((before + 1)) "$(hs list | wc -l)"
}
a_chunked_body_is_accepted() { signed && post 200 "$in" -H 'Transfer-Encoding: chunked'; }

# refused BODY: as JSON, though its signature is right
refused() {
	printf '%b' "$1" >"$in"
	hs sign anycheck <"$in" >"$in.header"
	answer 400 invalid-json -H @"$in.header" -H "$json" --data-binary @"$in" "$url" || { cat "$in"; return 1; }
}
invalid_json_is_400() {
	local value
	for value in -01 2. 2.e3 -.5 NaN Infinity -Infinity '"a\nb"' '"a\tb"' "'a'" '"\377"' '[1,]' '{"a":1,"a":2}' '"\\x"'; do
		refused "{\"event\":\"verification.failed\",\"verification_id\":\"j\",\"status\":\"FAILED\",\"v\":$value}" || return 1
	done
	refused '{} x' && refused "{'event':1}" && refused "$(head -c 70 /dev/zero | tr '\0' '[')"
}
# field POINTER BODY
field() {
	printf '%s' "$2" >"$in"
	hs sign anycheck <"$in" >"$in.header"
	answer 400 invalid-field -H @"$in.header" -H "$json" --data-binary @"$in" "$url" && grep -q "\"pointer\":\"$1\"" "$dir/answer"
}
a_field_that_is_not_as_declared_is_400_with_its_pointer() {
	field /status '{"event":"verification.failed","verification_id":"f","status":"LOST"}' &&
		field /verification_id '{"event":"verification.failed","status":"FAILED"}' &&
		field /output '{"event":"verification.completed","verification_id":"f","status":"COMPLETED"}' &&
		field body:/verification_id '{"event":"verification.failed","verification_id":"a\u0000b","status":"FAILED"}' &&
		field body:/verification_id '{"event":"verification.failed","verification_id":"a\ud800b","status":"FAILED"}' &&
		field body:/metadata/customer_id '{"event":"verification.failed","verification_id":"f","status":"FAILED","metadata":{"customer_id":"a\u0000"}}'
}
what_was_authenticated_but_invalid_is_kept_as_rejected() {
	wait_for 5 bash -c "hookspool -c '$conf' list --state rejected | grep -q rejected" &&
		hs show "$(hs list --state rejected --limit 1 | cut -f 1)" | grep -q 'reason .*not JSON'
}
plain_http_is_403_where_https_is_required() {
	stop_all && write_conf 'autostart = false' </dev/null && sed -i '/require-https/d' "$conf" && start_server || return 1
	url=http://127.0.0.1:$port/webhooks/anycheck
	signed && answer 403 https-required -H @"$in.header" -H "$json" --data-binary @"$in" "$url"
}
without_a_spooler_it_is_503_with_retry_after() {
	stop_all && write_conf 'autostart = false' </dev/null && start_server || return 1
	url=http://127.0.0.1:$port/webhooks/anycheck
	signed && answer 503 unavailable -H @"$in.header" -H "$json" --data-binary @"$in" "$url" &&
		grep -qi '^Retry-After: [1-9]' "$dir/headers"
}
a_full_disk_is_503() {
	stop_all && write_conf 'min-free = "65536G"' </dev/null && start_server || return 1
	url=http://127.0.0.1:$port/webhooks/anycheck
	signed && answer 503 disk -H @"$in.header" -H "$json" --data-binary @"$in" "$url"
}
as_plain_cgi_it_stores_too() {
	stop_all && write_conf </dev/null || return 1
	ln -sf "$HOOKSPOOL_BUILD/hookspool.fcgi" "$dir/webhooks.cgi"
	start_server "server.modules = ( \"mod_alias\", \"mod_cgi\", \"mod_setenv\" )
		alias.url = ( \"/webhooks/anycheck\" => \"$dir/webhooks.cgi\" )
		setenv.set-environment = ( \"HOOKSPOOL_CONF\" => \"$conf\" )
		cgi.assign = ( \".cgi\" => \"\" )" || return 1
	signed && post 200 "$in" && grep -q stored "$dir/answer" && post 200 "$in" && grep -q duplicate "$dir/answer"
}

a_body_that_ends_before_its_length_is_400() {
	signed && env REQUEST_METHOD=POST REQUEST_URI=/webhooks/anycheck CONTENT_TYPE=application/json CONTENT_LENGTH=400 \
		HTTP_X_WEBHOOK_SIGNATURE="$(sed 's/.*: //' "$in.header")" hookspool.fcgi -c "$conf" <"$in" >"$dir/answer" &&
		grep -q '^Status: 400' "$dir/answer" && grep -q truncated-body "$dir/answer"
}

run_cases a_genuine_one_is_stored upper_case_hex_is_as_good a_missing_signature_is_401 a_wrong_signature_is_401 \
	a_truncated_signature_is_401 an_empty_signature_is_401 a_signature_over_other_bytes_is_401 a_changed_byte_is_401 \
	an_empty_body_is_400 get_is_405_with_allow an_unknown_path_is_404 another_type_is_415 a_gzip_coding_is_415 \
	max_body_is_accepted_and_one_byte_more_is_413 a_body_shorter_than_its_length_stores_nothing a_chunked_body_is_accepted \
	invalid_json_is_400 a_field_that_is_not_as_declared_is_400_with_its_pointer \
	what_was_authenticated_but_invalid_is_kept_as_rejected plain_http_is_403_where_https_is_required \
	without_a_spooler_it_is_503_with_retry_after a_full_disk_is_503 as_plain_cgi_it_stores_too \
	a_body_that_ends_before_its_length_is_400
done_testing
