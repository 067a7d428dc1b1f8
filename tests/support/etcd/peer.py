"""A client of etcd that sends the requests of the original's last state. Standard library only.

    peer.py HOST:PORT get TABLE KEY
    peer.py HOST:PORT set TABLE KEY VALUE
    peer.py HOST:PORT delete TABLE KEY
    peer.py HOST:PORT all TABLE
    peer.py HOST:PORT keys TABLE
    peer.py HOST:PORT allocate TABLE
    peer.py HOST:PORT publish TOPIC TABLE KEY ACTION VALUE
    peer.py HOST:PORT watch TOPIC COUNT

Prints its result as JSON. watch prints "ready", and then a line for each event.
"""
import base64
import http.client
import json
import struct
import sys

PREFIX = "/v3/"
FIELDS = ("table", "key", "action", "value", "topic")


def encode(text):
    return base64.b64encode(text if isinstance(text, bytes) else text.encode("latin-1")).decode()


def post(address, path, body):
    connection = http.client.HTTPConnection(address, timeout=20)
    connection.request("POST", PREFIX + path, json.dumps(body))
    return connection.getresponse()


def call(address, path, body):
    with post(address, path, body) as response:
        text = response.read()
        assert response.status == 200, text
        return json.loads(text)


def read(address, body):
    return call(address, "kv/range", {**body, "sort_order": 0, "sort_target": 0}).get("kvs", [])


def value_of(kv):
    return base64.b64decode(kv.get("value", "")).decode()


def table_range(table):
    prefix = "/%s/" % table
    return {"key": encode(prefix), "range_end": encode(prefix[:-1] + "0")}


def rows(address, table):
    found = read(address, table_range(table))
    prefix = len(table) + 2
    names = [base64.b64decode(kv["key"]).decode()[prefix:] for kv in found]
    return {name: value_of(kv) for name, kv in zip(names, found) if kv.get("value")}


def allocate(address, table):
    key = encode("/unique_key/%s" % table)
    while True:
        found = read(address, {"key": key})
        if found:
            number = int(value_of(found[0])) + 1
            compare = {"key": key, "result": "EQUAL", "target": "VALUE", "value": found[0]["value"]}
        else:
            number = 1
            compare = {"key": key, "result": "EQUAL", "target": "CREATE", "create_revision": 0}
        put = {"request_put": {"key": key, "value": encode(str(number))}}
        answer = call(address, "kv/txn", {"compare": [compare], "success": [put], "failure": []})
        if answer.get("succeeded"):
            return number


def pack_text(text):
    data = text.encode()
    if len(data) < 32:
        return bytes([0xA0 | len(data)]) + data
    return b"\xda" + struct.pack(">H", len(data)) + data


def pack(event):
    """MessagePack of a map of texts and None."""
    parts = [bytes([0x80 | len(event)])]
    for name, value in event.items():
        parts += [pack_text(name), b"\xc0" if value is None else pack_text(value)]
    return b"".join(parts)


class Unpacker:
    """Reads a MessagePack map of scalars, as msgpack-python does with text decoding."""

    SIZED = {0xD9: (">B", str), 0xDA: (">H", str), 0xDB: (">I", str), 0xC4: (">B", bytes), 0xC5: (">H", bytes)}
    NUMBERS = {0xCA: ">f", 0xCB: ">d", 0xCC: ">B", 0xCD: ">H", 0xCE: ">I", 0xCF: ">Q",
               0xD0: ">b", 0xD1: ">h", 0xD2: ">i", 0xD3: ">q"}
    CONSTANTS = {0xC0: None, 0xC2: False, 0xC3: True}

    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, size):
        self.at += size
        assert self.at <= len(self.data), "the document is cut off"
        return self.data[self.at - size:self.at]

    def number(self, form):
        return struct.unpack(form, self.take(struct.calcsize(form)))[0]

    def next(self):
        head = self.number(">B")
        if head < 0x80 or head >= 0xE0:
            return head if head < 0x80 else head - 0x100
        if 0x80 <= head < 0x90:
            return {self.next(): self.next() for _ in range(head & 0x0F)}
        if 0x90 <= head < 0xA0:
            return [self.next() for _ in range(head & 0x0F)]
        if 0xA0 <= head < 0xC0:
            return self.take(head & 0x1F).decode()
        if head in self.SIZED:
            form, kind = self.SIZED[head]
            data = self.take(self.number(form))
            return data.decode() if kind is str else data.hex()
        if head in self.NUMBERS:
            return self.number(self.NUMBERS[head])
        return self.CONSTANTS[head]


def say(line):
    print(json.dumps(line), flush=True)


def watch(address, topic, count):
    """One stream with one exact key and no revision; answers are lines."""
    body = {"create_request": {"key": encode(("/pubsub/%s" % topic).encode())}}
    with post(address, "watch", body) as response:
        left = int(count)
        while left > 0:
            result = json.loads(response.readline())["result"]
            if result.get("created"):
                say("ready")
            for event in result.get("events", []):
                document = Unpacker(base64.b64decode(event["kv"]["value"])).next()
                say({name: document[name] for name in FIELDS})
                left -= 1
    return "done"


def main(address, action, *args):
    if action == "watch":
        return watch(address, *args)
    if action == "publish":
        topic, *fields = args
        event = dict(zip(FIELDS, [*fields, topic]))
        key = encode(("/pubsub/%s" % topic).encode())
        return call(address, "kv/put", {"key": key, "value": encode(pack(event))})
    if action == "allocate":
        return allocate(address, *args)
    table, *rest = args
    if action in ("all", "keys"):
        found = rows(address, table)
        return found if action == "all" else sorted(found)
    key = {"key": encode("/%s/%s" % (table, rest[0]))}
    if action == "set":
        return call(address, "kv/put", {**key, "value": encode(rest[1].encode())})
    if action == "delete":
        return int(call(address, "kv/deleterange", key).get("deleted", 0))
    found = read(address, key)
    return value_of(found[0]) if found else None


say(main(*sys.argv[1:]))
