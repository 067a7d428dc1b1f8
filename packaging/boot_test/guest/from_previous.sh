# The package after the one before it, whose configuration was the whole sample.
. /test/lib.sh

MOVED=/etc/df-pubsub/conf.d/00-until-$(dpkg-deb --field /test/previous.deb Version).conf

# The administrator's way with the sample: a line is put in where the option is explained.
edit() {
  sed -i '0,/^\[df\]$/s//[df]\nlocal_ip = 127.0.0.9/' "$CONFIGURATION"
  grep -q '^local_ip = 127.0.0.9$' "$CONFIGURATION" || fail "the sample has no [df]"
}

setting_counts() {
  df-pubsub config show --only-set | grep -q '127\.0\.0\.9'
}

state >/test/before

step "the previous package, its configuration edited"
dpkg_install /test/previous.deb
edit
chgrp df-pubsub "$CONFIGURATION"
chmod 640 "$CONFIGURATION"

step "an upgrade that dpkg breaks off takes nothing with it"
! dpkg --install /test/conflicting.deb </dev/null >/tmp/conflicting 2>&1 || fail "it was installed"
grep -q 'trying to overwrite' /tmp/conflicting || fail "$(cat /tmp/conflicting)"
grep -q '^local_ip = 127.0.0.9$' "$CONFIGURATION" || fail "the settings are not back"
[ ! -e "$MOVED" ] || fail "the settings are in two places"

step "a non-interactive upgrade keeps the settings, and says where"
apt-get install --yes /test/new.deb </dev/null >/tmp/upgrade 2>&1 || fail "$(cat /tmp/upgrade)"
grep -q "moved from $CONFIGURATION to $MOVED" /tmp/upgrade || fail "not said: $(cat /tmp/upgrade)"
[ "$(stat -c '%G %a' "$MOVED")" = 'df-pubsub 640' ] || fail "others may read it"
setting_counts || fail "the setting is lost"
until_true 60 "active" active
df-pubsub publishers list | grep -q 'tcp://127.0.0.9:' || fail "the service does not have the setting"
use

step "a drop-in that names the file of the previous package goes on"
mkdir -p /etc/systemd/system/df-pubsub.service.d
cat >/etc/systemd/system/df-pubsub.service.d/site.conf <<'EOF'
[Service]
ExecStart=
ExecStart=/usr/bin/df-pubsub serve --config-file /usr/share/df-pubsub/service.ini --config-file /etc/df-pubsub/df-pubsub.ini
EOF
systemctl daemon-reload
systemctl restart df-pubsub || fail "restart: exit code $?"
use
rm -r /etc/systemd/system/df-pubsub.service.d
systemctl daemon-reload

step "purge leaves nothing"
dpkg --purge df-pubsub
without_a_trace

step "the previous package again: removed, not purged, and its configuration a link"
dpkg_install /test/previous.deb
mkdir -p /etc/neutron
mv "$CONFIGURATION" /etc/neutron/dragonflow.ini
ln -s ../neutron/dragonflow.ini "$CONFIGURATION"
sed -i '0,/^\[df\]$/s//[df]\nlocal_ip = 127.0.0.9/' /etc/neutron/dragonflow.ini
dpkg --remove df-pubsub
dpkg_install /test/new.deb
[ -L "$MOVED" ] || fail "the link is gone"
setting_counts || fail "the setting is lost"
until_true 60 "active" active

step "the previous package again: its configuration deleted"
dpkg --purge df-pubsub
rm -r /etc/neutron
dpkg_install /test/previous.deb
rm "$CONFIGURATION"
dpkg_install /test/new.deb
until_true 60 "active" active
use
