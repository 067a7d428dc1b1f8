#!/bin/sh
# Installs what the tests stand the program beside: an independent ZeroMQ and MessagePack peer on
# Debian's Python. Does nothing when it is there.
set -eu

packages="python3 python3-zmq python3-msgpack libzmq5"

have_peers() {
  /usr/bin/python3 -c 'import zmq, msgpack' 2>/dev/null
}

have_peers && exit 0
if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
  echo "The tests need Debian's python3-zmq and python3-msgpack: apt-get install $packages" >&2
  exit 1
fi
log=$(mktemp)
trap 'rm -f "$log"' EXIT
# shellcheck disable=SC2086
if ! { apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -qy $packages; } >"$log" 2>&1; then
  cat "$log" >&2
  exit 1
fi
have_peers
