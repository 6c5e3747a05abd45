#!/usr/bin/env bash
# restic by --password-command.
. "$(dirname "$0")/lib.sh"
recipe tour
recipe restic

expect 'a restore with the stored password' restic restore latest --target ~/restored
expect 'equals the original' diff -r ~/documents ~/restored"$HOME"/documents
expect 'the repository is whole' restic check

strongroom put --generate web1/restic
refuse 'another password is refused' 'wrong password' restic snapshots
export RESTIC_PASSWORD_COMMAND='strongroom get --version 1 web1/restic'
expect 'the first version still opens the repository' restic snapshots
export RESTIC_PASSWORD_COMMAND='strongroom get web1/nothing'
refuse 'no password, no backup' 'exit status 10' restic snapshots
