#!/bin/sh
# Writes vectors.json: every vector with the signature that openssl computes over the bytes of its body.
#
#   cd tests/webhooks && ./make.sh > vectors.json
#
# Needs openssl and a POSIX shell. README.md describes the format.
set -eu
cd "$(dirname "$0")"

# What the API does: base64 of HMAC-SHA256, keyed with the secret, over body "." nonce "." timestamp.
sign() { # file, secret, nonce, timestamp
    { cat "$1" && printf '.%s.%s' "$3" "$4"; } | openssl dgst -sha256 -hmac "$2" -binary | openssl base64 -A
}

# A vector begins as a genuine one; what is special about it is set before `vector` writes it.
genuine() {
    body=message_delivery.json
    secrets='"the secret of the webhook"'
    key='the secret of the webhook'
    now=1790000000
    timestamp=$now
    nonce=01KB2R0A1B2C3D4E5F6G7H8J9K
    algorithm=HmacSHA256
    signature=
    signed_body=
    signed_nonce=
    signed_timestamp=
    names=lower
    left_out=
    more_headers=
    tolerance=
    times=
}
genuine

header() { # name, value
    [ "$1" = "$left_out" ] && return
    name=x-sinch-webhook-$1
    [ "$names" = mixed ] && name=$(printf '%s' "$name" | sed 's/^x-sinch-webhook/X-Sinch-WebHook/; s/signature/SIGNATURE/')
    printf '%s["%s", "%s"]' "$separator" "$name" "$2"
    separator=', '
}

first=yes
vector() { # name, what is expected
    : "${signature:=$(sign "bodies/${signed_body:-$body}" "$key" "${signed_nonce:-$nonce}" "${signed_timestamp:-$timestamp}")}"
    [ "$first" = yes ] || printf ',\n'
    first=no
    printf '  {\n    "name": "%s",\n    "secrets": [%s],\n' "$1" "$secrets"
    [ -z "$tolerance" ] || printf '    "tolerance": %s,\n' "$tolerance"
    printf '    "now": %s,\n    "body": "bodies/%s",\n    "headers": [' "$now" "$body"
    separator=
    header signature "$signature"
    header signature-timestamp "$timestamp"
    header signature-nonce "$nonce"
    header signature-algorithm "$algorithm"
    printf '%s],\n' "$more_headers"
    [ -z "$times" ] || printf '    "times": %s,\n' "$times"
    printf '    "expected": %s\n  }' "$2"
    genuine
}

event() { printf '{"event": %s, "duplicate": %s}' "$1" "${2:-false}"; }
refused() { printf '{"reason": "%s"}' "$1"; }
refused_header() { printf '{"reason": "%s", "header": "x-sinch-webhook-%s"}' "$1" "$2"; }

printf '[\n'

# ---- every trigger
for trigger in MESSAGE_INBOUND MESSAGE_INBOUND_SMART_CONVERSATION_REDACTION MESSAGE_SUBMIT MESSAGE_DELIVERY \
    EVENT_INBOUND EVENT_DELIVERY CONVERSATION_START CONVERSATION_STOP CONVERSATION_DELETE CONTACT_CREATE \
    CONTACT_DELETE CONTACT_MERGE CONTACT_UPDATE CONTACT_IDENTITIES_DUPLICATION CAPABILITY OPT_IN OPT_OUT \
    CHANNEL_EVENT SMART_CONVERSATION RECORD_NOTIFICATION UNSUPPORTED BATCH_STATUS_UPDATE; do
    body=$(printf '%s' "$trigger" | tr '[:upper:]' '[:lower:]').json
    vector "$trigger" "$(event "\"$trigger\"")"
done

# ---- the vector that Sinch has published (README.md names the source)
body=published_by_sinch.json secrets='"foo_secret1234"' now=1634579353 timestamp=1634579353
nonce=01FJA8B4A7BM43YGWSG9GBV067 signature=6bpJoRmFoXVjfJIVglMoJzYXxnoxRujzR4k2GOXewOE=
vector 'the published signature' "$(event '"CONTACT_CREATE"')"

# ---- genuine, in other forms
body=message_delivery_failed.json
vector 'a failure with its reason' "$(event '"MESSAGE_DELIVERY"')"
body=message_delivery_unknown_status.json
vector 'a status and a channel that nobody knows yet' "$(event '"MESSAGE_DELIVERY"')"
body=unknown_key.json
vector 'an event that nobody knows yet' "$(event null)"
body=no_key.json
vector 'an event of nothing' "$(event null)"
body=two_keys.json
vector 'a key that holds no payload does not count' "$(event '"OPT_IN"')"
body=written_another_way.json
vector 'line ends, escapes and long numbers stay as they came' "$(event '"MESSAGE_DELIVERY"')"
body=half_a_character.json
vector 'half of a surrogate pair' "$(event '"MESSAGE_INBOUND"')"
names=mixed
vector 'upper and lower case make no difference in the names of headers' "$(event '"MESSAGE_DELIVERY"')"
more_headers=', ["content-type", "application/json"], ["x-sinch-webhook", "other"]'
vector 'other headers make no difference' "$(event '"MESSAGE_DELIVERY"')"
secrets='"hemligheten: åäö 🔑"' key='hemligheten: åäö 🔑'
vector 'a secret beyond ASCII counts by its UTF-8 bytes' "$(event '"MESSAGE_DELIVERY"')"
secrets='"the old secret", "the secret of the webhook"'
vector 'the second secret, while one is replaced' "$(event '"MESSAGE_DELIVERY"')"
secrets='"", "the secret of the webhook"'
vector 'an empty secret beside a filled one' "$(event '"MESSAGE_DELIVERY"')"

# ---- time
timestamp=1789999700
vector 'five minutes old' "$(event '"MESSAGE_DELIVERY"')"
timestamp=1790000300
vector 'five minutes ahead' "$(event '"MESSAGE_DELIVERY"')"
timestamp=1789999699
vector 'older than five minutes' "$(refused stale)"
timestamp=1790000301
vector 'more than five minutes ahead' "$(refused stale)"
timestamp=1789999699 tolerance=301
vector 'a wider window' "$(event '"MESSAGE_DELIVERY"')"
timestamp=1789999999 tolerance=0
vector 'a window of nothing' "$(refused stale)"
timestamp=1500000000 key=forged
vector 'old and forged is told as forged' "$(refused mismatch)"

# ---- nonces
times=2
vector 'the same nonce twice' "$(event '"MESSAGE_DELIVERY"' true)"
body=unknown_key.json times=3
vector 'an unknown event comes three times' "$(event null true)"

# ---- tampering
body=message_delivery_changed.json signed_body=message_delivery.json
vector 'a changed byte' "$(refused mismatch)"
body=message_delivery_parsed_and_written_again.json signed_body=message_delivery.json
vector 'JSON that was parsed and written again' "$(refused mismatch)"
body=cut_off.txt signed_body=message_delivery.json
vector 'a body that was cut off' "$(refused mismatch)"
body=empty.txt signed_body=message_delivery.json
vector 'a body that was lost' "$(refused mismatch)"
signed_nonce=01KB2R0ZZZZZZZZZZZZZZZZZZZ
vector 'another nonce' "$(refused mismatch)"
signed_timestamp=1789999999
vector 'another moment' "$(refused mismatch)"
key='the secret of another webhook'
vector 'another secret' "$(refused mismatch)"
secrets='"the secret of the webhook "'
vector 'a space too many in the secret' "$(refused mismatch)"
secrets='"the old secret", "an older secret"'
vector 'none of several secrets' "$(refused mismatch)"
signature=AAAA
vector 'a signature that is too short' "$(refused mismatch)"

# ---- headers
for name in signature signature-timestamp signature-nonce signature-algorithm; do
    left_out=$name
    vector "no $name" "$(refused_header missing_header "$name")"
done
nonce=
signed_nonce=x
vector 'an empty nonce' "$(refused_header missing_header signature-nonce)"
algorithm=HmacSHA1
vector 'a weaker algorithm' "$(refused algorithm)"
algorithm=none
vector 'no algorithm by its name' "$(refused algorithm)"
signature='not base64 at all!'
vector 'a signature that is no base64' "$(refused_header malformed_header signature)"
signature='åbpJoRmFoXVjfJIVglMoJzYXxnoxRujzR4k2GOXewOE='
vector 'a signature beyond ASCII' "$(refused_header malformed_header signature)"
timestamp=2026-09-21T14:13:20Z
vector 'a moment that is no number' "$(refused_header malformed_header signature-timestamp)"
timestamp=99999999999999999999999999
vector 'a moment that no clock shows' "$(refused_header malformed_header signature-timestamp)"
timestamp=-1
vector 'a moment before time' "$(refused_header malformed_header signature-timestamp)"
more_headers=', ["X-Sinch-Webhook-Signature-Nonce", "another"]'
vector 'a nonce that is there twice with two values' "$(refused_header malformed_header signature-nonce)"

# ---- configuration
secrets='' key=''
vector 'no secret' "$(refused no_secret)"
secrets='""' key='any' signature=AAAA
vector 'an empty secret' "$(refused no_secret)"

# ---- genuine and no event
body=html.txt
vector 'signed rightly, and HTML' "$(refused not_json)"
body=array.json
vector 'signed rightly, and an array' "$(refused not_json)"
body=empty.txt
vector 'signed rightly, and empty' "$(refused not_json)"
body=cut_off.txt
vector 'signed rightly, and cut off' "$(refused not_json)"

printf '\n]\n'
