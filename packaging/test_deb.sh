#!/bin/sh
# The life of the .deb on a Debian 12 of its own: installed, run, upgraded, removed, purged.
#   packaging/test_deb.sh [FILE.deb]      without a file, the one in dist/ for this machine
# The root is made with debootstrap from this machine's own mirror, in a temporary directory that
# goes at the end. What is started in it has its own processes and mounts, which end with it.
set -eu
cd "$(dirname "$0")/.."

skip() {
  echo "The package was not tried out: $1"
  exit 0
}

[ "$(id -u)" = 0 ] || skip "only root can make a system in a directory"
command -v debootstrap >/dev/null || skip "apt-get install debootstrap"
deb=${1:-$(ls -t dist/df-pubsub_*_"$(dpkg --print-architecture)".deb 2>/dev/null | head -n 1)}
[ -n "$deb" ] || skip "no package in dist/: deno task package"
mirror=$(apt-get indextargets --format '$(RELEASE) $(REPO_URI)' 'Created-By: Packages' |
  awk '$1 == "bookworm" { print $2; exit }')
[ -n "$mirror" ] || skip "this machine has no mirror of Debian 12"

work=$(mktemp -d)
root=$work/root
trap 'rm -rf --one-file-system "$work"' EXIT
trap 'exit 1' HUP INT TERM

echo "== Debian 12 from $mirror"
timeout 300 debootstrap --variant=minbase bookworm "$root" "$mirror" >"$work/log" 2>&1 ||
  { tail -n 20 "$work/log"; exit 1; }
cp "$deb" "$root/first.deb"
dpkg-deb --raw-extract "$deb" "$work/second"
sed -i 's/^Version: .*/&+again/' "$work/second/DEBIAN/control"
dpkg-deb --root-owner-group -Znone --build "$work/second" "$root/second.deb" >/dev/null
cp packaging/files/deb_life.sh "$root/deb_life.sh"
rm -rf "$work/second"

timeout 180 unshare --mount --pid --fork --kill-child sh -c '
  mount -t proc proc "$1/proc" && exec chroot "$1" env -i \
    PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 sh /deb_life.sh' sh "$root"
