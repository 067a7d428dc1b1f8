# The package on a system that never had it.
. /test/lib.sh

state >/test/before

step "install: it starts, and is ready"
dpkg_install /test/new.deb
active || fail "not active"
[ "$(shown NRestarts)" = 0 ] || fail "it was restarted"
[ "$(systemctl is-enabled df-pubsub)" = enabled ] || fail "not enabled"
journal_says READY || fail "it never said READY"
[ "$(stat -c %U:%G "$SOCKET")" = df-pubsub:df-pubsub ] || fail "the socket is another account's"
[ "$(stat -c %U "/proc/$(shown MainPID)")" = df-pubsub ] || fail "it runs as another account"
use

step "systemd-analyze security: 2.0 or less"
systemd-analyze security --no-pager --threshold=20 df-pubsub.service >/tmp/security ||
  fail "$(tail -n 1 /tmp/security)"
tail -n 1 /tmp/security

step "reload: the same process goes on"
pid=$(shown MainPID)
systemctl reload df-pubsub || fail "reload: exit code $?"
# The signal is with the process when systemctl ends; an event through it tells that it survived.
if [ -e "/proc/$pid" ] && active; then use; fi
[ "$(shown MainPID)" = "$pid" ] && active || fail "reload ended process $pid"

step "restart: another process, and ready again"
systemctl restart df-pubsub || fail "restart: exit code $?"
another_than "$pid" || fail "restart changed nothing"
use

step "watchdog: a process that stands still is replaced"
pid=$(shown MainPID)
kill -STOP "$pid"
until_true 150 "another process" another_than "$pid"
journal_says 'Watchdog timeout' || fail "the journal does not mention the watchdog"
use

step "a wrong configuration: one start, and the reason"
printf '[df]\npublisher_port = none\n' >/etc/df-pubsub/conf.d/wrong.conf
! systemctl restart df-pubsub 2>/dev/null || fail "it started"
failed || fail "$(shown ActiveState), wanted failed"
[ "$(shown ExecMainStatus)" = 2 ] || fail "exit code $(shown ExecMainStatus), wanted 2"
[ "$(shown NRestarts)" = 0 ] || fail "started $(shown NRestarts) times again"
journal_says 'conf.d/wrong.conf' || fail "the file is not named"
rm /etc/df-pubsub/conf.d/wrong.conf

step "start limit: a port that stays taken"
perl -MIO::Socket::INET -e 'my $s = IO::Socket::INET->new(LocalAddr => "0.0.0.0:8866",
  Listen => 1, ReuseAddr => 1) or exit 1; sleep 1000' &
holder=$!
systemctl start df-pubsub 2>/dev/null || true
until_true 240 "it gives up" failed
journal_says 'Start request repeated too quickly' || fail "it does not say that it gives up"
echo "gave up after $(shown NRestarts) restarts: result $(shown Result)"
kill "$holder"

step "upgrade after that, with a settings file of the administrator's"
printf '[df]\nlog_level = debug\n' >/etc/df-pubsub/conf.d/site.conf
echo '# by the administrator' >>"$CONFIGURATION"
dpkg_install /test/newer.deb
dpkg-query --show df-pubsub | grep -q '+again$' || fail "no upgrade"
active || fail "not active"
grep -q 'by the administrator' "$CONFIGURATION" || fail "the configuration is lost"
[ ! -e /etc/df-pubsub/conf.d/00-until-* ] || fail "settings moved that dpkg does not ask about"
df-pubsub config show --only-set | grep -q debug || fail "conf.d is not read"
use

step "an upgrade leaves the socket's directory open to other groups, if a drop-in opens it"
mkdir /etc/systemd/system/df-pubsub.service.d
printf '[Service]\nRuntimeDirectoryMode=0755\n' >/etc/systemd/system/df-pubsub.service.d/site.conf
systemctl daemon-reload
systemctl restart df-pubsub || fail "restart: exit code $?"
while sleep 0.01; do stat -c %a /run/zmq_pubsub; done >/tmp/modes 2>&1 &
watcher=$!
dpkg_install /test/newer.deb
kill "$watcher"
[ "$(sort -u /tmp/modes)" = 755 ] || fail "modes: $(sort -u /tmp/modes)"
rm -r /etc/systemd/system/df-pubsub.service.d
systemctl daemon-reload
systemctl restart df-pubsub || fail "restart: exit code $?"

step "a lock that a dead service of root left is taken over"
systemctl stop df-pubsub
df-pubsub serve 2>/tmp/serve &
by_hand=$!
until_true 60 "root's service is ready" grep -q READY /tmp/serve
kill -KILL "$by_hand"
wait "$by_hand" || true
# Earlier versions left it like this.
chown root:root "$SOCKET.lock"
chmod 600 "$SOCKET.lock"
systemctl start df-pubsub || fail "start: exit code $?"
use

step "a database that root left: the service names the chown"
systemctl stop df-pubsub
chown root:root /var/lib/df-pubsub/northbound.sqlite3*
systemctl start df-pubsub 2>/dev/null || true
until_true 60 "a chown is named" journal_says 'chown .*/var/lib/df-pubsub/northbound.sqlite3'
chown df-pubsub:df-pubsub /var/lib/df-pubsub/northbound.sqlite3*
until_true 60 "active" active
use

step "as an ordinary user"
setpriv --reuid=65534 --regid=65534 --clear-groups df-pubsub config sample >/dev/null

step "remove keeps configuration and database"
dpkg --remove df-pubsub
[ ! -e /usr/bin/df-pubsub ] || fail "the program is still there"
[ -e "$CONFIGURATION" ] || fail "the configuration is gone"
[ -e /var/lib/df-pubsub/northbound.sqlite3 ] || fail "the database is gone"

step "purge leaves nothing but the mount point of the database"
mount -t tmpfs tmpfs /var/lib/df-pubsub
dpkg --purge df-pubsub
umount /var/lib/df-pubsub
rm -r /var/lib/df-pubsub
without_a_trace
