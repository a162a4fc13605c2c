#!/usr/bin/env bash
# hookspool sign and explain, and what a configuration may say about addresses and fields, as an operator tries them.
# shellcheck source=tests/lib.sh
. "${HOOKSPOOL_SOURCE:?}/tests/lib.sh"

in=$dir/in
heads=$dir/heads
out=$dir/explained
seed=whsk_$(head -c 32 /dev/zero | base64)
openssl genpkey -algorithm ed25519 -out "$dir/key.pem" 2>/dev/null
# A raw seed behind the header of RFC 8410.
{ printf '\x30\x2e\x02\x01\x00\x30\x05\x06\x03\x2b\x65\x70\x04\x22\x04\x20'; head -c 32 /dev/zero; } >"$dir/zero.der"
(
	umask 077
	printf 'correct-horse\nbattery-staple\n' >"$dir/two"
	printf 'whsec_%s\n' "$(printf 0123456789abcdef01234567 | base64)" >"$dir/standard"
	printf 'whpk_%s\nwhpk_%s\n' "$(openssl pkey -in "$dir/key.pem" -pubout -outform DER | tail -c 32 | base64)" \
		"$(openssl pkey -inform DER -in "$dir/zero.der" -pubout -outform DER | tail -c 32 | base64)" >"$dir/public"
	printf 'user:pa:ss\n' >"$dir/basic"
)
write_conf "trusted-proxies = { 127.0.0.0/8, '::1' }" </dev/null
cat >>"$conf" <<-END
	source "slack"    { preset = "slack" path = "/slack" secret-file = "$dir/two" require-https = false
	    hook "message" { command = "/bin/true" } }
	source "standard" { preset = "standard" path = "/standard" secret-file = { "$dir/standard", "$dir/public" } require-https = false }
	source "basic"    { preset = "basic" path = "/basic" secret-file = "$dir/basic" event = "body:/type" require-https = false }
	source "shop"     {
	    path = "/shop"  require-https = false  secret-file = "$dir/two"
	    allow-from = { "192.0.2.0/24", "2001:db8::/32" }
	    signature { algorithm = "hmac-sha512"  from = "query:sig" }
	    event = "body:/type"  id = "body:/id"
	    field "/id"     { format = "uuid"  required = true }
	    field "/when"   { format = "rfc3339" }
	    field "/sum"    { type = "number"  min = 0  max = 99.99 }
	    field "/count"  { type = "integer"  min = 1 }
	    field "/name"   { min-length = 2  max-length = 5 }
	    field "/number" { pattern = "^[A-Z]{2}[0-9]+$"  when = "order.*"  required = true }
	}
END
start_server

# sign SOURCE WORDS…: header lines for $in, with the content type
sign() { hs sign "$@" <"$in" >"$heads" && echo 'Content-Type: application/json' >>"$heads"; }
# answered STATUS PATH [CURL WORDS…]
answered() {
	local want=$1 path=$2
	shift 2
	equal "$want" "$(curl -s -m 10 -o "$dir/answer" -w '%{http_code}' -H @"$heads" --data-binary @"$in" "$@" "http://127.0.0.1:$port$path")" ||
		{ cat "$heads" "$dir/answer"; return 1; }
}
explains() { hs explain "$@" --headers "$heads" <"$in" >"$out"; }
told() { grep -qF -e "$1" "$out" || { echo "not told: $1"; cat "$out"; return 1; }; }

every_secret_can_sign_by_its_position() {
	printf '{"type":"event_callback","event_id":"E1","event":{"type":"message"}}' >"$in"
	sign slack --secret 2 && answered 200 /slack && explains slack && told 'secret 2' && told 'secret 1    '"$dir/two line 1: does not match" &&
		told "$dir/two line 2: matches" && told 'answer: 200' && ! hs sign slack --secret 3 <"$in"
}
a_private_key_in_pem_signs() {
	printf '{"type":"pem"}' >"$in"
	sign standard --key "$dir/key.pem" --id m1 && grep -q '^webhook-id: m1$' "$heads" && answered 200 /standard && explains standard && told 'secret 2' &&
		told 'line 1: matches'
}
a_private_key_as_standard_webhooks_writes_it_signs() {
	printf '{"type":"seed"}' >"$in"
	echo "$seed" >"$dir/seed" && sign standard --key "$dir/seed" && answered 200 /standard && explains standard && told 'secret 3'
}
an_id_of_its_own_is_made_for_each() { printf '{}' >"$in"; [ "$(hs sign standard <"$in" | grep webhook-id)" != "$(hs sign standard <"$in" | grep webhook-id)" ]; }
credentials_are_written_as_they_are_sent() { printf '{"type":"x"}' >"$in"; sign basic && grep -qx 'Authorization: Basic dXNlcjpwYTpzcw==' "$heads" && answered 200 /basic; }

explain_says_what_a_newline_did() {
	printf '{"type":"event_callback","event_id":"E2","event":{"type":"message"}}' >"$in"
	sign slack && echo >>"$in" && ! explains slack && told 'would match without the newline at the end' && told 'answer: 401' && told '\x0a" ('
}
explain_says_when_it_would_have_been_right() {
	printf '{"type":"event_callback","event_id":"E3","event":{"type":"message"}}' >"$in"
	sign slack --timestamp 1700000000 && ! explains slack && told 'timestamp too old' && told 'the signature itself is right' && answered 401 /slack &&
		explains slack --at 1700000299 && told 'answer: 200' && ! explains slack --at 1700000301
}
explain_says_how_a_secret_was_meant() {
	printf '{}' >"$in"
	printf 'webhook-id: m\nwebhook-timestamp: 1700000000\nContent-Type: application/json\nwebhook-signature: v1,%s\n' \
		"$(printf 'm.1700000000.{}' | openssl dgst -sha256 -hmac "$(cat "$dir/standard")" -binary | base64)" >"$heads"
	! explains standard --at 1700000000 && told 'secret 1 would match with key = "text"'
}
explain_names_what_is_ignored() {
	printf '{}' >"$in"
	sign standard && sed -i 's/v1,/v2,/' "$heads" && ! explains standard && told 'ignored, it does not begin with "v1,"' && told 'signature missing'
}
explain_reads_what_curl_printed() {
	printf '{"type":"event_callback","event_id":"E4","event":{"type":"message"}}' >"$in"
	sign slack && { echo '> POST /slack HTTP/1.1'; sed 's/^/> /' "$heads"; printf '> Host: x\r\n> \r\n'; } >"$dir/curl" && heads=$dir/curl explains slack && told 'answer: 200'
}
explain_looks_at_the_content_coding() {
	printf '{"type":"event_callback","event_id":"E5","event":{"type":"message"}}' >"$in"
	sign slack && echo 'Content-Encoding: gzip' >>"$heads" && answered 415 /slack && ! explains slack && told 'answer: 415: the body has a content coding' &&
		sed -i 's/gzip/identity/' "$heads" && explains slack && told 'answer: 200' && answered 200 /slack
}
explain_compares_no_more_than_the_responder() {
	local value
	printf '{"type":"many"}' >"$in"
	sign standard --key "$dir/key.pem" --id m2 && value=$(sed -n 's/^webhook-signature: //p' "$heads") &&
		sed -i "s|^webhook-signature: .*|webhook-signature: $(printf "$value %.0s" 1 2 3 4 5 6 7 8)|" "$heads" && explains standard && answered 200 /standard &&
		sed -i "s|^webhook-signature: .*|&$value|" "$heads" && ! explains standard && told '9 tokens times 2 secrets' && told 'signature malformed' && answered 401 /standard
}
explain_tells_no_secret_and_not_what_would_be_right() {
	local right
	printf '{"type":"x"}' >"$in"
	sign slack --timestamp 1700000000 && right=$(sed -n 's/^X-Slack-Signature: v0=//p' "$heads") && sed -i 's/v0=.*/v0='"$(printf '%064d' 0)"'/' "$heads" &&
		! explains slack --at 1700000000 && ! grep -qF -e "$right" -e correct-horse -e battery-staple "$out" &&
		printf 'Authorization: Basic dXNlcjpwYTpzc3M=\nContent-Type: application/json\n' >"$heads" && ! explains basic && ! grep -qF -e dXNl -e 'pa:ss' "$out"
}
explain_follows_the_event_to_its_fields() {
	printf '{"type":"event_callback","event":{"type":"message"}}' >"$in"
	sign slack && ! explains slack && told 'body:/event_id is missing' && told 'answer: 400' &&
		printf '{"type":' >"$in" && sign slack && ! explains slack && told 'invalid-json' &&
		printf '{"type":"url_verification","challenge":"c"}' >"$in" && sign slack && explains slack && told 'handshake "url_verification"'
}
what_explain_is_not_told_it_asks_for() {
	! hs explain slack <"$in" 2>"$out" && told 'explain takes' && ! hs explain nobody --headers "$heads" <"$in" 2>"$out" && told 'has no source "nobody"' &&
		echo nonsense >"$dir/bad" && ! hs explain slack --headers "$dir/bad" <"$in" 2>"$out" && told 'bad:1: this is neither'
}

# shop BODY [CURL WORDS…]: signed by SHA-512 in the query, from an address that is allowed
shop() {
	local want=$1
	printf '%s' "$2" >"$in"
	shift 2
	echo 'Content-Type: application/json' >"$heads"
	answered "$want" "/shop?sig=$(openssl dgst -sha512 -hmac correct-horse -r <"$in" | cut -d ' ' -f 1)" "${@:--HX-Forwarded-For: 192.0.2.7}"
}
uuid='"id":"f81d4fae-7dec-11d0-a765-00a0c91e6b'
a_signature_may_be_in_the_query() { shop 200 "{\"type\":\"t\",${uuid}01\"}"; }
an_address_must_be_allowed_and_a_proxy_is_believed() {
	shop 403 "{\"type\":\"t\",${uuid}02\"}" -H 'X-Forwarded-For: 192.0.3.1' && grep -q address-not-allowed "$dir/answer" && shop 403 "{\"type\":\"t\",${uuid}02\"}" -H 'X-Nothing: 1' &&
		shop 403 "{\"type\":\"t\",${uuid}02\"}" -H 'X-Forwarded-For: 192.0.2.1, 203.0.113.1' &&
		shop 200 "{\"type\":\"t\",${uuid}02\"}" -H 'X-Forwarded-For: 203.0.113.1, 2001:db8::5, 127.0.0.9' &&
		hs show "$(sed 's/.*"number":\([0-9]*\).*/\1/' "$dir/answer")" | grep -q 'address *2001:db8::5'
}
# rule POINTER WORDS BODY: refused, with the pointer for the sender and the rule for the operator
rule() {
	shop 400 "$3" && grep -qF "\"pointer\":\"$1\"" "$dir/answer" && wait_for 5 bash -c "hookspool -c '$conf' list --state rejected | grep -q ." || return 1
	wait_for 5 rejected "$1 $2" || { hs list --state rejected | tail -n 1; echo "not: $1 $2"; return 1; }
}
rejected() { hs show "$(hs list --state rejected | tail -n 1 | cut -f 1)" | grep -qF -e "$1"; }
each_rule_of_a_field_is_told_by_pointer_and_rule() {
	rule /id 'does not have the format uuid' '{"type":"t","id":"1"}' &&
		rule /id 'has the wrong type' '{"type":"t","id":1}' &&
		rule /when 'does not have the format rfc3339' "{\"type\":\"t\",${uuid}03\",\"when\":\"yesterday\"}" &&
		rule /sum 'is above max 99.99' "{\"type\":\"t\",${uuid}03\",\"sum\":99.990000000000000000001}" &&
		rule /sum 'is below min 0' "{\"type\":\"t\",${uuid}03\",\"sum\":-1e-300}" &&
		rule /count 'has the wrong type (a number with a fraction)' "{\"type\":\"t\",${uuid}03\",\"count\":1.5}" &&
		rule /name 'is longer than max-length 5' "{\"type\":\"t\",${uuid}03\",\"name\":\"abcdef\"}" &&
		rule /name 'is shorter than min-length 2' "{\"type\":\"t\",${uuid}03\",\"name\":\"ä\"}" &&
		rule /number 'is missing' "{\"type\":\"order.paid\",${uuid}03\"}" &&
		rule /number 'does not match its pattern' "{\"type\":\"order.paid\",${uuid}03\",\"number\":\"X1\"}" &&
		shop 200 "{\"type\":\"order.paid\",${uuid}03\",\"number\":\"AB1\",\"sum\":99.99,\"count\":2.0,\"name\":\"äöü\",\"when\":\"2026-01-02T03:04:05Z\"}"
}

run_cases every_secret_can_sign_by_its_position a_private_key_in_pem_signs a_private_key_as_standard_webhooks_writes_it_signs \
	an_id_of_its_own_is_made_for_each credentials_are_written_as_they_are_sent explain_says_what_a_newline_did \
	explain_says_when_it_would_have_been_right explain_says_how_a_secret_was_meant explain_names_what_is_ignored \
	explain_reads_what_curl_printed explain_looks_at_the_content_coding \
	explain_compares_no_more_than_the_responder explain_tells_no_secret_and_not_what_would_be_right explain_follows_the_event_to_its_fields \
	what_explain_is_not_told_it_asks_for a_signature_may_be_in_the_query an_address_must_be_allowed_and_a_proxy_is_believed \
	each_rule_of_a_field_is_told_by_pointer_and_rule
done_testing
