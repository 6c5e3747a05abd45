#!/usr/bin/env bash
# The one-minute tour.
. "$(dirname "$0")/lib.sh"

recipe tour
cp "$work/said" "$work/tour"
expect 'get prints what was put' grep -x 'correct horse battery staple' "$work/tour"
[ "$(strongroom get web1/database | wc -c)" -ge 43 ] || fail 'a generated passphrase is long'
ok 'a generated passphrase is long'
strongroom get web1/database | LC_ALL=C grep -q '[^0-9A-Za-z]' && fail 'a generated passphrase is base62'
ok 'a generated passphrase is base62'
refuse 'a second init leaves the store alone' 'already' strongroom init ~/strongroom
strongroom get web1/database >"$work/before"
expect 'the store still gives the same passphrase' cmp "$work/before" <(strongroom get web1/database)
