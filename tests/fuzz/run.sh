#!/bin/sh
# run.sh PROGRAM SEEDS...: fuzz for FUZZ_SECONDS. What is found on the way is
# kept in a directory of its own, so that the seeds stay as they are. The time
# for one input is the clock's, and several programs share a core. FUZZ_SEED
# says where chance begins; 0: somewhere else each time.
set -eu
program=$1
shift
found=$(mktemp -d)
trap 'rm -rf "$found"' EXIT
status=0
"$program" -max_total_time="${FUZZ_SECONDS:-10}" -timeout=60 -rss_limit_mb=2048 \
    -seed="${FUZZ_SEED:-0}" -max_len=65536 -print_final_stats=1 -artifact_prefix="$found/" \
    "$found" "$@" || status=$?
if [ "$status" -ne 0 ]; then
    for file in "$found"/crash-* "$found"/timeout-* "$found"/oom-* \
        "$found"/leak-*; do
        [ -e "$file" ] || continue
        cp "$file" .
        echo "kept: $PWD/$(basename "$file")"
    done
fi
exit "$status"
