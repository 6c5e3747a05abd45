#!/usr/bin/env bash
# docs/hsm.md pasted: a store on a SoftHSM2 token, a software store that moves under it and back, and the
# demo.
. "$(dirname "$0")/lib.sh"

recipe hsm-token
ok 'a token is made'
recipe hsm-info
cp "$work/said" "$work/info"
expect 'it is told what would be chosen' grep -q 'AES-256-GCM' "$work/info"
recipe hsm-store
ok 'a store is made on it and used'
expect 'the root key can never leave' strongroom keys check

# Somebody else's PIN file, and a token that is not there.
cp ~/hsm/store/strongroom.toml "$work/right.toml"
chmod 644 ~/hsm/pin
refuse 'a PIN that others can read is refused' 'chmod' strongroom get web1/borg
chmod 600 ~/hsm/pin
mv ~/hsm/tokens ~/hsm/away
refuse 'a token that is away is said to be' 'not there|cannot work|no initialised token|CKR_' \
    timeout 25 strongroom get web1/borg
mv ~/hsm/away ~/hsm/tokens
expect 'it is found again' strongroom get web1/borg

strongroom init ~/software >"$work/said" 2>&1
export STRONGROOM_CONFIG=~/software/strongroom.toml
strongroom put --generate web1/borg 2>"$work/said"
strongroom get web1/borg >"$work/before"
awk '/^```toml/ { inside = 1; next } /^```$/ { inside = 0 } inside' "$repository/docs/hsm.md" |
    sed "s|/home/me|$HOME|" >>"$STRONGROOM_CONFIG"
recipe hsm-move
ok 'a software store moves under the token'
mv ~/software/keyring.json ~/software/aside
expect 'the keyring is not needed any more' cmp "$work/before" <(strongroom get web1/borg)
mv ~/software/aside ~/software/keyring.json
sed -i 's/^\[backends.main.key\]/[keys.main]/; s/^shelf = .*/&\nkey = "hsm"/' "$STRONGROOM_CONFIG"
expect 'the config as the page leaves it is whole' strongroom keys check
expect 'and the store is backed up with it' strongroom backup "$work/moved.backup"
expect 'it moves back' strongroom keys rotate --to main
mv ~/hsm/tokens ~/hsm/away
expect 'the token is not needed any more' cmp "$work/before" <(strongroom get web1/borg)

TMPDIR=$work/tmp bash "$repository/demo/hsm" "$command" </dev/null >"$work/said" 2>&1 || fail 'the demo runs'
cp "$work/said" "$work/output"
ok 'the demo runs'
expect 'it shows whose token fails, what the token said, and what to do' \
    grep -qE 'strongroom: backend hsm: .*(is not there|CKR_[A-Z_]+\)); .' "$work/output"
expect 'and that borg gives up for that reason' grep -q 'non-zero exit status 50' "$work/output"
remove=$(sed '1,/^Remove everything/d' "$work/output" | sed -n 's/^    //p')
bash -c "$remove"
expect 'its last command removes everything' test -z "$(ls -A "$work/tmp")"

# What hangs is no clear error.
# shellcheck disable=SC2016 # the inner shell expands it
refuse 'a demo takes no program that had to be ended for one that refused' 'no answer in time' \
    env TMPDIR="$work/tmp" built="$command" bash -c '. "$0"; refused timeout 0.1 sleep 60' "$repository/demo/telling.sh"
