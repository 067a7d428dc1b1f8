#!/bin/sh
# Installs the programs that the tests need: independent ZeroMQ, MessagePack and Redis peers on
# Debian's Python, Redis and etcd themselves, openssl for certificates, tmux as a terminal, groff for
# the manual pages, promtool for the alerts, shells for completion, and a browser for the page. Prints
# nothing when all of them are installed.
set -eu

missing=""

need_program() {
  command -v "$1" >/dev/null || missing="$missing $2"
}

# Finds a package of Debian's Python by its file, which is faster than an import.
need_module() {
  [ -f "/usr/lib/python3/dist-packages/$1/__init__.py" ] || missing="$missing $2"
}

look() {
  missing=""
  need_program /usr/bin/python3 python3
  need_module zmq python3-zmq
  need_module msgpack python3-msgpack
  need_module redis python3-redis
  need_program redis-server redis-server
  need_program redis-sentinel redis-sentinel
  need_program redis-cli redis-tools
  need_program openssl openssl
  need_program curl curl
  need_program setpriv util-linux
  need_program tmux tmux
  need_program etcd etcd-server
  need_program etcdctl etcd-client
  need_program groff groff-base
  need_program promtool promtool
  need_program zsh zsh
  need_program fish fish
  need_program chromium-headless-shell chromium-headless-shell
  # Without a font the browser shows boxes.
  [ -f /usr/share/fonts/truetype/dejavu/DejaVuSans.ttf ] || missing="$missing fonts-dejavu-core"
}

# Installs Redis and etcd without their services, because the tests start their own servers, and the
# browser without the drivers and the desktop that its package recommends.
install() {
  apt-get update -q || return
  packages=$(echo "$missing" | sed 's/ promtool//; s/ etcd-server//; s/ etcd-client//')
  # shellcheck disable=SC2086
  [ -z "$packages" ] || RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive \
    apt-get install -qy --no-install-recommends $packages || return
  case $missing in *promtool*) install_program prometheus promtool || return ;; esac
  case $missing in *etcd-server*) install_program etcd-server etcd || return ;; esac
  case $missing in *etcd-client*) install_program etcd-client etcdctl || return ;; esac
}

# Extracts one program of a package whose server would start at every boot.
install_program() (
  directory=$(mktemp -d)
  trap 'rm -r "$directory"' EXIT
  cd "$directory" && apt-get download -q "$1" &&
    dpkg-deb --fsys-tarfile "$1"_*.deb |
    tar -xC /usr/local/bin --strip-components=3 "./usr/bin/$2"
)

look
[ -n "$missing" ] || exit 0
if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
  echo "The tests need missing packages: apt-get install$missing" |
    sed 's/ promtool/ prometheus/' >&2
  exit 1
fi
log=$(mktemp)
trap 'rm -f "$log"' EXIT
if ! install >"$log" 2>&1; then
  cat "$log" >&2
  exit 1
fi
look
[ -z "$missing" ] || {
  echo "These packages were installed but do not show:$missing" >&2
  exit 1
}
