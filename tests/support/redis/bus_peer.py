"""An independent Redis client, for tests of the bytes on the bus.

    bus_peer.py PORT publish CHANNEL HEX...
    bus_peer.py PORT subscribe CHANNEL COUNT
    bus_peer.py PORT xadd KEY FIELD HEX...
    bus_peer.py PORT xrange KEY

Prints one line of JSON each: "ready" when subscribed, then for every message or entry
{"hex": its bytes in hex, "decoded": the bytes decoded as MessagePack, or null}.
"""
import json
import sys

import msgpack
import redis


def say(line):
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


def show(payload):
    try:
        decoded = msgpack.unpackb(payload, raw=False)
    except Exception:
        decoded = None
    say({"hex": payload.hex(), "decoded": decoded})


def subscribe(client, channel, count):
    listener = client.pubsub()
    listener.subscribe(channel)
    left = int(count)
    for message in listener.listen():
        if message["type"] == "subscribe":
            say("ready")
        elif message["type"] == "message":
            show(message["data"])
            left -= 1
        if left == 0:
            return


port, action, target, *rest = sys.argv[1:]
server = redis.Redis(port=int(port))
if action == "publish":
    for text in rest:
        server.publish(target, bytes.fromhex(text))
elif action == "subscribe":
    subscribe(server, target, *rest)
elif action == "xadd":
    for text in rest[1:]:
        server.xadd(target, {rest[0]: bytes.fromhex(text)})
elif action == "xrange":
    for _, fields in server.xrange(target):
        for payload in fields.values():
            show(payload)
