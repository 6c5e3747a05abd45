#!/usr/bin/env bash
# The demo of a store in PostgreSQL.
. "$(dirname "$0")/lib.sh"

# The server is not root's, and must find its folder.
chmod 711 "$work" "$work/tmp"
TMPDIR=$work/tmp bash "$repository/demo/postgres" "$command" </dev/null >"$work/said" 2>&1 || fail 'the demo runs'
cp "$work/said" "$work/output"
ok 'the demo runs'
# What must be refused fails the demo when it is not; this is what was said about it.
expect 'each role is refused what belongs to the other' \
    test "$(grep -c 'permission denied for schema' "$work/output")" = 2
expect 'a server that is stopped is said to be' grep -q 'cannot be reached' "$work/output"
server=$(sed -n 's/^Everything below happens in D=//p' "$work/output")/server
expect 'no server is left behind' test ! -e "$server/data/postmaster.pid"
remove=$(sed '1,/^Remove everything/d' "$work/output" | sed -n 's/^    //p')
bash -c "$remove"
expect 'its last command removes everything' test -z "$(ls -A "$work/tmp")"
