"""An independent ZeroMQ socket, for tests of the bytes on the wire.

    peer.py PUB|SUB|PUSH|PULL|DEALER bind|connect ADDRESS [OPTION=INTEGER]...

prints {"ready": address} and then executes the commands on its standard input, one JSON object per
line. The member "do" names the command:

    send       frames: list of hex texts; count: repetitions, default 1
    publish    shape: "map" or "json"; topic: text; update: any object
    number     topic: text; from, to: integers: one message per number, which is in decimal
    flood      topic: text; sends the numbers from 0 on until "calm"
    calm       ends the flood; replies with the number of messages sent
    subscribe, unsubscribe   topic: hex text
    hold       stops reading, as a busy process would; messages accumulate
    read       reads again, the accumulated messages first

It replies to each command with one line: {"done": ...} or {"error": ...}. SUB, PULL and DEALER print
{"frames": [hex, ...], "decoded": content of the second frame, or null} for every message. At the end of
its input it sends the queued messages, for at most 5 s, and ends.
"""
import json
import sys

import msgpack
import zmq


def say(**line):
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


def packed(shape, update):
    if shape == "map":
        return msgpack.packb(update, use_bin_type=False)
    return msgpack.packb(json.dumps(update), use_bin_type=False)


def decoded(frames):
    if len(frames) != 2:
        return None
    try:
        document = msgpack.unpackb(frames[1], raw=False)
        return json.loads(document) if isinstance(document, str) else document
    except Exception:
        return None


class Peer:
    def __init__(self, kind, role, address, options):
        self.context = zmq.Context()
        self.socket = self.context.socket(getattr(zmq, kind))
        self.socket.setsockopt(zmq.LINGER, 5000)
        self.socket.setsockopt(zmq.SNDTIMEO, 5000)
        if address.startswith("tcp://["):
            self.socket.setsockopt(zmq.IPV6, 1)
        for option in options:
            name, value = option.split("=")
            self.socket.setsockopt(getattr(zmq, name), int(value))
        getattr(self.socket, role)(address)
        self.reads = kind in ("SUB", "PULL", "DEALER")
        self.poller = zmq.Poller()
        self.flooding = None
        self.sent = 0
        self.pending = []
        if role == "bind":
            address = self.socket.getsockopt_string(zmq.LAST_ENDPOINT)
        say(ready=address)

    def send(self, frames, count=1):
        parts = [bytes.fromhex(frame) for frame in frames]
        for _ in range(count):
            self.socket.send_multipart(parts)
        return count

    def publish(self, shape, topic, update):
        self.socket.send_multipart([topic.encode(), packed(shape, update)])
        return 1

    def number(self, topic, **bounds):
        for number in range(bounds["from"], bounds["to"]):
            self.socket.send_multipart([topic.encode(), b"%d" % number])
        return bounds["to"] - bounds["from"]

    def flood(self, topic):
        self.flooding = topic.encode()
        self.sent = 0

    def calm(self):
        self.flooding = None
        return self.sent

    def subscribe(self, topic):
        self.socket.setsockopt(zmq.SUBSCRIBE, bytes.fromhex(topic))

    def unsubscribe(self, topic):
        self.socket.setsockopt(zmq.UNSUBSCRIBE, bytes.fromhex(topic))

    def hold(self):
        self.reads = False
        self.poller.unregister(self.socket)

    def read(self):
        self.reads = True
        self.poller.register(self.socket, zmq.POLLIN)

    def obey(self, line):
        order = json.loads(line)
        command = order.pop("do")
        try:
            say(done=getattr(self, command)(**order))
        except Exception as error:
            say(error="%s: %s" % (type(error).__name__, error))

    def flood_some(self):
        for _ in range(100):
            try:
                parts = [self.flooding, b"%d" % self.sent]
                self.socket.send_multipart(parts, zmq.NOBLOCK)
            except zmq.Again:
                return
            self.sent += 1

    def report(self):
        while True:
            try:
                frames = self.socket.recv_multipart(zmq.NOBLOCK)
            except zmq.Again:
                return
            say(frames=[frame.hex() for frame in frames], decoded=decoded(frames))

    def read_orders(self):
        """Executes the pending commands. Returns False at the end of the input."""
        chunk = sys.stdin.buffer.raw.read(65536)
        if not chunk:
            return False
        *lines, rest = chunk.split(b"\n")
        for line in lines:
            self.obey(b"".join([*self.pending, line]))
            self.pending = []
        self.pending.append(rest)
        return True

    def run(self):
        self.poller.register(sys.stdin.fileno(), zmq.POLLIN)
        if self.reads:
            self.poller.register(self.socket, zmq.POLLIN)
        while True:
            ready = dict(self.poller.poll(0 if self.flooding else None))
            if self.socket in ready:
                self.report()
            if sys.stdin.fileno() in ready and not self.read_orders():
                return
            if self.flooding is not None:
                self.flood_some()


peer = Peer(*sys.argv[1:4], sys.argv[4:])
peer.run()
peer.socket.close()
peer.context.term()
