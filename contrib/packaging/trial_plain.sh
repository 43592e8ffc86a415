#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Install, run, upgrade, remove, purge in a Debian where nothing but this runs:
# no systemd, no network. See try.
set -eu

cd "$(dirname -- "$0")"
old=$1
new=$2
daemon=

fail() {
    echo "trial: $*" >&2
    exit 1
}
step() { echo "trial: $*"; }

everything() {
    find / -xdev \( -path /proc -o -path /root -o -path /var/log -o -path /tmp \
        -o -path /var/cache -o -path /dev -o -path /sys -o -path /run \) \
        -prune -o -print | grep -v '^/var/lib/dpkg/.*-old$' | sort
}

# As websubd(8) says it.
start() {
    runuser -u websubd -- websubd -c /etc/websubd.conf 2>log &
    daemon=$!
    for _ in $(seq 100); do
        websubctl status >/dev/null 2>&1 && return
        sleep 0.1
    done
    cat log >&2
    fail "it does not start"
}

stop() {
    kill "$(pgrep -x websubd)"
    wait $daemon || fail "it ended with $?"
}

everything >before

step "install without systemd"
dpkg -i "$old" >/dev/null 2>&1
websubd --check -c /etc/websubd.conf >/dev/null
websubctl status >/dev/null 2>&1 && fail "something runs"
[ "$(stat -c %a /etc/websubd.conf)" = 644 ] || fail "mode of the file"
adduser --quiet --system --group --home /var/lib/websubd websubd
start
websubctl doctor >said || true
[ -s said ] || fail "doctor says nothing"
stop

step "maintainer scripts a second time"
export DPKG_MAINTSCRIPT_PACKAGE=websubd
for _ in 1 2; do
    /var/lib/dpkg/info/websubd.postinst configure 0.1.0-1 >/dev/null
    /var/lib/dpkg/info/websubd.prerm upgrade 0.1.0-2
    /var/lib/dpkg/info/websubd.postrm upgrade 0.1.0-2
done

step "upgrade, with a changed file"
echo 'retention = 14d' >>/etc/websubd.conf
dpkg -i --force-confold "$new" >/dev/null 2>&1
grep -q '^retention = 14d' /etc/websubd.conf || fail "the change is gone"
start
websubctl options --json | grep -A4 '"retention"' | grep -q 14d ||
    fail "the change does not count"
stop

step "back to the one before, and forth"
dpkg -i --force-confold "$old" >/dev/null 2>&1
start
stop
dpkg -i --force-confold "$new" >/dev/null 2>&1

step "remove, install, remove, purge"
dpkg -r websubd >/dev/null 2>&1
[ -e /etc/websubd.conf ] || fail "removal took the configuration"
[ -s /var/lib/websubd/data.mdb ] || fail "removal took the store"
for _ in 1 2; do /var/lib/dpkg/info/websubd.postrm remove; done
dpkg -i --force-confold "$new" >/dev/null 2>&1
start
stop
dpkg -P websubd >/dev/null 2>&1
deluser --quiet websubd 2>/dev/null
rm -f /etc/passwd- /etc/group- /etc/shadow- /etc/gshadow- \
    /etc/subuid- /etc/subgid-
everything >after
grep -vE '^/etc/(passwd|group|shadow|gshadow|subuid|subgid)-$' before |
    diff - after || fail "a purge leaves or takes something"
step "fine"
