#!/bin/sh
# Runs inside the Debian that test_deb.sh made: /first.deb, then /second.deb, which is newer.
set -eu

fail() {
  echo "FAILED: $1" >&2
  exit 1
}

# Every file and account there is, but for what dpkg and its like keep of all that ever happened.
state() {
  find / -xdev -path /proc -prune -o -path /tmp -prune -o -path /var/log -prune -o -print |
    grep -v -E '^/var/lib/dpkg/(status|diversions|statoverride|available)(-old)?$|^/etc/.*-$' |
    grep -v -E '^/etc/\.pwd\.lock$|^/var/lib/dpkg/lock|^/var/lib/dpkg/triggers|^/var/cache' | sort
  cut -d: -f1 /etc/passwd /etc/group | sort
}

wait_for() {
  for _ in $(seq 100); do
    if grep -q "$1" "$2"; then return; fi
    sleep 0.1
  done
  cat "$2" >&2
  fail "never said \"$1\""
}

state >/tmp/before

echo "== install"
dpkg --install /first.deb
getent passwd df-pubsub >/dev/null || fail "no account"
[ -s /usr/share/man/man1/df-pubsub.1.gz ] || [ ! -d /usr/share/man/man1 ] || fail "no manual"

echo "== run"
df-pubsub --version
df-pubsub config show --only-set --config-file /etc/df-pubsub/df-pubsub.ini
: >/tmp/serve
: >/tmp/subscribe
df-pubsub serve --config-file /usr/share/df-pubsub/service.ini \
  --config-file /etc/df-pubsub/df-pubsub.ini 2>/tmp/serve &
serve=$!
wait_for READY /tmp/serve
df-pubsub subscribe --count 1 --timeout 20 --json >/tmp/events 2>/tmp/subscribe &
subscribe=$!
wait_for '^listening on' /tmp/subscribe
df-pubsub publish --table lport --key port-1 --action create --value '{}' --confirm
wait "$subscribe" || fail "subscribe: exit code $?"
grep -q '"key":"port-1"' /tmp/events || fail "no event arrived"
df-pubsub publishers list
kill "$serve"
wait "$serve" || fail "serve: exit code $?"

echo "== as an ordinary user"
setpriv --reuid=65534 --regid=65534 --clear-groups df-pubsub config sample >/dev/null

echo "== upgrade"
echo '# by the administrator' >>/etc/df-pubsub/df-pubsub.ini
dpkg --install /second.deb
dpkg-query --show df-pubsub | grep -q '+again$' || fail "no upgrade"
grep -q 'by the administrator' /etc/df-pubsub/df-pubsub.ini || fail "the configuration is lost"
[ -e /var/lib/df-pubsub/northbound.sqlite3 ] || fail "the database is lost"

echo "== remove"
dpkg --remove df-pubsub
[ ! -e /usr/bin/df-pubsub ] || fail "the program is still there"
[ -e /etc/df-pubsub/df-pubsub.ini ] || fail "to remove is not to purge"

echo "== purge"
dpkg --purge df-pubsub
state >/tmp/after
diff /tmp/before /tmp/after || fail "something is left"
echo "The package installs, runs, upgrades, and goes without a trace"
