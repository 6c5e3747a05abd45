#!/usr/bin/env bash
# The nightly script, started as cron starts it: hardly a PATH, and nothing that a login exports.
. "$(dirname "$0")/lib.sh"
recipe tour
# The one line that is not run as printed: the command is not installed here.
recipe_text cron | sed "s|/usr/local/bin/strongroom|$work/bin/strongroom|" >"$work/nightly"
grep -q "$work/bin/strongroom" "$work/nightly" || fail 'the script names the command in full'
as_cron() { env -i PATH=/usr/bin:/bin HOME="$HOME" SHELL=/bin/sh LOGNAME="$(id -un)" sh "$work/nightly" </dev/null; }

expect 'the first night makes the repository' as_cron
# Archives are named by the second.
first=$(date +%s)
until [ "$(date +%s)" -gt "$first" ]; do :; done
expect 'the second night uses it' as_cron

export BORG_REPO=$HOME/backups/nightly.borg BORG_PASSCOMMAND='strongroom get nightly/borg'
borg list --short >"$work/said" 2>&1 || fail 'the repository opens'
[ "$(wc -l <"$work/said")" = 2 ] || fail 'it holds two archives'
ok 'the repository opens and holds two archives'
[ "$(strongroom versions --json nightly/borg | grep -c '"number"')" = 1 ] || fail 'there is one passphrase'
ok 'there is one passphrase'

strongroom state nightly/borg --version 1 deactivated >"$work/said" 2>&1 || fail 'a version is deactivated'
refuse 'without a passphrase the night fails, and says why' 'deactivated' as_cron
