"""Reads and writes rows as the original does, with redis-py. Prints each result as a line of JSON.

usage: rows_peer.py HOST PORT
Each line of its input is a list in JSON: "released" or "head", ACTION, TABLE [, KEY [, VALUE [, TOPIC]]]
"""

import json
import re
import sys

import redis


def row_name(schema, table, key, topic):
    dot = "." if schema == "released" else ""
    return "{%s.%s}%s%s" % (table, topic, dot, key)


def all_names(client, schema, table):
    pattern = "{%s.*}%s*" % (table, "." if schema == "released" else "")
    if schema == "released":
        return client.keys(pattern)
    return list(client.scan_iter(match=pattern, count=50))


def strip(schema, name):
    syntax = r"^{.*}\.(.*)$" if schema == "released" else r"^{.+}(.+)$"
    return re.match(syntax, name).group(1)


def run(client, schema, action, table, key="", value="", topic=""):
    if action == "set":
        return client.set(row_name(schema, table, key, topic), value)
    if action == "get":
        return client.get(row_name(schema, table, key, value))
    if action == "delete":
        return client.delete(row_name(schema, table, key, value))
    names = sorted(all_names(client, schema, table))
    return {strip(schema, name): client.get(name) for name in names}


client = redis.Redis(host=sys.argv[1], port=int(sys.argv[2]), decode_responses=True)
for line in sys.stdin:
    print(json.dumps(run(client, *json.loads(line))), flush=True)
