# Sourced by every test in this folder. Gives each a private HOME with files to back up, the built
# command in PATH, and the recipes of README.md, docs/rescue.md, docs/hsm.md and docs/kmip.md, run exactly as they are printed there.
#
# shellcheck shell=bash
set -euo pipefail
repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
command=${STRONGROOM_COMMAND:-$("$repository/scripts/command")}

work=$(mktemp -d "${TMPDIR:-/tmp}/strongroom-recipe.XXXXXX")
at_exit() {
    local status=$?
    [ "$status" = 0 ] || cat "$work/said" 2>/dev/null || true
    # What a failed test left mounted would keep its folder from being removed.
    ! mountpoint -q "$work/home/plain" || fusermount3 -u "$work/home/plain"
    rm -rf "$work"
}
trap at_exit EXIT

mkdir -p "$work/home/documents/letters" "$work/home/backups" "$work/bin" "$work/tmp"
ln -s "$command" "$work/bin/strongroom"
head -c 300000 /dev/urandom >"$work/home/documents/photo.raw"
echo 'Dear Ada, …' >"$work/home/documents/letters/ada.txt"
# The tools leave folders in TMPDIR.
export HOME=$work/home PATH=$work/bin:$PATH:/usr/sbin:/sbin TMPDIR=$work/tmp
unset "${!BORG_@}" "${!RESTIC_@}" "${!XDG_@}" STRONGROOM_CONFIG
cd "$HOME"

# Prints the block that starts with ```sh recipe=NAME.
recipe_text() {
    awk -v fence="\`\`\`sh recipe=$1" '
        $0 == fence { inside = 1; found++; next }
        /^```$/ { inside = 0 }
        inside
        END { exit found == 1 ? 0 : 1 }' "$repository/README.md" "$repository"/docs/{rescue,hsm,kmip}.md ||
        { echo "not exactly one recipe $1" >&2; return 1; }
}

# Runs a recipe as if it were pasted, but stops at the first line that fails. `eval`, because what it
# exports must hold for the lines of the test that follow.
recipe() {
    local text
    text=$(recipe_text "$1")
    eval "$text" >"$work/said" 2>&1
}

# What a recipe's first line does when it is run again: nothing.
refuse_again() {
    local first
    first=$(recipe_text "$1" | head -n 1)
    refuse "a second run of $1 makes no second passphrase" 'is there already' eval "$first"
}

ok() { printf 'ok - %s: %s\n' "$(basename "$0" .sh)" "$1"; }
skip() { printf 'SKIP - %s: %s\n' "$(basename "$0" .sh)" "$1"; }
# What the last command said is printed on the way out.
fail() {
    printf 'FAIL - %s: %s\n' "$(basename "$0" .sh)" "$1"
    exit 1
}

# expect WHAT COMMAND...: the command must succeed.
expect() {
    local what=$1
    shift
    if "$@" >"$work/said" 2>&1; then ok "$what"; else fail "$what"; fi
}
# refuse WHAT PATTERN COMMAND...: the command must fail, and say something that matches.
refuse() {
    local what=$1 pattern=$2
    shift 2
    if "$@" >"$work/said" 2>&1; then fail "$what"; fi
    if grep -qiE "$pattern" "$work/said"; then ok "$what"; else fail "$what"; fi
}
