#!/bin/sh
# SPDX-License-Identifier: MIT
#
# What a new operator does, in a Debian that systemd has booted; see try. Both
# packages, trial.py and nginx.conf are in the directory of this file.
set -eu

cd "$(dirname -- "$0")"
old=$1
new=$2

fail() {
    echo "trial: $*" >&2
    systemctl status --no-pager -n 30 websubd.service websubd.socket >&2 || true
    exit 1
}

step() { echo "trial: $*"; }

# The unit is up, and it is the daemon that says so.
up() {
    [ "$(systemctl is-active websubd.service)" = active ] || fail "$1"
    curl -fsS --retry 20 --retry-connrefused --retry-delay 1 \
        http://127.0.0.1:8080/readyz >/dev/null || fail "$1: not ready"
}

under_load() { # command...
    touch load
    ./trial.py load http://127.0.0.1:8080/ "$PWD/load" >load.log 2>&1 &
    caller=$!
    sleep 1
    "$@"
    sleep 1
    rm load
    wait $caller || { cat load.log >&2; fail "requests failed: $*"; }
    sed 's/^/trial:   /' load.log
}

step "install"
dpkg -i "$old" >/dev/null 2>&1
up "after installation"
[ "$(systemctl show -P StatusText websubd)" ] || fail "it tells no status"
for unit in websubd.service websubd.socket; do
    [ "$(systemctl is-enabled $unit)" = enabled ] || fail "$unit"
done
systemd-analyze security --no-pager --threshold=16 websubd.service >score ||
    fail "$(tail -n 1 score)"
tail -n 1 score
websubctl status >/dev/null || fail "websubctl finds no hub"
for page in websubd.8 websubd.conf.5 websubctl.1; do
    man -w "$page" >/dev/null || fail "no manual $page"
done

step "a system call that the sandbox forbids would kill it from here on"
mkdir -p /etc/systemd/system/websubd.service.d
printf '[Service]\nSystemCallErrorNumber=\nWatchdogSec=2\nTimeoutAbortSec=1\n' \
    >/etc/systemd/system/websubd.service.d/trial.conf
systemctl daemon-reload

step "configure as the manual says, and reload"
cat >>/etc/websubd.conf <<END
public-url = https://hub.example/
trusted-proxy = { 127.0.0.1, ::1 }
connections-per-address = 16384
admin-listen = 127.0.0.1:8081
allow-address = 127.0.0.1
pull-open = on
idle-pings = 0
END
websubd --check -c /etc/websubd.conf >/dev/null
pid=$(systemctl show -P MainPID websubd)
systemctl reload websubd
[ "$(systemctl show -P MainPID websubd)" = "$pid" ] || fail "a reload ended it"
up "after a reload"
systemctl restart websubd
up "after a restart"

step "a mistake in the file: it says so, and is back once that is mended"
cp /etc/websubd.conf kept
echo 'retention = 7x' >>/etc/websubd.conf
systemctl restart websubd 2>/dev/null && fail "it started with a mistake"
journalctl -u websubd -n 20 --no-pager | grep -q 'retention must be' ||
    fail "the journal does not say which"
curl -s -m 2 http://127.0.0.1:8080/healthz >/dev/null || true
cp kept /etc/websubd.conf
systemctl restart websubd
up "mended"
[ "$(systemctl is-active websubd.socket)" = active ] || fail "no socket"

step "TLS in front"
openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=hub.example \
    -addext subjectAltName=DNS:hub.example,DNS:console.hub.example \
    -keyout key.pem -out chain.pem 2>/dev/null
sed "s,/etc/letsencrypt/live/hub.example/privkey.pem,$PWD/key.pem,
    s,/etc/letsencrypt/live/hub.example/fullchain.pem,$PWD/chain.pem," \
    nginx.conf >/etc/nginx/conf.d/websubd.conf
nginx -t -q
systemctl restart nginx
export TRIAL_CA="$PWD/chain.pem"
[ "$(curl -s -o /dev/null -w '%{http_code} %{redirect_url}' \
    --resolve hub.example:80:127.0.0.1 http://hub.example/x)" \
    = '301 https://hub.example/x' ] || fail "no redirect"

step "the first subscriber, through TLS"
./trial.py round https://hub.example/
step "one broken subscriber, diagnosed"
rm -f hold
mkfifo hold
./trial.py broken https://hub.example/ <hold >broken.log 2>&1 &
caller=$!
exec 9>hold
for _ in $(seq 100); do
    grep -q failing broken.log && break
    sleep 0.1
done
topic=http://127.0.0.1:9000/document
websubctl deliveries --lagging >said || fail "nobody lags"
grep -q 503 said || { cat said; fail "deliveries does not say why"; }
websubctl explain "$topic" >said || fail "explain"
grep -q 503 said || { cat said; fail "explain does not say why"; }
websubctl remove "$topic" >/dev/null
exec 9>&-
wait $caller || fail "$(cat broken.log)"

step "selftest and doctor"
websubctl selftest >said 2>&1 || { cat said >&2; fail "selftest"; }
websubctl doctor >said 2>&1 || cat said

step "each caller has his own budget behind the proxy"
looked_up() { # how often, from where
    for _ in $(seq "$1"); do
        curl -s -o /dev/null -w '%{http_code}\n' --cacert chain.pem \
            --interface "$2" --resolve hub.example:443:127.0.0.1 \
            'https://hub.example/topic?hub.topic=http://a.example/'
    done | tail -n 1
}
[ "$(looked_up 7 127.0.0.5)" = 429 ] || fail "no budget"
[ "$(looked_up 1 127.0.0.6)" != 429 ] || fail "one budget for all"
step "held, streamed and upgraded, through TLS"
./trial.py proxied https://hub.example/

step "the console under its own name"
# A line like "token: SECRET" or the secret alone.
TRIAL_TOKEN=$(websubctl token add prometheus --right=view --json |
    sed -n 's/.*"\(token\|secret\)": *"\([^"]*\)".*/\2/p')
export TRIAL_TOKEN
./trial.py denied https://console.hub.example/
curl -fsS --cacert chain.pem --resolve hub.example:443:127.0.0.1 \
    https://hub.example/admin/status >/dev/null 2>&1 &&
    fail "the public name gives away what is the operators'"

step "five restarts, with callers all the time"
restarts() {
    for _ in 1 2 3 4 5; do systemctl restart websubd; done
}
under_load restarts

step "an upgrade, with callers all the time"
before=$(systemctl show -P MainPID websubd)
under_load dpkg -i --force-confold "$new" >upgrade.log 2>&1 ||
    { cat upgrade.log >&2; fail "upgrade"; }
grep '^trial:' upgrade.log
[ "$(systemctl show -P MainPID websubd)" != "$before" ] || fail "not restarted"
grep -q '^public-url' /etc/websubd.conf || fail "the configuration is gone"
up "after an upgrade"

step "a daemon that hangs is started anew"
before=$(systemctl show -P MainPID websubd)
kill -STOP "$before"
for _ in $(seq 150); do
    after=$(systemctl show -P MainPID websubd)
    [ "$after" != "$before" ] && [ "$after" != 0 ] && break
    sleep 0.1
done
[ "$after" != "$before" ] || fail "nobody noticed"
sleep 1
up "after the watchdog"

step "the nightly backup"
systemctl enable --now --quiet websubd-backup.timer
systemctl start websubd-backup.service || fail "no backup"
[ -s "/var/backups/websubd/$(date +%u)" ] || fail "nothing was backed up"
rm -r /var/backups/websubd

step "the operators' listener is held, too"
systemctl enable --quiet websubd-admin.socket
systemctl restart websubd || fail "the restart starts the socket"
[ "$(systemctl is-active websubd-admin.socket)" = active ] || fail "no socket"
up "with both sockets"
./trial.py denied https://console.hub.example/

step "it listens elsewhere"
edited=/etc/systemd/system/websubd.socket.d
mkdir -p "$edited"
printf '[Socket]\nListenStream=\nListenStream=127.0.0.2:8088\n' \
    >"$edited/override.conf"
systemctl daemon-reload
systemctl stop websubd.socket
systemctl restart websubd || fail "the restart starts the socket"
curl -fsS http://127.0.0.2:8088/readyz >/dev/null || fail "not there"
rm -r "$edited"
systemctl daemon-reload
systemctl stop websubd.socket
systemctl restart websubd
up "where it was"

step "a backup, restored elsewhere"
websubctl backup backup >/dev/null
websubctl restore backup --data=/root/elsewhere >/dev/null
[ -s /root/elsewhere/data.mdb ] || fail "nothing was restored"
rm -rf /root/elsewhere backup

step "a file with secrets, and a user that lasts"
adduser --quiet --system --group --no-create-home --home /nonexistent websubd
echo 'publisher-key = "https://blog.example/ 0123456789abcdef"' \
    >>/etc/websubd.conf
chown root:websubd /etc/websubd.conf
chmod 0640 /etc/websubd.conf
systemctl restart websubd
up "with a lasting user"

step "disabled stays disabled over an upgrade"
systemctl disable --now --quiet websubd.socket websubd.service 2>/dev/null
dpkg -i --force-confold "$new" >/dev/null 2>&1
[ "$(systemctl is-enabled websubd.service)" = disabled ] || fail "enabled again"
[ "$(systemctl is-active websubd.service)" = inactive ] || fail "started again"
systemctl enable --now --quiet websubd.socket websubd.service
up "enabled again"

step "remove, and purge"
dpkg -r websubd >/dev/null 2>&1
[ -e /etc/websubd.conf ] || fail "removal took the configuration"
[ -e /var/lib/websubd/ ] || fail "removal took the store"
systemctl is-active --quiet websubd.service && fail "it still runs"
dpkg -P websubd >/dev/null 2>&1
deluser --quiet websubd 2>/dev/null
rm -r /etc/systemd/system/websubd.service.d /etc/nginx/conf.d/websubd.conf
left=$(find / -xdev -iname '*websubd*' -not -path '/proc/*' \
    -not -path "$PWD/*" -not -path '/var/log/*' -not -name '*.deb')
[ -z "$left" ] || fail "left behind: $left"
step "fine"
