#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Follow one topic of a websubd hub with curl and jq: prints the body of each
# update, and keeps its place in a file.
#
#   pull.sh https://hub.example/ https://example.com/feed place
#
# Other ways, for a look:
#   curl -N "${hub}events/sse?topic=..."       server-sent events
#   curl -N "${hub}events/stream?topic=..."    a JSON line for each update, e.g.
#       ... | jq -r .body | mosquitto_pub -l -t updates
set -eu

[ $# = 3 ] || {
    echo "Usage: pull.sh HUB TOPIC FILE" >&2
    exit 2
}
hub=${1%/}/ topic=$2 file=$3
answer=$(mktemp)
trap 'rm -f "$answer"' EXIT
trap 'exit 1' HUP INT TERM

cursor=latest
[ ! -s "$file" ] || cursor=$(cat "$file")
while :; do
    # --retry waits as long as the hub says in Retry-After. It answers within
    # 30 s here, so a minute of silence is a dead line.
    curl -sS --fail-with-body --max-time 60 --retry 1000000 \
        --retry-connrefused --retry-max-time 0 -G "${hub}events/poll" \
        --data-urlencode "topic=$topic" --data-urlencode "since=$cursor" \
        -o "$answer" || {
        jq -r '.detail // empty' "$answer" >&2 || :
        exit 1
    }
    jq -r 'if .gap then "lost: \(.gap)" | stderr | empty else empty end,
        (.events[] | .body)' "$answer"
    cursor=$(jq -r .cursor "$answer")
    # Only now that all is out.
    echo "$cursor" >"$file.new"
    mv "$file.new" "$file"
done
