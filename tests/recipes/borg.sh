#!/usr/bin/env bash
# borg by BORG_PASSCOMMAND and by a passed descriptor.
. "$(dirname "$0")/lib.sh"
recipe tour
recipe borg

mkdir restored
cd restored
expect 'a restore with the stored passphrase' borg extract ~/backups/web1.borg::monday
expect 'equals the original' diff -r ~/documents documents
cd ..

# The recipe with a descriptor must not lean on BORG_PASSCOMMAND.
unset BORG_PASSCOMMAND
recipe borg-fd
expect 'the descriptor made an archive' \
    strongroom exec --fd BORG_PASSPHRASE_FD=web1/borg -- borg info ~/backups/web1.borg::tuesday

export BORG_PASSCOMMAND='strongroom get web1/borg'
strongroom put --generate web1/borg
refuse 'another passphrase is refused' 'passphrase.*incorrect' borg list ~/backups/web1.borg
export BORG_PASSCOMMAND='strongroom get --version 1 web1/borg'
expect 'the first version still opens the repository' borg list ~/backups/web1.borg
export BORG_PASSCOMMAND='strongroom get web1/nothing'
refuse 'no passphrase, no backup' 'passcommand' borg list ~/backups/web1.borg
