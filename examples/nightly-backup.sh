#!/bin/sh
# A nightly backup as cron would run it: no terminal, no passphrase on disk, in the environment or in an
# argument. The first run makes the repository and its passphrase; every later one only uses them.
set -eu

# Three lines that a real script would leave out: a store and files of this example's own.
strongroom init "$HOME/store" >/dev/null
export STRONGROOM_CONFIG="$HOME/store/strongroom.toml"
mkdir "$HOME/documents" && date >"$HOME/documents/today"

export BORG_BASE_DIR="$HOME" BORG_REPO="$HOME/repository"
with_passphrase() { strongroom exec --fd BORG_PASSPHRASE_FD=nightly/borg -- "$@"; }

nightly() {
    # Only if there is none: never a new passphrase over one that opens older backups.
    strongroom show nightly/borg >/dev/null 2>&1 ||
        strongroom put --generate --if-absent --label owner=ops nightly/borg
    [ -d "$BORG_REPO" ] || with_passphrase borg init --encryption=repokey-blake2 2>/dev/null
    with_passphrase borg create "::$1" "$HOME/documents"
    with_passphrase borg prune --keep-daily 7
}

nightly first
nightly second
with_passphrase borg list --short
