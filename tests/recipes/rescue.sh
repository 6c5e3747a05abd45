#!/usr/bin/env bash
# docs/rescue.md on another machine, as far as one can be had: a HOME with nothing but the repositories, and a
# folder with the command, the keyring and a backup.
. "$(dirname "$0")/lib.sh"
recipe tour
recipe borg
recipe restic

stick=$work/stick
mkdir "$stick"
cp "$command" "$stick/strongroom"
cp ~/strongroom/keyring.json "$stick"
(umask 077; printf 'correct horse battery staple' >"$stick/passphrase")
expect 'a backup' strongroom backup "$stick/store.backup"
expect 'a backup with keys' \
    strongroom backup --with-keys --passphrase-file "$stick/passphrase" "$stick/store-with-keys.backup"
strongroom get web1/borg >"$work/passphrase"
cp -a ~/strongroom ~/copy-of-strongroom

mkdir "$work/new"
cp -a ~/backups ~/copy-of-strongroom "$work/new"
mv ~/documents "$work/originals"
original_home=$HOME
rm -r "$HOME" "${work:?}/bin"
export HOME=$work/new
unset "${!BORG_@}" "${!RESTIC_@}" STRONGROOM_CONFIG

bare() { env -i PATH=/usr/bin:/bin HOME="$HOME" bash -eu "$work/block"; }
cd "$stick"
recipe_text rescue >"$work/block"
expect 'the store is restored and both repositories give their files' bare
expect 'those of borg' diff -r "$work/originals" ~/from-borg/documents
expect 'those of restic' diff -r "$work/originals" ~/from-restic"$original_home"/documents

rm keyring.json
recipe_text rescue-with-keys >"$work/block"
expect 'with keys in the backup, a passphrase does' bare
expect 'and the passphrase of the repository is the same' \
    cmp "$work/passphrase" <(./strongroom --config ~/rescued-too/strongroom.toml get web1/borg)

PATH=$stick:$PATH
copied() { strongroom --config ~/copy-of-strongroom/strongroom.toml "$@"; }
expect 'copied files give their secrets' cmp "$work/passphrase" <(copied get web1/borg)
refuse 'but take none' 'is a copy' copied put --generate web1/new
recipe rescue-copied
expect 'once adopted, they take one' strongroom put --generate web1/new
expect 'and erase one' strongroom erase --yes web1/restic
expect 'and give what they gave' cmp "$work/passphrase" <(strongroom get web1/borg)
