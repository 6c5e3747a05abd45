#!/usr/bin/env bash
# gocryptfs by -extpass. The part that mounts needs /dev/fuse.
. "$(dirname "$0")/lib.sh"
recipe tour

recipe_text gocryptfs | head -n 3 >"$work/init"
# shellcheck source=/dev/null
. "$work/init"
# Setting a passphrase asks for the present one first, and needs no mount.
opens() { gocryptfs -passwd -extpass 'strongroom get web1/vault' ~/backups/vault; }
expect 'the stored passphrase opens the folder' opens

if [ -c /dev/fuse ] && [ -r /dev/fuse ] && [ -w /dev/fuse ]; then
    strongroom erase --yes web1/vault
    rm -rf ~/backups/vault ~/plain
    recipe gocryptfs
    expect 'the folder is unmounted at the end' test -z "$(ls -A ~/plain)"
    expect 'its files are encrypted' test -z "$(find ~/backups/vault -name 'ada.txt')"
    expect 'it mounts again' gocryptfs -q -extpass 'strongroom get web1/vault' ~/backups/vault ~/plain
    expect 'and holds the originals' diff -r ~/documents ~/plain/documents
    fusermount3 -u ~/plain
else
    skip 'mounting: /dev/fuse cannot be used here'
fi

refuse_again gocryptfs
expect 'the folder still opens' opens
strongroom put --generate web1/vault
refuse 'another passphrase is refused' 'password incorrect' opens
