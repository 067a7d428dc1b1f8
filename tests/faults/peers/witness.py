"""A plain SUB socket that receives everything one publisher sends. It reports what a ledger must know
in addition to the subscribers' own records.

    witness.py ADDRESS [AUTHORITIES CERTIFICATE KEY]

prints {"ready": address}. Then it prints {"position": document} ten times per second, with the last
position of each stream that has changed, and {"sync": document} for each sync event of the publisher.
It ends at the end of its input. With certificates it connects by a tunnel of TLS.
"""
import json
import sys
import time

import msgpack
import zmq

from tls_tunnel import open_tunnel

PAUSE_S = 0.1


def say(**line):
    sys.stdout.write(json.dumps(line) + "\n")


def unpacked(payload):
    document = msgpack.unpackb(payload, raw=False)
    return json.loads(document) if isinstance(document, str) else document


class Positions:
    def __init__(self):
        self.moved = {}
        self.said_at = 0.0

    def note(self, topic, payload):
        try:
            document = unpacked(payload)
            stamp = {name: document[name] for name in ("publisher", "epoch", "seq")}
            position = dict(stamp, topic=topic.decode())
        except Exception:
            return  # Not a numbered event.
        if document.get("action") == "sync":
            say(sync=position)
        self.moved[(position["publisher"], position["epoch"], topic)] = position

    def tell(self):
        if time.monotonic() < self.said_at + PAUSE_S:
            return
        self.said_at = time.monotonic()
        for position in self.moved.values():
            say(position=position)
        self.moved.clear()
        sys.stdout.flush()


def main(address, *paths):
    context = zmq.Context()
    socket = context.socket(zmq.SUB)
    socket.setsockopt(zmq.LINGER, 0)
    socket.setsockopt(zmq.RCVHWM, 0)
    socket.setsockopt(zmq.RECONNECT_IVL, 20)
    socket.setsockopt(zmq.SUBSCRIBE, b"")
    socket.connect(open_tunnel(address, *paths) if paths else address)
    poller = zmq.Poller()
    poller.register(socket, zmq.POLLIN)
    poller.register(sys.stdin.fileno(), zmq.POLLIN)
    positions = Positions()
    say(ready=address)
    while True:
        positions.tell()
        ready = dict(poller.poll(PAUSE_S * 1000))
        if sys.stdin.fileno() in ready and not sys.stdin.buffer.raw.read(64):
            return
        for _ in range(1000):
            if not socket.getsockopt(zmq.EVENTS) & zmq.POLLIN:
                break
            frames = socket.recv_multipart()
            if len(frames) == 2:
                positions.note(*frames)


main(*sys.argv[1:])
