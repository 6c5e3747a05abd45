#!/usr/bin/env bash
# A backup of the store itself, restored elsewhere.
. "$(dirname "$0")/lib.sh"
recipe tour
mkdir "$HOME/safe"
recipe store

restored() { strongroom --config ~/restored/strongroom.toml "$@"; }
expect 'the restored store gives the same passphrase' \
    cmp <(strongroom get web1/database) <(restored get web1/database)
expect 'and is healthy' restored health

restored put --generate web1/new
refuse 'the two stores are no longer the same' 'web1/new' strongroom get web1/new
# Eight letters of the root key.
sed -i 's|[A-Za-z0-9+/]\{8\}\(=*"}}\)$|AAAAAAAA\1|' ~/safe/keyring.json
refuse 'another root key opens nothing' 'key' \
    strongroom restore --keyring ~/safe/keyring.json ~/backups/strongroom.backup ~/again
