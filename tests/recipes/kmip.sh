#!/usr/bin/env bash
# docs/kmip.md pasted: a store on a PyKMIP server, a software store that moves under it and back, and the
# demo.
. "$(dirname "$0")/lib.sh"

STRONGROOM_PYKMIP=$("$repository/scripts/kmip-venv")
export STRONGROOM_PYKMIP
# The server is started by the recipe, and ended whatever happens.
stop_server() {
    local pid
    pid=$(cat "$work/home/kmip/pid" 2>/dev/null) || return 0
    rm "$work/home/kmip/pid"
    # So that it takes its helpers along; if it does not, in its own time.
    kill -INT "$pid" 2>/dev/null || true
    for _ in $(seq 200); do
        kill -0 "$pid" 2>/dev/null || return 0
        sleep 0.1
    done
    pkill -KILL -P "$pid" 2>/dev/null || true
    kill -KILL "$pid" 2>/dev/null || true
}
trap 'stop_server; at_exit' EXIT
start_server() {
    recipe kmip-server
    for _ in $(seq 600); do
        ! (exec 3<>"/dev/tcp/127.0.0.1/$KMIP_PORT") 2>/dev/null || return 0
        sleep 0.1
    done
    cat ~/kmip/output.log
    return 1
}

mkdir ~/kmip
ln -s "$STRONGROOM_PYKMIP" ~/kmip/venv
recipe kmip-certificates
cd ~
ok 'certificates are made'
KMIP_PORT=$("$STRONGROOM_PYKMIP/bin/python" -c \
    'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
start_server
ok 'a server is started'
recipe kmip-info
cp "$work/said" "$work/info"
expect 'it is told what would be chosen' grep -q 'in-server' "$work/info"
recipe kmip-store
ok 'a store is made on it and used'

# Somebody else's key file, and a server that is gone.
chmod 644 ~/kmip/client.key
refuse 'a private key that others can read is refused' 'chmod' strongroom get web1/restic
chmod 600 ~/kmip/client.key
stop_server
refuse 'a server that is gone is said to be' 'refused|unavailable|not there|cannot be reached' \
    timeout 60 strongroom get web1/restic
start_server
expect 'it is found again' strongroom get web1/restic

strongroom init ~/software >"$work/said" 2>&1
export STRONGROOM_CONFIG=~/software/strongroom.toml
strongroom put --generate web1/restic 2>"$work/said"
strongroom get web1/restic >"$work/before"
awk '/^```toml/ { inside = 1; next } /^```$/ { inside = 0 } inside' "$repository/docs/kmip.md" |
    sed "s|/home/me|$HOME|; s|:5696|:$KMIP_PORT|" >>"$STRONGROOM_CONFIG"
recipe kmip-move
ok 'a software store moves under the server'
mv ~/software/keyring.json ~/software/aside
expect 'the keyring is not needed any more' cmp "$work/before" <(strongroom get web1/restic)
mv ~/software/aside ~/software/keyring.json
sed -i 's/^\[backends.main.key\]/[keys.main]/; s/^shelf = .*/&\nkey = "kmip"/' "$STRONGROOM_CONFIG"
expect 'the config as the page leaves it is whole' strongroom keys check
expect 'and the store is backed up with it' strongroom backup "$work/moved.backup"
expect 'it moves back' strongroom keys rotate --to main
stop_server
expect 'the server is not needed any more' cmp "$work/before" <(strongroom get web1/restic)

TMPDIR=$work/tmp bash "$repository/demo/kmip" "$command" </dev/null >"$work/said" 2>&1 || fail 'the demo runs'
cp "$work/said" "$work/output"
ok 'the demo runs'
remove=$(sed '1,/^Remove everything/d' "$work/output" | sed -n 's/^    //p')
bash -c "$remove"
expect 'its last command removes everything' test -z "$(ls -A "$work/tmp")"
