"""A plain SUB socket that hears everything one publisher sends, and writes down what a ledger has to
know besides the events themselves.

    witness.py ADDRESS

prints {"ready": address}, then a line for each hello, {"hello": document}, and for each event by which
a publisher asks nodes of the original to read again, {"sync": document}. It ends with its input.
"""
import json
import sys

import msgpack
import zmq

PRIVATE = b"\x01"


def say(**line):
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


def unpacked(octets):
    document = msgpack.unpackb(octets, raw=False)
    return json.loads(document) if isinstance(document, str) else document


def note(topic, payload):
    is_hello = topic.startswith(PRIVATE)
    # Most events are no sync: these are told apart without unpacking them.
    if not is_hello and b"sync" not in payload:
        return
    try:
        document = unpacked(payload)
        if is_hello and document.get("hello") == 1:
            say(hello=document)
        elif not is_hello and document.get("action") == "sync":
            say(sync=dict(document, topic=topic.decode()))
    except Exception:
        pass


def main(address):
    context = zmq.Context()
    socket = context.socket(zmq.SUB)
    socket.setsockopt(zmq.LINGER, 0)
    socket.setsockopt(zmq.RCVHWM, 0)
    socket.setsockopt(zmq.RECONNECT_IVL, 20)
    socket.setsockopt(zmq.SUBSCRIBE, b"")
    socket.connect(address)
    poller = zmq.Poller()
    poller.register(socket, zmq.POLLIN)
    poller.register(sys.stdin.fileno(), zmq.POLLIN)
    say(ready=address)
    while True:
        ready = dict(poller.poll())
        if sys.stdin.fileno() in ready and not sys.stdin.buffer.raw.read(64):
            return
        while socket.getsockopt(zmq.EVENTS) & zmq.POLLIN:
            frames = socket.recv_multipart()
            if len(frames) == 2:
                note(*frames)


main(sys.argv[1])
