# Sourced by scripts/tier: runs the stages of a tier one after the other, times and counts each, stops
# at the first that fails, and always ends with a table and the line `N passed, N failed`.
#
# What a stage counts for is read from its output: the closing lines of `cargo test` and of
# `cargo nextest`, and the lines `ok - …`, `FAIL - …`, `SKIP - …` of the shell tests and of a Rust
# test that could not do its work here. A stage without such lines is one test.

stage_logs=${CARGO_TARGET_DIR:-target}/stages
rm -rf "$stage_logs"
mkdir -p "$stage_logs"
stage_table=$stage_logs/table

# stage NAME COMMAND...
stage() {
    local name=$1 log started seconds status=0 passed failed skipped
    shift
    log=$stage_logs/${name//[^A-Za-z0-9]/-}.log
    started=$SECONDS
    printf '\n== %s\n' "$name"
    # Where nobody watches, a stage that hangs is ended.
    [ "${CI:-}" != true ] || set -- timeout --kill-after=30 2400 "$@"
    "$@" </dev/null 2>&1 | tee "$log" || status=$?
    seconds=$((SECONDS - started))
    read -r passed failed skipped < <(count_tests "$log" "$status")
    printf '%s\t%s\t%s\t%s\t%s\n' "$name" "$seconds" "$passed" "$failed" "$skipped" >>"$stage_table"
    if [ "$status" != 0 ] || [ "$failed" != 0 ]; then
        printf '== %s: FAILED (status %s) after %s s; its output is in %s\n' "$name" "$status" "$seconds" "$log"
        exit 1
    fi
    printf '== %s: ok, %s s\n' "$name" "$seconds"
}

# Prints "passed failed skipped" of one stage. What nextest calls skipped is left to another group of
# scripts/rust-tests, which sees to it that no test is ignored.
count_tests() {
    awk -v status="$2" '
        /^test result: / {
            ran = 1
            for (i = 2; i <= NF; i++) {
                if ($i ~ /^passed/) passed += $(i - 1)
                if ($i ~ /^failed/) failed += $(i - 1)
                if ($i ~ /^ignored/) skipped += $(i - 1)
            }
        }
        /^ *Summary \[.*tests? run:/ {
            ran = 1
            for (i = 2; i <= NF; i++) {
                if ($i ~ /^passed/) passed += $(i - 1)
                if ($i ~ /^(failed|timed)/) failed += $(i - 1)
            }
        }
        /^ *ok - / { passed++ }
        /^ *FAIL - / { failed++ }
        /^ *SKIP - / { skipped++ }
        END {
            # A test runner that found no test has proven nothing.
            if (passed + failed + skipped == 0 && status == 0) { if (ran) failed = 1; else passed = 1 }
            if (failed == 0 && status != 0) failed = 1
            print passed + 0, failed + 0, skipped + 0
        }' "$1"
}

# The table of all stages; a skip is a failure where CI=true.
report_stages() {
    local status=$? passed failed skipped
    # Interrupted by hand: nothing to report.
    [ "$status" -le 128 ] || exit "$status"
    touch "$stage_table"
    printf '\n%-44s %8s %8s %8s %8s\n' stage seconds passed failed skipped
    awk -F '\t' '{
        printf "%-44s %8d %8d %8d %8d\n", $1, $2, $3, $4, $5
        s += $2; p += $3; f += $4; k += $5
    } END { printf "%-44s %8d %8d %8d %8d\n", "total", s, p, f, k }' "$stage_table"
    read -r passed failed skipped < <(awk -F '\t' '{ p += $3; f += $4; k += $5 } END { print p+0, f+0, k+0 }' "$stage_table")
    if [ "$skipped" != 0 ]; then
        printf '\nSkipped:\n'
        grep -h '^ *SKIP - \|^test [^ ]* \.\.\. ignored' "$stage_logs"/*.log || true
        [ "${CI:-}" != true ] || status=1
    fi
    printf '\n%s passed, %s failed' "$passed" "$failed"
    [ "$skipped" = 0 ] || printf ', %s skipped' "$skipped"
    printf '\n'
    exit "$status"
}
trap report_stages EXIT
