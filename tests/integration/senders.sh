#!/usr/bin/env bash
# Every preset, through lighttpd: what the sender really sends is accepted, and whatever is not quite that is refused.  Signatures are
# made here with the openssl command, from the senders' own descriptions, so that nothing of ours signs what it then checks.
# shellcheck source=tests/lib.sh
. "${HOOKSPOOL_SOURCE:?}/tests/lib.sh"

url=https://hooks.example.org/in
in=$dir/in
heads=$dir/heads
now=$(date +%s)

digest() { openssl dgst -sha256 -mac HMAC -macopt "hexkey:$(od -An -v -tx1 <<<"$1" | tr -d ' \n' | sed 's/0a$//')" -binary; }
digest_of_base64() { openssl dgst -sha256 -mac HMAC -macopt "hexkey:$(base64 -d <<<"$1" | od -An -v -tx1 | tr -d ' \n')" -binary; }
hex() { od -An -v -tx1 | tr -d ' \n'; }
base64_line() { base64 -w 0; }
ed25519() { # FILE, from an OpenSSL key
	cat >"$dir/text"
	openssl pkeyutl -sign -rawin -inkey "$1" -in "$dir/text"
}
public_key() { openssl pkey -in "$1" -pubout -outform DER | tail -c 32; }

for key in ed other-ed; do openssl genpkey -algorithm ed25519 -out "$dir/$key.pem" 2>/dev/null; done

# A row has: body, secret, other (a secret of the same form), sign SECRET TIMESTAMP (header lines for $in), downgrade (a sed program on
# them), and ends by the row's name.
begin() {
	secret_of=correct-horse
	other=battery-staple
	body='{"type":"thing.done","id":"evt_1"}'
	type=application/json
	timestamped=1
	downgrade='s/v1=/v0=/'
	options=
	id=first
}
github() {
	timestamped=
	body='{"action":"opened","repository":{"full_name":"a/b"}}'
	downgrade='s/sha256=/sha1=/'
	sign() { printf 'X-Hub-Signature-256: sha256=%s\nX-GitHub-Event: issues\nX-GitHub-Delivery: d-%s\n' "$(digest "$1" <"$in" | hex)" "$id"; }
	signature=X-Hub-Signature-256
}
bitbucket() {
	timestamped=
	downgrade='s/sha256=/sha1=/'
	sign() { printf 'X-Hub-Signature: sha256=%s\nX-Event-Key: repo:push\nX-Request-UUID: d-%s\n' "$(digest "$1" <"$in" | hex)" "$id"; }
	signature=X-Hub-Signature
}
meta() {
	timestamped=
	body='{"object":"page","entry":[{"id":"1"}]}'
	downgrade='s/sha256=/sha1=/'
	options="token-file = \"$dir/meta.token\""
	sign() { printf 'X-Hub-Signature-256: sha256=%s\n' "$(digest "$1" <"$in" | hex)"; }
	signature=X-Hub-Signature-256
}
stripe() {
	body='{"id":"evt_1","object":"event","type":"charge.succeeded","data":{"object":{"id":"ch_1"}}}'
	secret_of=whsec_abc123
	sign() { printf 'Stripe-Signature: t=%s,v1=%s,v0=%s\n' "$2" "$({ printf '%s.' "$2"; cat "$in"; } | digest "$1" | hex)" 00; }
	downgrade='s/v1=/v0=/'
	signature=Stripe-Signature
}
slack() {
	body='{"type":"event_callback","team_id":"T","event_id":"Ev1","event":{"type":"message","channel":"C"}}'
	sign() { printf 'X-Slack-Request-Timestamp: %s\nX-Slack-Signature: v0=%s\n' "$2" "$({ printf 'v0:%s:' "$2"; cat "$in"; } | digest "$1" | hex)"; }
	downgrade='s/v0=/v1=/'
	signature=X-Slack-Signature
}
slack-interactive() {
	slack
	body='payload=%7B%22type%22%3A%22block_actions%22%2C%22team%22%3A%7B%22id%22%3A%22T%22%7D%7D'
	type=application/x-www-form-urlencoded
}
slack-command() {
	slack
	body='command=%2Fdeploy&text=now&trigger_id=1.2.3&team_id=T'
	type=application/x-www-form-urlencoded
}
zoom() {
	body='{"event":"meeting.started","event_ts":1700000000000,"payload":{"account_id":"A","object":{"id":"1"}}}'
	sign() { printf 'x-zm-request-timestamp: %s\nx-zm-signature: v0=%s\n' "$2" "$({ printf 'v0:%s:' "$2"; cat "$in"; } | digest "$1" | hex)"; }
	downgrade='s/v0=/v1=/'
	signature=x-zm-signature
}
shopify() {
	timestamped=
	sign() { printf 'X-Shopify-Hmac-SHA256: %s\nX-Shopify-Topic: orders/create\nX-Shopify-Event-Id: d-%s\n' "$(digest "$1" <"$in" | base64_line)" "$id"; }
	downgrade='s/^\(X-Shopify-Hmac-SHA256: \).*/\1757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17/'
	signature=X-Shopify-Hmac-SHA256
}
standard() {
	secret_of=whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw
	other=whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD
	sign() { printf 'webhook-id: msg_1\nwebhook-timestamp: %s\nwebhook-signature: v1,%s\n' "$2" \
		"$({ printf 'msg_1.%s.' "$2"; cat "$in"; } | digest_of_base64 "${1#whsec_}" | base64_line)"; }
	downgrade='s/v1,/v0,/'
	signature=webhook-signature
}
svix() {
	standard
	eval "standard_$(declare -f sign)"
	sign() { standard_sign "$@" | sed 's/^webhook-/svix-/'; }
	signature=svix-signature
}
standard-v1a() {
	preset=standard
	secret_of=whpk_$(public_key "$dir/ed.pem" | base64_line)
	other='other-ed'
	sign() { printf 'webhook-id: msg_1\nwebhook-timestamp: %s\nwebhook-signature: v1a,%s\n' "$2" \
		"$({ printf 'msg_1.%s.' "$2"; cat "$in"; } | ed25519 "$dir/$([ "$1" = other-ed ] && echo other-)ed.pem" | base64_line)"; }
	downgrade='s/v1a,/v1,/'
	signature=webhook-signature
}
gitlab() {
	timestamped=
	body='{"object_kind":"push","ref":"refs/heads/main"}'
	sign() { printf 'X-Gitlab-Token: %s\nX-Gitlab-Event: Push Hook\nIdempotency-Key: d-%s\n' "$1" "$id"; }
	downgrade='s/^\(X-Gitlab-Token: \).*/\1Correct-Horse/'
	signature=X-Gitlab-Token
	credential=1
}
paddle() {
	body='{"event_id":"evt_1","event_type":"transaction.paid","occurred_at":"2026-01-02T03:04:05.123Z","data":{"id":"t"}}'
	sign() { printf 'Paddle-Signature: ts=%s;h1=%s\n' "$2" "$({ printf '%s:' "$2"; cat "$in"; } | digest "$1" | hex)"; }
	downgrade='s/h1=/h0=/'
	signature=Paddle-Signature
}
square() {
	timestamped=
	body='{"merchant_id":"M","type":"payment.created","event_id":"e1","data":{"id":"p"}}'
	options="url = \"$url\""
	sign() { printf 'x-square-hmacsha256-signature: %s\n' "$({ printf '%s' "$url"; cat "$in"; } | digest "$1" | base64_line)"; }
	downgrade='s/^x-square-hmacsha256-signature/x-square-signature/'
	signature=x-square-hmacsha256-signature
}
pagerduty() {
	timestamped=
	body='{"event":{"id":"01A","event_type":"incident.triggered","resource_type":"incident","data":{"id":"Q"}}}'
	sign() { printf 'X-PagerDuty-Signature: v1=%064d,v1=%s\n' 0 "$(digest "$1" <"$in" | hex)"; }
	downgrade='s/v1=/v0=/g'
	signature=X-PagerDuty-Signature
}
hubspot() {
	body='[{"eventId":1,"subscriptionId":2,"objectId":3,"occurredAt":4,"subscriptionType":"contact.creation","attemptNumber":0}]'
	options="url = \"$url\""
	sign() { printf 'X-HubSpot-Request-Timestamp: %s000\nX-HubSpot-Signature-v3: %s\n' "$2" \
		"$({ printf 'POST%s' "$url"; cat "$in"; printf '%s000' "$2"; } | digest "$1" | base64_line)"; }
	downgrade='s/-Signature-v3/-Signature/'
	signature=X-HubSpot-Signature-v3
}
discord() {
	body='{"version":1,"application_id":"1","type":1,"event":{"type":"APPLICATION_AUTHORIZED","data":{}}}'
	secret_of=$(public_key "$dir/ed.pem" | hex)
	other='other-ed'
	sign() { printf 'X-Signature-Timestamp: %s\nX-Signature-Ed25519: %s\n' "$2" \
		"$({ printf '%s' "$2"; cat "$in"; } | ed25519 "$dir/$([ "$1" = other-ed ] && echo other-)ed.pem" | hex)"; }
	downgrade='s/-Ed25519/-Ed448/'
	signature=X-Signature-Ed25519
}
bearer() {
	timestamped=
	options='event = "body:/type"'
	sign() { printf 'Authorization: Bearer %s\n' "$1"; }
	downgrade='s/Bearer/Basic/'
	signature=Authorization
	credential=1
}
basic() {
	timestamped=
	secret_of=user:correct-horse
	other=user:battery-staple
	options='event = "body:/type"'
	sign() { printf 'Authorization: Basic %s\n' "$(printf '%s' "$1" | base64_line)"; }
	downgrade='s/Basic/Bearer/'
	signature=Authorization
	credential=1
}
anycheck() {
	timestamped=
	body='{"event":"verification.failed","verification_id":"v","status":"FAILED"}'
	sign() { printf 'X-Webhook-Signature: %s\n' "$(digest "$1" <"$in" | hex)"; }
	downgrade='s/^X-Webhook-Signature: /&sha1=/'
	signature=X-Webhook-Signature
}

rows='anycheck github bitbucket meta stripe slack slack-interactive slack-command zoom shopify standard standard-v1a svix gitlab paddle square
	pagerduty hubspot discord bearer basic'

take() {
	preset=$1
	credential=
	begin
	"$1"
	printf '%s' "$body" >"$in"
}

echo 'verify me' >"$dir/meta.token"
chmod 600 "$dir/meta.token"
hook keep <<-END
	{ echo "\$HOOKSPOOL_CONTENT_TYPE"; cat; } >"$dir/kept.\$HOOKSPOOL_NUMBER.tmp" && mv "$dir/kept.\$HOOKSPOOL_NUMBER.tmp" "$dir/kept.\$HOOKSPOOL_NUMBER"
END
write_conf </dev/null
for row in $rows; do
	take "$row"
	(umask 077 && printf '%s\n' "$secret_of" >"$dir/$row.secret")
	cat >>"$conf" <<-END
		source "row-$row" {
		    preset = "$preset"
		    path   = "/$row"
		    secret-file = "$dir/$row.secret"
		    require-https = false
		    $options
		    hook "*" { command = "$dir/hooks/keep" }
		}
	END
done
start_server

# answered STATUS [CURL WORDS…]: the request of $in and $heads
answered() {
	local want=$1
	shift
	equal "$want" "$(curl -s -m 10 -o "$dir/answer" -w '%{http_code}' -H @"$heads" -H "Content-Type: $type" --data-binary @"$in" "$@" \
		"http://127.0.0.1:$port/$row")" || { cat "$heads" "$dir/answer"; return 1; }
}
genuine() { take "$row" && sign "$secret_of" "$now" >"$heads"; }

is_accepted() { genuine && answered 200 && grep -q '"status":"stored"' "$dir/answer"; }
is_recognised_when_it_is_sent_again() { genuine && answered 200 && grep -q '"status":"duplicate"' "$dir/answer"; }
is_refused_with_a_changed_byte() { genuine && printf '%s' "${body/e/E}" >"$in" && answered 401; }
is_refused_with_another_secret() { take "$row" && sign "$other" "$now" >"$heads" && answered 401; }
is_refused_when_it_is_stale() { take "$row" && sign "$secret_of" $((now - 400)) >"$heads" && answered 401; }
is_refused_from_the_future() { take "$row" && sign "$secret_of" $((now + 400)) >"$heads" && answered 401; }
is_refused_without_its_header() { genuine && sed -i "/^$signature:/d" "$heads" && answered 401; }
is_refused_when_it_is_downgraded() { genuine && cp "$heads" "$dir/before" && sed -i "$downgrade" "$heads" && ! cmp -s "$heads" "$dir/before" && answered 401; }
is_refused_with_an_empty_signature() { genuine && sed -i "s/^\($signature\):.*/\1;/" "$heads" && answered 401; }
is_refused_with_an_oversized_signature() { genuine && sed -i "s/^$signature:.*/&$(printf '%04200d' 0)/" "$heads" && answered 401; }

claims='is_accepted is_recognised_when_it_is_sent_again is_refused_with_a_changed_byte is_refused_with_another_secret
	is_refused_without_its_header is_refused_when_it_is_downgraded is_refused_with_an_empty_signature is_refused_with_an_oversized_signature'
for row in $rows; do
	take "$row"
	is_credential=$credential
	for claim in $claims ${timestamped:+is_refused_when_it_is_stale is_refused_from_the_future}; do
		# Nothing of the body is signed where the secret itself is shown.
		[ -n "$is_credential" ] && [ "$claim" = is_refused_with_a_changed_byte ] && continue
		run_case "$claim" "$row"
	done
done

# Published by the senders: GitHub's and Slack's pages, the library of Standard Webhooks.
explained() { hookspool -c "$conf" explain "$@" >"$dir/explained"; grep -q 'result      signature valid' "$dir/explained" || { cat "$dir/explained"; return 1; }; }
githubs_own_example_is_valid() {
	printf "It's a Secret to Everybody\n" >"$dir/row.secret" && sed "s|$dir/github.secret|$dir/row.secret|" "$conf" >"$conf.row" && chmod 600 "$dir/row.secret" &&
		printf 'X-Hub-Signature-256: sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17\nContent-Type: application/json\n' >"$heads" &&
		printf 'Hello, World!' | conf=$conf.row explained row-github --headers "$heads"
}
slacks_own_example_is_valid() {
	echo 8f742231b10e8888abcd99yyyzzz85a5 >"$dir/row.secret" && sed "s|$dir/slack-command.secret|$dir/row.secret|" "$conf" >"$conf.row" &&
		printf 'X-Slack-Signature: v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503\nX-Slack-Request-Timestamp: 1531420618\nContent-Type: application/x-www-form-urlencoded\n' >"$heads" &&
		printf '%s' 'token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c' |
		conf=$conf.row explained row-slack-command --headers "$heads" --at 1531420618
}
the_example_of_standard_webhooks_is_valid() {
	printf 'webhook-id: msg_p5jXN8AQM9LWM0D4loKWxJek\nwebhook-timestamp: 1614265330\nwebhook-signature: v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=\nContent-Type: application/json\n' >"$heads" &&
		printf '{"test": 2432232314}' | explained row-standard --headers "$heads" --at 1614265330
}

# vector ROW SECRET AT [URL]: the example in $heads and $in is valid as of AT.
vector() {
	(umask 077 && printf '%s\n' "$2" >"$dir/row.secret")
	sed "s|$dir/$1.secret|$dir/row.secret|; s|url = .*|url = \"${4:-$url}\"|" "$conf" >"$conf.row"
	echo 'Content-Type: application/json' >>"$heads"
	conf=$conf.row explained "row-$1" --headers "$heads" --at "$3" <"$in"
}
# support.atlassian.com, "Manage webhooks", "Secure webhooks".
bitbuckets_own_example_is_valid() {
	echo 'X-Hub-Signature: sha256=a4771c39fbe90f317c7824e83ddef3caae9cb3d976c214ace1f2937e133263c9' >"$heads"
	printf 'Hello World!' >"$in" && vector bitbucket "It's a Secret to Everybody" "$now"
}
# stripe-dotnet, EventUtilityTest.cs and event_test_signature.json.
stripes_own_example_is_valid() {
	echo 'Stripe-Signature: t=1533204620,v1=2220f87ef101a04665f11cdf770523143f875572008577fa0f20882ddb9cc3c7' >"$heads"
	cp "$HOOKSPOOL_SOURCE/tests/vectors/stripe.body" "$in" && vector stripe webhook_secret 1533204620
}
# paddle-node-sdk, webhooks-validator.test.ts.
paddles_own_examples_are_valid() {
	echo 'Paddle-Signature: ts=1698796800;h1=a300428748dce5c70e4da19bffd60769591ea969c99dea3105d0ec9612cf43f9' >"$heads"
	printf '{"data": ["1", "2"]}' >"$in" && vector paddle VALID_SECRET 1698796800 || return 1
	echo 'Paddle-Signature: ts=1698796800;h1=28981e941fae76e53db32f3d2a83cb69db41476595e84e1970a1b5d98f62b261;h2=RANDOM_HASH' >"$heads"
	printf '{"data": "value"}' >"$in" && vector paddle VALID_SECRET 1698796800
}
# square-nodejs-sdk, tests/integration/webhooks.test.ts.
squares_own_examples_are_valid() {
	echo 'x-square-hmacsha256-signature: W3FlCNk5IA3ZQ2LHTWoajvzfaDu/OwY2tNHIHC3IUOA=' >"$heads"
	printf '{"data":{"type":"webhooks","id":"fake_id"}}' >"$in" && vector square signature-key "$now" https://webhook.site/webhooks || return 1
	echo 'x-square-hmacsha256-signature: Cxt7+aTi4rKgcA0bC4g9EHdVtLSDWdqccmL5MvihU4U=' >"$heads"
	printf '{"data":{"type":"webhooks","id":">id<"}}' >"$in" && vector square signature-key "$now" https://webhook.site/webhooks
}
# go-pagerduty, webhookv3/webhookv3_test.go.
pagerdutys_own_example_is_valid() {
	echo 'X-PagerDuty-Signature: v1=0c0b9495b893a39e70d1fea2fe11fbe0a825f88b9f67846f6cc07dd2bc5476cd' >"$heads"
	cp "$HOOKSPOOL_SOURCE/tests/vectors/pagerduty.body" "$in" && vector pagerduty lDQHScfUeXUKaQRNF+8XIiDKZ7XX3itBAYzwU0TARw8lJqRnkKl2iB1anSb0Z+IK "$now"
}
# hubspot-api-python's test of signatures.
hubspots_own_example_is_valid() {
	printf 'X-HubSpot-Request-Timestamp: 1693657560000\nX-HubSpot-Signature-v3: K36dawei4A+QBNolUOqo7s91KQDWQ5MXZ/QufNYuk/Y=\n' >"$heads"
	printf "{'example_field':'example_value'}" >"$in" && vector hubspot yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy 1693657560 https://www.example.com/webhook_uri
}
# standard-webhooks, libraries/go/webhook_asymmetric_test.go; the public key is that of its private key.
the_ed25519_example_of_standard_webhooks_is_valid() {
	printf 'webhook-id: msg_p5jXN8AQM9LWM0D4loKWxJek\nwebhook-timestamp: 1614265330\nwebhook-signature: v1a,tQ9V2XOqn7jL/DQenEFpqIugdBVtiMmER5mhSkXBNwM0mkATuDe6KYYUuxqtaiHeYGb7KaaBRdM5WqyeFiL8Ag==\n' >"$heads"
	printf '{"test": 2432232314}' >"$in" && vector standard-v1a 'whpk_ZlN4eg7dSSqi0moX9hQUk3orrOouK3QVQSlJa248c/g=' 1614265330
}

# Handshakes.
meta_gets_its_challenge_for_its_token() {
	equal 200 "$(curl -s -o "$dir/answer" -D "$dir/head" -w '%{http_code}' "http://127.0.0.1:$port/meta?hub.mode=subscribe&hub.verify_token=verify+me&hub.challenge=115%3C8")" &&
		equal '115<8' "$(cat "$dir/answer")" && grep -qi '^content-type: text/plain' "$dir/head" && grep -qi '^x-content-type-options: nosniff' "$dir/head" &&
		equal 401 "$(curl -s -o "$dir/answer" -w '%{http_code}' "http://127.0.0.1:$port/meta?hub.mode=subscribe&hub.verify_token=verify&hub.challenge=1")" &&
		equal 401 "$(curl -s -o "$dir/answer" -w '%{http_code}' "http://127.0.0.1:$port/meta?hub.mode=subscribe&hub.challenge=1")" &&
		equal 400 "$(curl -s -o "$dir/answer" -w '%{http_code}' "http://127.0.0.1:$port/meta?hub.mode=subscribe&hub.verify_token=verify+me&hub.challenge=1%0A2")" &&
		equal 405 "$(curl -s -o "$dir/answer" -w '%{http_code}' "http://127.0.0.1:$port/meta")"
}
# shake ROW BODY STATUS ANSWER: a signed handshake is answered, and leaves no event
shake() {
	local before
	before=$(hs list | wc -l)
	row=$1
	take "$row" && printf '%s' "$2" >"$in" && sign "$secret_of" "$now" >"$heads" && answered "$3" && equal "$4" "$(cat "$dir/answer")" &&
		equal "$before" "$(hs list | wc -l)" && sign "$other" "$now" >"$heads" && answered 401
}
slack_gets_its_challenge() { shake slack '{"type":"url_verification","challenge":"3eZb<R8\u00e4","token":"x"}' 200 '3eZb<R8ä'; }
zoom_gets_its_token_signed() {
	shake zoom '{"event":"endpoint.url_validation","payload":{"plainToken":"q\"8"},"event_ts":1}' 200 \
		"{\"plainToken\":\"q\\\"8\",\"encryptedToken\":\"$(printf 'q"8' | digest correct-horse | hex)\"}"
}
discord_gets_its_ping_answered() { shake discord '{"version":1,"application_id":"1","type":0}' 204 '' && shake discord '{"application_id":"1","token":"t","type":1}' 200 '{"type":1}'; }
github_gets_its_ping_answered() {
	row=github
	genuine && sed -i 's/^X-GitHub-Event.*/X-GitHub-Event: ping/' "$heads" && answered 200 && equal '{"status":"pong"}' "$(cat "$dir/answer")"
}
a_challenge_that_is_missing_is_400() {
	row=slack
	take slack && printf '{"type":"url_verification"}' >"$in" && sign "$secret_of" "$now" >"$heads" && answered 400 && grep -q '"pointer":"body:/challenge"' "$dir/answer"
}

# What a preset has besides its signature.
a_captured_body_is_a_duplicate_under_a_new_id() {
	row=github
	take github && id=captured && printf '{"action":"closed"}' >"$in" && sign "$secret_of" "$now" >"$heads" && answered 200 && grep -q stored "$dir/answer" &&
		sed -i 's/^\(X-GitHub-Delivery\).*/\1: another/' "$heads" && answered 200 && grep -q duplicate "$dir/answer"
}
github_may_send_a_form() {
	row=github
	type=application/x-www-form-urlencoded
	id=form
	printf 'payload=%%7B%%22action%%22%%3A%%22form%s%%22%%7D' "$RANDOM" >"$in"
	sign correct-horse >"$heads" && answered 200 && grep -q stored "$dir/answer" && number=$(sed 's/.*"number":\([0-9]*\).*/\1/' "$dir/answer") &&
		hs show "$number" | grep -q 'ACTION *form' && hs body "$number" | cmp - "$in" &&
		wait_for 10 test -f "$dir/kept.$number" && grep -q '^application/json$' "$dir/kept.$number" && grep -q '^{"action":"form[0-9]*"}$' "$dir/kept.$number" &&
		printf 'payload=%%7B' >"$in" && sign correct-horse >"$heads" && answered 400 && grep -q invalid-json "$dir/answer" &&
		printf 'other=1' >"$in" && sign correct-horse >"$heads" && answered 400 && grep -q '"error":"invalid-field"' "$dir/answer"
}
a_slash_command_is_read_from_its_form() { hs list --source row-slack-command | grep -q '/deploy' && hs show "$(hs list --source row-slack-command | cut -f 1)" | grep -q 'COMMAND_TEXT *now' &&
	wait_for 10 grep -q '^command=%2Fdeploy' "$dir/kept.$(hs list --source row-slack-command | cut -f 1)"; }
two_secrets_are_good_and_which_one_matched_is_told() {
	row=stripe
	printf 'new-one\n\nwhsec_abc123\n' >"$dir/stripe.secret"
	stop_all && start_server || return 1
	take stripe && printf '{"id":"r1","object":"event","type":"t"}' >"$in" && sign new-one "$now" >"$heads" && answered 200 &&
		printf '{"id":"r2","object":"event","type":"t"}' >"$in" && sign whsec_abc123 "$now" >"$heads" && answered 200 &&
		equal '1 2' "$(for n in $(hs list --source row-stripe | tail -n 2 | cut -f 1); do hs show "$n" | sed -n 's/^secret *//p'; done | xargs)" &&
		equal r2 "$(hs list --source row-stripe --secret 2 | cut -f 4)"
}
no_secret_is_in_the_log_or_the_spool() {
	! grep -rqaF -e correct-horse -e whsec_abc123 -e MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw -e "$(printf user:correct-horse | base64_line)" -e 'verify me' "$dir/log" "$dir/spool"
}

row=
run_cases githubs_own_example_is_valid slacks_own_example_is_valid the_example_of_standard_webhooks_is_valid \
	bitbuckets_own_example_is_valid stripes_own_example_is_valid paddles_own_examples_are_valid squares_own_examples_are_valid \
	pagerdutys_own_example_is_valid hubspots_own_example_is_valid the_ed25519_example_of_standard_webhooks_is_valid \
	meta_gets_its_challenge_for_its_token slack_gets_its_challenge zoom_gets_its_token_signed discord_gets_its_ping_answered \
	github_gets_its_ping_answered a_challenge_that_is_missing_is_400 a_captured_body_is_a_duplicate_under_a_new_id \
	github_may_send_a_form a_slash_command_is_read_from_its_form two_secrets_are_good_and_which_one_matched_is_told \
	no_secret_is_in_the_log_or_the_spool
done_testing
