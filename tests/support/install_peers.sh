#!/bin/sh
# Installs what the tests stand the program beside: independent ZeroMQ, MessagePack and Redis peers
# on Debian's Python, Redis itself, and openssl for certificates. Silent when all of it is there.
set -eu

missing=""

need_program() {
  command -v "$1" >/dev/null || missing="$missing $2"
}

# A package of Debian's Python is found by its file: quicker than an import of it.
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
  need_program setpriv util-linux
}

# Redis comes without its service: the tests start servers of their own.
install() {
  # shellcheck disable=SC2086
  apt-get update -q && RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive apt-get install -qy $missing
}

look
[ -n "$missing" ] || exit 0
if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
  echo "The tests need packages that are not there: apt-get install$missing" >&2
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
