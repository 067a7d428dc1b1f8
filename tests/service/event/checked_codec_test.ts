import assert from "node:assert/strict";
import { type DbUpdate, dbUpdate, decodeUpdate, encodeUpdate } from "../../../wire.ts";

const UPDATE = dbUpdate({ table: "lport", key: "p", action: "create", value: "{}" });
const PAYLOAD = encodeUpdate(UPDATE, "map");

/** Calls a function as code without types may call it. */
function untyped(call: (...values: never[]) => unknown, ...values: unknown[]): () => unknown {
  return () => call(...values as never[]);
}

for (
  const [wrong, message] of [
    [[null, "map"], 'encodeUpdate "update": null, wanted an event'],
    [[UPDATE, "xml"], 'encodeUpdate "format": "xml", wanted one of map, json'],
    [[UPDATE], 'encodeUpdate "format": undefined, wanted one of map, json'],
    [[UPDATE, "map", 10], /^encodeUpdate "options": number, wanted an object such as /],
    [[UPDATE, "map", { maxBytes: NaN }], /^encodeUpdate "maxBytes": NaN, wanted a number/],
    [[{ ...UPDATE, key: 5 }, "map"], 'Event "key": number, wanted a string or null'],
    [[{ ...UPDATE, topic: undefined }, "map"], 'Event "topic": undefined, wanted a string'],
    [[{ ...UPDATE, origin: {} }, "map"], 'Event "origin": Object, wanted an EventOrigin'],
  ] as const
) {
  Deno.test(`encodeUpdate refuses arguments of the wrong type: ${message}`, () => {
    assert.throws(untyped(encodeUpdate, ...wrong), { message });
  });
}

for (
  const [wrong, message] of [
    [[PAYLOAD.buffer, "D"], 'decodeUpdate "payload": ArrayBuffer, wanted a Uint8Array'],
    [["text", "D"], 'decodeUpdate "payload": string, wanted a Uint8Array'],
    [[PAYLOAD], 'decodeUpdate "frameTopic": undefined, wanted a string'],
    [[PAYLOAD, "D", null], /^decodeUpdate "options": null, wanted an object such as /],
    [[PAYLOAD, "D", { maxBytes: "x" }], /^decodeUpdate "maxBytes": "x", wanted a number/],
  ] as const
) {
  Deno.test(`decodeUpdate refuses arguments of the wrong type: ${message}`, () => {
    assert.throws(untyped(decodeUpdate, ...wrong), { name: "TypeError", message });
  });
}

Deno.test("encodeUpdate and decodeUpdate take an event with null fields, and no limit", () => {
  const sync: DbUpdate = dbUpdate({ table: null, key: null, action: "sync" });
  const payload = encodeUpdate(sync, "json", { maxBytes: Infinity });
  assert.equal(decodeUpdate(payload, "D", { maxBytes: Infinity }).action, "sync");
});
