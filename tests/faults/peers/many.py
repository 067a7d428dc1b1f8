"""The same as many.c (see there), for hosts without a C compiler. Needs python3-zmq.

    many.py ADDRESS SOCKETS
"""
import json
import select
import sys

import zmq

QUIET_MS = 500
POLL_MS = 100
NAME = b"\xa3seq\xcf"


class Counter:
    def __init__(self):
        self.first = self.last = self.received = self.disordered = 0

    def note(self, event):
        if event[-27:-22] != NAME:
            return
        number = int.from_bytes(event[-22:-14], "big")
        if self.received == 0:
            self.first = number
        if number <= self.last:
            self.disordered += 1
        self.last = number
        self.received += 1


def open_socket(context, address):
    socket = context.socket(zmq.SUB)
    socket.setsockopt(zmq.RCVHWM, 0)
    socket.setsockopt(zmq.LINGER, 0)
    socket.setsockopt(zmq.SUBSCRIBE, b"D")
    socket.connect(address)
    return socket


def drain(socket, counter):
    while True:
        try:
            counter.note(socket.recv_multipart(zmq.NOBLOCK)[1])
        except zmq.Again:
            return


def input_ended():
    ready, _, _ = select.select([0], [], [], 0)
    return bool(ready) and not sys.stdin.buffer.raw.read(64)


def main(address, count):
    context = zmq.Context()
    context.set(zmq.MAX_SOCKETS, count + 8)
    counters = {open_socket(context, address): Counter() for _ in range(count)}
    poller = zmq.Poller()
    for socket in counters:
        poller.register(socket, zmq.POLLIN)
    live = ended = False
    quiet = 0
    while not ended or quiet < QUIET_MS:
        ready = poller.poll(POLL_MS)
        quiet = 0 if ready else quiet + POLL_MS
        for socket, _ in ready:
            drain(socket, counters[socket])
        if not live and all(each.received for each in counters.values()):
            live = True
            print("live", flush=True)
        ended = ended or input_ended()
    report(list(counters.values()))


def report(counters):
    print(json.dumps({
        "sockets": len(counters),
        "first": max(each.first for each in counters),
        "last": min(each.last for each in counters),
        "expected": sum(each.last - each.first + 1 for each in counters),
        "received": sum(each.received for each in counters),
        "disordered": sum(each.disordered for each in counters),
    }), flush=True)


main(sys.argv[1], int(sys.argv[2]))
