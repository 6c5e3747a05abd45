#!/usr/bin/env bash
# LUKS on a file, by raw key bytes and by a passphrase with a newline. Opening the mapping itself
# needs device-mapper; what the passphrase opens is tested without.
. "$(dirname "$0")/lib.sh"
recipe tour
recipe cryptsetup
ok 'the recipe formats a volume and tests its key, raw and as a line'

refuse_again cryptsetup
strongroom put --generate web1/luks
other() { strongroom get web1/luks | cryptsetup open --test-passphrase --key-file - ~/backups/disk.luks; }
refuse 'another key is refused' 'no key available' other
first() { strongroom get --version 1 web1/luks | cryptsetup open --test-passphrase --key-file - ~/backups/disk.luks; }
expect 'the first version still opens the volume' first
