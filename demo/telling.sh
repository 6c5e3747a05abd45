# Sourced by the demos: one temporary folder $D, in which everything happens, and how a demo tells its
# story. The caller has set `built`, the command that the demo shows.

D=$(mktemp -d "${TMPDIR:-/tmp}/strongroom-demo.XXXXXX")
at_exit() {
    local status=$?
    [ $status = 0 ] || printf '\nThe demo stopped (status %s). What it left: %s\n' "$status" "$D"
}
trap at_exit EXIT
mkdir "$D/home" "$D/bin" "$D/log"
# shellcheck disable=SC2154 # set by the caller
cp "$built" "$D/bin/strongroom"
# What the command leaves the work with tokens to.
[ ! -e "$built-dynamic" ] || cp "$built-dynamic" "$D/bin/strongroom-dynamic"
export HOME=$D/home PATH=$D/bin:$PATH TMPDIR=$D
export XDG_CONFIG_HOME=$HOME/.config XDG_CACHE_HOME=$HOME/.cache XDG_DATA_HOME=$HOME/.local/share
export XDG_STATE_HOME=$HOME/.local/state XDG_RUNTIME_DIR=$D
export BORG_BASE_DIR=$HOME
# What the caller's own backups use must not reach the demo's.
unset STRONGROOM_CONFIG BORG_REPO BORG_PASSPHRASE BORG_PASSPHRASE_FD BORG_PASSCOMMAND BORG_CONFIG_DIR \
    BORG_CACHE_DIR BORG_SECURITY_DIR BORG_KEYS_DIR BORG_KEY_FILE RESTIC_REPOSITORY RESTIC_REPOSITORY_FILE \
    RESTIC_PASSWORD RESTIC_PASSWORD_FILE RESTIC_PASSWORD_COMMAND RESTIC_CACHE_DIR

# --- telling ------------------------------------------------------------------------------------

if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then bold=$'\e[1m' plain=$'\e[0m'; else bold='' plain=''; fi
step_number=0
step() {
    step_number=$((step_number + 1))
    printf '\n%s%s. %s%s\n' "$bold" "$step_number" "$1" "$plain"
    shift
    [ $# = 0 ] || printf '   %s\n' "$@"
}

# Shows a command as it could be typed, with $D for the folder.
show() {
    local word line=''
    for word; do
        word=${word//"$D"/\$D}
        case $word in *[\ \']*) word=\"$word\" ;; esac
        line+=" $word"
    done
    printf '   $%s\n' "$line"
}
# Runs it; of a tool's chatter only a failure is shown.
quietly() {
    show "$@"
    "$@" >"$D/log/last" 2>&1 || { cat "$D/log/last"; return 1; }
}
# Runs it and shows what it says.
shown() {
    show "$@"
    "$@" 2>&1 | sed 's/^/       /'
}
# Runs what must fail, and shows its last line. What `timeout` had to end has said nothing.
refused() {
    local status=0
    show "$@"
    "$@" >"$D/log/last" 2>&1 || status=$?
    case $status in
        0)
            echo '   It worked, and must not have.'
            return 1
            ;;
        124 | 137)
            cat "$D/log/last"
            echo '   It gave no answer in time.'
            return 1
            ;;
    esac
    sed '/^ *$/d' "$D/log/last" | tail -n 1 | sed 's/^/       /'
}
says() { printf '   %s\n' "$@"; }
