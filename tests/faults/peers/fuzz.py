"""Sends mutated messages to a socket, as fast as the socket accepts them.

    fuzz.py PUSH|DEALER|PUB connect|bind ADDRESS COUNT SEED
    fuzz.py TCP connect HOST:PORT COUNT SEED

The first line of its standard input is the corpus, a JSON list of messages. Each message is a list of
frames in hex. The program prints {"ready": address}, waits for a second line with any content, and
prints {"sent": count} at the end. A PUB keeps most topics unchanged, because otherwise no subscription
would match. TCP sends the frames of each message on a new connection.
"""
import json
import random
import socket
import sys

import zmq

NASTY = [
    b"", b"\x00", b"\xff" * 4, b"\xc1", b"\xd9\xff", b"\xda\xff\xff", b"\xdb\xff\xff\xff\xff",
    b"\xdc\xff\xff", b"\xdd\xff\xff\xff\xff", b"\xde\xff\xff", b"\xdf\xff\xff\xff\xff",
    b"\xcf" + b"\xff" * 8, b"\xd3\x80" + b"\x00" * 7, b"\xc4\x01a", b"\x91" * 40, b"\x81" * 40,
    b"\xed\xa0\x80", b"\r\n\r\n", b"%00", b"\x01",
]


class Mutator:
    def __init__(self, corpus, seed):
        self.corpus = corpus
        self.random = random.Random(seed)
        self.ways = [
            self.flip, self.flip, self.flip, self.cut, self.extend, self.nasty, self.splice,
            self.drop, self.double, self.noise,
        ]

    def message(self):
        frames = list(self.random.choice(self.corpus))
        for _ in range(self.random.choice((1, 1, 1, 2, 4))):
            self.random.choice(self.ways)(frames)
        return frames or [b""]

    def place(self, frames):
        return self.random.randrange(len(frames)) if frames else -1

    def flip(self, frames):
        at = self.place(frames)
        if at < 0 or not frames[at]:
            return
        frame = bytearray(frames[at])
        frame[self.random.randrange(len(frame))] ^= 1 << self.random.randrange(8)
        frames[at] = bytes(frame)

    def cut(self, frames):
        at = self.place(frames)
        if at >= 0:
            frames[at] = frames[at][:self.random.randrange(len(frames[at]) + 1)]

    def extend(self, frames):
        at = self.place(frames)
        if at >= 0:
            frames[at] += self.random.randbytes(self.random.randrange(1, 16))

    def nasty(self, frames):
        at = self.place(frames)
        if at >= 0:
            begin = self.random.randrange(len(frames[at]) + 1)
            end = begin + self.random.randrange(4)
            frames[at] = frames[at][:begin] + self.random.choice(NASTY) + frames[at][end:]

    def splice(self, frames):
        at = self.place(frames)
        other = self.random.choice(self.random.choice(self.corpus))
        if at >= 0:
            middle = self.random.randrange(len(frames[at]) + 1)
            frames[at] = frames[at][:middle] + other[self.random.randrange(len(other) + 1):]

    def drop(self, frames):
        at = self.place(frames)
        if at >= 0:
            del frames[at]

    def double(self, frames):
        at = self.place(frames)
        if at >= 0:
            frames.insert(at, frames[at])

    def noise(self, frames):
        at = self.place(frames)
        if at >= 0:
            frames[at] = self.random.randbytes(self.random.randrange(64))


def say(**line):
    print(json.dumps(line), flush=True)


def send_to_socket(kind, role, address, count, mutator):
    context = zmq.Context()
    peer = context.socket(getattr(zmq, kind))
    peer.setsockopt(zmq.LINGER, 10_000)
    peer.setsockopt(zmq.SNDTIMEO, 20_000)
    if kind == "PUB":
        peer.setsockopt(zmq.XPUB_NODROP, 1)
    getattr(peer, role)(address)
    say(ready=peer.getsockopt_string(zmq.LAST_ENDPOINT))
    sys.stdin.readline()
    for number in range(count):
        frames = mutator.message()
        if kind == "PUB" and number % 10:
            frames[0] = mutator.random.choice(mutator.corpus)[0]
        peer.send_multipart(frames, copy=True)
        if kind == "DEALER" and number % 100 == 0:
            swallow(peer)
    peer.close()
    context.term()


def swallow(peer):
    try:
        while True:
            peer.recv_multipart(zmq.NOBLOCK)
    except zmq.Again:
        pass


def send_by_tcp(address, count, mutator):
    host, port = address.rsplit(":", 1)
    say(ready=address)
    sys.stdin.readline()
    for _ in range(count):
        with socket.create_connection((host, int(port)), 5) as connection:
            try:
                connection.sendall(b"".join(mutator.message()))
            except OSError:
                pass


def main(kind, role, address, count, seed):
    corpus = [[bytes.fromhex(frame) for frame in message] for message in json.loads(sys.stdin.readline())]
    mutator = Mutator(corpus, int(seed))
    if kind == "TCP":
        send_by_tcp(address, int(count), mutator)
    else:
        send_to_socket(kind, role, address, int(count), mutator)
    say(sent=int(count))


main(*sys.argv[1:])
