#!/usr/bin/env bash
# The senders' own signing libraries, from npm, sign; lighttpd and hookspool receive.
# shellcheck source=tests/lib.sh
. "${HOOKSPOOL_SOURCE:?}/tests/lib.sh"
needs node npm

# Each version is named, so that a new release is tried on purpose.
packages='standardwebhooks@1.1.1 svix@2.5.0 stripe@23.1.0 @octokit/webhooks-methods@6.0.0'
in=$dir/in

write_conf </dev/null
# source NAME SECRET
source_of() {
	(umask 077 && printf '%s\n' "$2" >"$dir/$1.secret")
	printf 'source "own-%s" { preset = "%s" path = "/%s" secret-file = "%s" require-https = false }\n' "$1" "$1" "$1" "$dir/$1.secret" >>"$conf"
}
key=whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw
source_of standard "$key"
source_of svix "$key"
source_of stripe whsec_stripe-endpoint
source_of github 'a secret with blanks'
start_server

# sign.mjs LIBRARY SECRET BODY: header lines
cat >"$dir/sign.mjs" <<'END'
const [library, secret, body] = process.argv.slice(2);
const print = (headers) => Object.entries(headers).forEach(([name, value]) => console.log(`${name}: ${value}`));
const now = new Date();
const seconds = Math.floor(now / 1000);
if (library === "standardwebhooks") {
	const { Webhook } = await import("standardwebhooks");
	print({ "webhook-id": "msg_lib", "webhook-timestamp": seconds, "webhook-signature": new Webhook(secret).sign("msg_lib", now, body) });
} else if (library === "svix") {
	const { Webhook } = await import("svix");
	print({ "svix-id": "msg_lib", "svix-timestamp": seconds, "svix-signature": new Webhook(secret).sign("msg_lib", now, body) });
} else if (library === "stripe") {
	const { default: Stripe } = await import("stripe");
	print({ "Stripe-Signature": new Stripe("sk_test_x").webhooks.generateTestHeaderString({ payload: body, secret }) });
} else {
	const { sign } = await import("@octokit/webhooks-methods");
	print({ "X-Hub-Signature-256": await sign(secret, body), "X-GitHub-Event": "push", "X-GitHub-Delivery": "lib" });
}
END

# The registry may be slow, or down for a moment.
npm_has_the_libraries() {
	local try
	for try in 1 2 3; do
		# shellcheck disable=SC2086
		npm install --prefix "$dir" --no-audit --no-fund --no-save --ignore-scripts $packages && return
		sleep "$try"
	done
	return 1
}
# signs LIBRARY SOURCE SECRET BODY
signs() {
	printf '%s' "$4" >"$in"
	(cd "$dir" && node sign.mjs "$1" "$3" "$4") >"$in.header" || return 1
	equal 200 "$(curl -s -m 10 -o "$dir/answer" -w '%{http_code}' -H @"$in.header" -H 'Content-Type: application/json' \
		--data-binary @"$in" "http://127.0.0.1:$port/$2")" && grep -q '"status":"stored"' "$dir/answer" &&
		(cd "$dir" && node sign.mjs "$1" "$3" "$4 ") >"$in.header" &&
		equal 401 "$(curl -s -m 10 -o "$dir/answer" -w '%{http_code}' -H @"$in.header" -H 'Content-Type: application/json' \
			--data-binary @"$in" "http://127.0.0.1:$port/$2")" || { cat "$in.header" "$dir/answer"; return 1; }
}
what_standardwebhooks_signs_is_accepted() { signs standardwebhooks standard "$key" '{"type":"a.b","data":{"ä":"€"}}'; }
what_svix_signs_is_accepted() { signs svix svix "$key" '{"type":"a.b"}'; }
what_stripe_signs_is_accepted() { signs stripe stripe whsec_stripe-endpoint '{"id":"evt_lib","object":"event","type":"a.b"}'; }
what_octokit_signs_is_accepted() { signs octokit github 'a secret with blanks' '{"ref":"refs/heads/main"}'; }

# And the other way: what hookspool sign writes, the libraries accept.
cat >"$dir/verify.mjs" <<'END'
import { readFileSync } from "fs";
const [library, secret, bodyFile, headerFile] = process.argv.slice(2);
const body = readFileSync(bodyFile, "utf8");
const headers = Object.fromEntries(readFileSync(headerFile, "utf8").trim().split("\n").map((line) => {
	const colon = line.indexOf(": ");
	return [line.slice(0, colon).toLowerCase(), line.slice(colon + 2)];
}));
if (library === "standardwebhooks") {
	const { Webhook } = await import("standardwebhooks");
	new Webhook(secret).verify(body, headers);
} else if (library === "svix") {
	const { Webhook } = await import("svix");
	new Webhook(secret).verify(body, headers);
} else if (library === "stripe") {
	const { default: Stripe } = await import("stripe");
	new Stripe("sk_test_x").webhooks.constructEvent(body, headers["stripe-signature"], secret);
} else {
	const { verify } = await import("@octokit/webhooks-methods");
	if (!(await verify(secret, body, headers["x-hub-signature-256"]))) process.exit(1);
}
END
# verifies LIBRARY SOURCE SECRET
verifies() {
	printf '{"type":"a.b","id":"evt_1","object":"event"}' >"$in"
	hs sign "own-$2" <"$in" >"$in.header" && (cd "$dir" && node verify.mjs "$1" "$3" "$in" "$in.header") || return 1
	! (cd "$dir" && node verify.mjs "$1" "${3%?}B" "$in" "$in.header") 2>/dev/null
}
standardwebhooks_accepts_what_sign_writes() { verifies standardwebhooks standard "$key"; }
svix_accepts_what_sign_writes() { verifies svix svix "$key"; }
stripe_accepts_what_sign_writes() { verifies stripe stripe whsec_stripe-endpoint; }
octokit_accepts_what_sign_writes() { verifies octokit github 'a secret with blanks'; }

run_cases npm_has_the_libraries what_standardwebhooks_signs_is_accepted what_svix_signs_is_accepted what_stripe_signs_is_accepted \
	what_octokit_signs_is_accepted standardwebhooks_accepts_what_sign_writes svix_accepts_what_sign_writes \
	stripe_accepts_what_sign_writes octokit_accepts_what_sign_writes
done_testing
