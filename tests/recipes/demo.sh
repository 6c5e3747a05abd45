#!/usr/bin/env bash
# The demo runs without a question, leaves the caller's HOME as it was, and ends with commands that
# work when pasted.
. "$(dirname "$0")/lib.sh"

# The caller: a HOME with a store place, a borg and a restic of its own, which the demo must not touch.
mkdir -p "$HOME/.config/borg" "$HOME/.cache/restic"
echo mine >"$HOME/.config/borg/mine"
echo mine >"$HOME/.cache/restic/mine"
export BORG_REPO=$HOME/backups/mine RESTIC_REPOSITORY=$HOME/backups/mine RESTIC_PASSWORD=mine
export STRONGROOM_CONFIG=$HOME/mine.toml
snapshot() { (cd "$HOME" && find . -printf '%p %y %m %s %T@\n' | sort && find . -type f -exec sha256sum {} + | sort); }
snapshot >"$work/before"

cd "$HOME"
TMPDIR=$work/tmp bash "$repository/demo/run" "$command" </dev/null >"$work/said" 2>&1 || fail 'the demo runs'
ok 'the demo runs'
cp "$work/said" "$work/output"
snapshot >"$work/after"
expect 'HOME is untouched' diff "$work/before" "$work/after"

# Pasted later, in the user's own shell: nothing of the demo's environment is left.
unset "${!BORG_@}" "${!RESTIC_@}" STRONGROOM_CONFIG
paste=$(mktemp -p "$work")
sed -n '/^Try it yourself/,/^Remove everything/p' "$work/output" | sed -n 's/^    //p' >"$paste"
[ "$(wc -l <"$paste")" = 3 ] || fail 'it ends with three commands'
ok 'it ends with three commands'
while IFS= read -r line; do
    env -i HOME="$HOME" PATH=/usr/local/bin:/usr/bin:/bin bash -c "$line" </dev/null >"$work/said" 2>&1 ||
        fail "pasted: $line"
    [ -s "$work/said" ] || fail "pasted, says nothing: $line"
done <"$paste"
ok 'all three work when pasted'

snapshot >"$work/after"
expect 'HOME is still untouched' diff "$work/before" "$work/after"

remove=$(sed '1,/^Remove everything/d' "$work/output" | sed -n 's/^    //p')
bash -c "$remove"
expect 'the last command removes everything' test -z "$(ls -A "$work/tmp")"
