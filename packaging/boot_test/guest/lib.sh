# Functions that the parts of the test share. They run in the booted Debian; /test has the packages.
set -eu
PATH=/usr/sbin:/usr/bin:/sbin:/bin
LC_ALL=C.UTF-8
DEBIAN_FRONTEND=noninteractive
export PATH LC_ALL DEBIAN_FRONTEND

CONFIGURATION=/etc/df-pubsub/df-pubsub.ini
SOCKET=/run/zmq_pubsub/zmq-publisher-socket

step() {
  echo "== $1"
}

fail() {
  echo "FAILED: $1" >&2
  systemctl --no-pager --lines 0 status df-pubsub >&2 || true
  journalctl --no-pager --unit df-pubsub --lines 30 >&2 || true
  exit 1
}

# until_true SECONDS WHAT COMMAND...
until_true() {
  seconds=$1
  what=$2
  shift 2
  for _ in $(seq $((seconds * 5))); do
    if "$@" >/dev/null 2>&1; then return; fi
    sleep 0.2
  done
  fail "not within $seconds s: $what"
}

shown() {
  systemctl show --property "$1" --value df-pubsub
}

active() {
  [ "$(shown ActiveState)" = active ]
}

failed() {
  [ "$(shown ActiveState)" = failed ]
}

# The journal of the unit since the boot has this text.
journal_says() {
  journalctl --boot --unit df-pubsub --output cat | grep -q -e "$1"
}

# Active, and not as the process with this number.
another_than() {
  active && [ "$(shown MainPID)" != "$1" ]
}

# Perl, since Debian's smallest system has no program that speaks HTTP.
readyz() {
  perl -MIO::Socket::INET -e '
    my $s = IO::Socket::INET->new(PeerAddr => "127.0.0.1:8868", Timeout => 5) or exit 1;
    print $s "GET /readyz HTTP/1.0\r\nHost: localhost\r\n\r\n";
    my @lines = <$s>;
    print @lines;
    exit($lines[0] =~ m{^HTTP/1\.[01] 200 } ? 0 : 1);'
}

# Without a terminal to answer on, and without a flag that answers for it.
dpkg_install() {
  dpkg --install "$1" </dev/null || fail "dpkg --install $1"
}

# An event goes through the service, by commands without a flag about the configuration.
use() {
  df-pubsub subscribe --table lport --count 1 --timeout 60 --json >/tmp/events 2>/tmp/subscribe &
  subscribe=$!
  until_true 60 "subscribe is live" grep -q 'listening on' /tmp/subscribe
  df-pubsub publish --table lport --key port-1 --action create --value '{}' --confirm ||
    fail "publish: exit code $?"
  wait "$subscribe" || fail "subscribe: exit code $?"
  grep -q '"key":"port-1"' /tmp/events || fail "another event: $(cat /tmp/events)"
  df-pubsub publishers list >/tmp/publishers || fail "publishers list: exit code $?"
  [ "$(grep -c '"uri":"tcp://' /tmp/publishers)" = 1 ] || fail "not one row: $(cat /tmp/publishers)"
  df-pubsub check || fail "check: exit code $?"
  readyz >/tmp/readyz || fail "readyz: $(cat /tmp/readyz)"
}

# Every file and account, without the records that dpkg and systemd keep of each change.
state() {
  find / -xdev \( -path /proc -o -path /sys -o -path /tmp -o -path /test -o -path /run/systemd \
    -o -path /run/log -o -path /var/log -o -path /var/tmp -o -path /var/cache -o -path /run/dpkg \) \
    -prune -o -print |
    grep -v -E '^/var/lib/dpkg/(status|diversions|statoverride|available)(-old)?$|^/etc/.*-$' |
    grep -v -E '^/etc/\.pwd\.lock$|^/var/lib/(dpkg/(lock|triggers)|apt/)' |
    grep -v -E '^/var/lib/systemd/(timers|catalog)|^/dev/|^/run/(lock|user|utmp|mount)' | sort
  cut -d: -f1 /etc/passwd /etc/group | sort
}

without_a_trace() {
  state >/test/after
  diff /test/before /test/after || fail "something is left"
}
