#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Manuals, units and maintainer scripts, as far as they can be looked at
# without being installed. Prints what is wrong, and fails if anything is. What
# needs a tool that is not there is left out.
set -eu

cd "$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)/../.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
found=$work/found

complain() { # lines on stdin are what is wrong
    sed "s|\$| <- $*|" >>"$found"
}

there() { command -v "$1" >/dev/null 2>&1; }

# ------------------------------------------------------------------- manuals

if there mandoc; then
    for page in websubd.8 websubd.conf.5 websubctl.1; do
        # Manuals of other packages, and our own, need not be installed.
        mandoc -Tlint "$MADE/$page" 2>&1 |
            grep -vE 'referenced manual not found|mandoc\.db|makewhatis' |
            complain "mandoc -Tlint" || true
        mandoc -Tutf8 "$MADE/$page" >"$work/page"
        grep -n '@GENERATED@' "$work/page" | complain "$page" || true
    done
fi
for page in contrib/man/*.md; do
    grep -q "](${page##*/})" contrib/man/README.md || echo "$page"
done | grep -v '/README.md$' | complain "not in contrib/man/README.md" || true
# No option and no command without its place in a manual.
"$WEBSUBD" --help | sed -n 's/^  --\([a-z-]*\)=.*/\1/p' | while read -r name; do
    case $name in config) continue ;; esac
    sed -n 's/\\[&]//g; s/\\-/-/g; s/^\.It Ic //p' "$MADE/websubd.conf.5" |
        grep -q "^$name = " || echo "$name"
done | complain "not in websubd.conf(5)"

# --------------------------------------------------------------------- units

if there systemd-analyze; then
    for unit in contrib/systemd/*; do
        name=$(basename "$unit")
        # It looks for the programs, which are not installed.
        sed -E 's,(/usr/s?bin/websub[a-z]*),/bin/true,' "$unit" >"$work/$name"
    done
    (cd "$work" && SYSTEMD_LOG_LEVEL=warning systemd-analyze verify \
        --man=no --recursive-errors=no ./*.service ./*.socket ./*.timer 2>&1) |
        grep -E '/?websub[a-z-]*\.(service|socket|timer)' |
        complain "systemd-analyze verify" || true
    systemd-analyze security --offline=true --no-pager --threshold=16 \
        "$work/websubd.service" >"$work/score" 2>&1 ||
        tail -n 1 "$work/score" | complain "at most 1.6"
fi

# -------------------------------------------------------------- what is shipped

"$WEBSUBD" --check -c contrib/packaging/websubd.conf >"$work/said" 2>&1 ||
    complain "contrib/packaging/websubd.conf" <"$work/said"
for script in postinst prerm postrm try; do
    sh -n "contrib/packaging/$script" 2>&1 | complain "contrib/packaging"
    if there shellcheck; then
        shellcheck -f gcc "contrib/packaging/$script" | complain || true
    fi
    [ -x "contrib/packaging/$script" ] ||
        echo "$script" | complain "can not be run"
done
if there bash; then
    bash -n "$MADE/websubctl.bash" 2>&1 | complain "completion"
fi
if there zsh; then
    zsh -n "$MADE/_websubctl" 2>&1 | complain "completion"
fi

if [ -s "$found" ]; then
    cat "$found"
    exit 1
fi
