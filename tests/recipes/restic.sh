#!/usr/bin/env bash
# restic by --password-command.
. "$(dirname "$0")/lib.sh"
recipe tour
recipe restic

expect 'a restore with the stored password' restic restore latest --target ~/restored
expect 'equals the original' diff -r ~/documents ~/restored"$HOME"/documents
expect 'the repository is whole' restic check

refuse_again restic
expect 'the repository still opens' restic snapshots

recipe restic-rotate
expect 'after a rotation the new password opens the repository' restic snapshots
old=$(restic key list | awk '$1 ~ /^[0-9a-f]+$/ { print $1 }')
export RESTIC_PASSWORD_COMMAND='strongroom get --version 1 web1/restic'
expect 'and the old one too' restic snapshots
export RESTIC_PASSWORD_COMMAND='strongroom get web1/restic'
expect 'until its key is removed' restic key remove "$old"
export RESTIC_PASSWORD_COMMAND='strongroom get --version 1 web1/restic'
refuse 'then it is refused' 'wrong password' restic snapshots
export RESTIC_PASSWORD_COMMAND='strongroom get web1/nothing'
refuse 'no password, no backup' 'exit status 10' restic snapshots
