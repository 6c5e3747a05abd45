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
refuse_again borg
expect 'the repository still opens' borg list ~/backups/web1.borg
cp -r ~/backups/web1.borg ~/backups/old.borg

recipe borg-rotate
expect 'after a rotation the new passphrase opens the repository' borg list ~/backups/web1.borg
# borg asks about a repository that it knows in another place.
export BORG_RELOCATED_REPO_ACCESS_IS_OK=yes
refuse 'and not its old copy' 'passphrase.*incorrect' borg list ~/backups/old.borg
export BORG_PASSCOMMAND='strongroom get --version 1 web1/borg'
refuse 'the old passphrase opens it no more' 'passphrase.*incorrect' borg list ~/backups/web1.borg
expect 'but still the old copy' borg list ~/backups/old.borg
export BORG_PASSCOMMAND='strongroom get web1/nothing'
refuse 'no passphrase, no backup' 'passcommand' borg list ~/backups/web1.borg
