import assert from "node:assert/strict";
import { decodeUpdate } from "../../../../service/event/codec/decode.ts";
import { isKnownAction, type JsonValue } from "../../../../service/event/db_update.ts";
import { GOOD_DOCUMENT, GOOD_FIELDS, join, mapOf, oldString, wirePart } from "./support.ts";

function decoded(payload: Uint8Array): unknown {
  return wirePart(decodeUpdate(payload, "D"));
}

function valueIn(messagePack: string | Uint8Array): JsonValue {
  return decodeUpdate(mapOf({ ...GOOD_FIELDS, value: messagePack }), "D").value;
}

function jsonEvent(fields: Readonly<Record<string, unknown>>): Uint8Array {
  return oldString(JSON.stringify({ ...GOOD_DOCUMENT, ...fields }));
}

Deno.test("decodeUpdate reads the documented examples of both releases", () => {
  const head = join(
    "85 a5 7461626c65 a5 6c706f7274 a3 6b6579 a2 6b31 a6 616374696f6e a6 637265617465",
    "a5 76616c7565 c0 a5 746f706963 a1 44",
  );
  const text = '{"action": "create", "table": "lport", "topic": "D", "value": null, "key": "k1"}';
  const seed = join("da 00 50", new TextEncoder().encode(text));
  assert.deepEqual(decoded(head), GOOD_DOCUMENT);
  assert.deepEqual(decoded(seed), GOOD_DOCUMENT);
});

Deno.test("decodeUpdate reads every header that a string or a map may have", () => {
  const entries = mapOf(GOOD_FIELDS).subarray(1);
  for (const header of ["85", "de 0005", "df 00000005"]) {
    assert.deepEqual(decoded(join(header, entries)), GOOD_DOCUMENT);
  }
  const text = new TextEncoder().encode(
    JSON.stringify({ ...GOOD_DOCUMENT, value: "é".repeat(20) }),
  );
  const size = text.length.toString(16).padStart(2, "0");
  for (const header of [`d9 ${size}`, `da 00${size}`, `db 000000${size}`]) {
    assert.equal(decodeUpdate(join(header, text), "D").value, "é".repeat(20));
  }
  for (const header of ["a2", "d9 02", "da 0002", "db 00000002"]) {
    assert.deepEqual(decoded(mapOf({ ...GOOD_FIELDS, key: join(header, "6b31") })), GOOD_DOCUMENT);
  }
});

Deno.test("decodeUpdate skips unknown names, in either format and any order", () => {
  const extra = { hello: "92 01 81 a1 61 c3", ...GOOD_FIELDS, version: "07", tables: "c0" };
  assert.deepEqual(decoded(mapOf(extra)), GOOD_DOCUMENT);
  assert.deepEqual(decoded(jsonEvent({ hello: [1, { a: true }], tables: null })), GOOD_DOCUMENT);
  const reversed = Object.fromEntries(Object.entries(GOOD_FIELDS).reverse());
  assert.deepEqual(decoded(mapOf(reversed)), GOOD_DOCUMENT);
});

Deno.test("decodeUpdate uses the last occurrence of a name, whatever the earlier values are", () => {
  const entries = mapOf(GOOD_FIELDS).subarray(1);
  const twice = join("86", oldString("table"), "05", entries);
  assert.deepEqual(decoded(twice), GOOD_DOCUMENT);
  const rest = JSON.stringify(GOOD_DOCUMENT).slice(1);
  assert.deepEqual(decoded(oldString(`{"table": 5, ${rest}`)), GOOD_DOCUMENT);
});

Deno.test("decodeUpdate uses the frame's topic, when the event's topic is null or empty", () => {
  for (const topic of ["c0", "a0"]) {
    assert.equal(decodeUpdate(mapOf({ ...GOOD_FIELDS, topic }), "tenant-1").topic, "tenant-1");
  }
  assert.equal(decodeUpdate(jsonEvent({ topic: null }), "tenant-1").topic, "tenant-1");
  assert.equal(decodeUpdate(jsonEvent({ topic: "own" }), "tenant-1").topic, "own");
});

Deno.test("decodeUpdate accepts an event without table and key, when its action does not concern a row", () => {
  const fields = { ...GOOD_FIELDS, table: "c0", key: "c0", action: oldString("sync") };
  const wanted = { ...GOOD_DOCUMENT, table: null, key: null, action: "sync" };
  assert.deepEqual(decoded(mapOf(fields)), wanted);
  assert.deepEqual(decoded(oldString(JSON.stringify(wanted))), wanted);
});

Deno.test("decodeUpdate returns an unknown action unchanged", () => {
  const update = decodeUpdate(mapOf({ ...GOOD_FIELDS, action: oldString("upsert") }), "D");
  assert.equal(update.action, "upsert");
  assert.equal(isKnownAction(update.action), false);
});

Deno.test("decodeUpdate reads numbers with every header", () => {
  assert.equal(valueIn("7f"), 127);
  assert.equal(valueIn("e0"), -32);
  assert.equal(valueIn("cc ff"), 255);
  assert.equal(valueIn("cd ffff"), 65535);
  assert.equal(valueIn("ce ffffffff"), 4294967295);
  assert.equal(valueIn("cf 001fffffffffffff"), Number.MAX_SAFE_INTEGER);
  assert.equal(valueIn("cf 0020000000000000"), 2n ** 53n);
  assert.equal(valueIn("cf ffffffffffffffff"), 2n ** 64n - 1n);
  assert.equal(valueIn("d3 8000000000000000"), -(2n ** 63n));
  assert.equal(valueIn("d3 ffe0000000000000"), -(2n ** 53n));
  assert.equal(valueIn("d0 80"), -128);
  assert.equal(valueIn("d1 8000"), -32768);
  assert.equal(valueIn("d2 80000000"), -2147483648);
  assert.equal(valueIn("d3 ffe0000000000001"), Number.MIN_SAFE_INTEGER);
  assert.equal(valueIn("ca 3fc00000"), 1.5);
  assert.equal(valueIn("cb 7fefffffffffffff"), Number.MAX_VALUE);
  assert.ok(Object.is(valueIn("cb 8000000000000000"), -0));
});

Deno.test("decodeUpdate returns a bigint for a JSON integer beyond 2^53, and for no other value", () => {
  const value = '{"id": 9007199254740993, "least": -9223372036854775808, "__proto__": [7, 1.5]}';
  const text = JSON.stringify({ ...GOOD_DOCUMENT, value: 0 }).replace("0", value);
  const read = decodeUpdate(oldString(text), "D").value;
  assert.deepEqual(Object.entries(read ?? {}), [
    ["id", 9007199254740993n],
    ["least", -(2n ** 63n)],
    ["__proto__", [7, 1.5]],
  ]);
});

Deno.test("decodeUpdate keeps large JSON floats, which are not integers", () => {
  for (const literal of ["1e300", "-1.5E+300", "12345678901234567890.0"]) {
    const text = JSON.stringify({ ...GOOD_DOCUMENT, value: 0 }).replace("0", literal);
    assert.equal(decodeUpdate(oldString(text), "D").value, Number(literal));
  }
  const digits = "99999999999999999999";
  assert.equal(decodeUpdate(jsonEvent({ value: `"\\${digits}` }), "D").value, `"\\${digits}`);
});

/** Restores the `__proto__` accessor of objects, which Deno removes by default. */
function withProtoAccessor(test: () => void): void {
  const before = Object.getOwnPropertyDescriptor(Object.prototype, "__proto__");
  Object.defineProperty(Object.prototype, "__proto__", {
    configurable: true,
    set(this: object, value: object) {
      Object.setPrototypeOf(this, value);
    },
  });
  try {
    test();
  } finally {
    if (before === undefined) Reflect.deleteProperty(Object.prototype, "__proto__");
    else Object.defineProperty(Object.prototype, "__proto__", before);
  }
}

Deno.test("decodeUpdate treats __proto__ like any other name", () => {
  const inner = join("81", oldString("__proto__"), "81 a1 61 01");
  const json = '{"__proto__": {"a": 1}}';
  const text = JSON.stringify(GOOD_DOCUMENT).replace('"value":null', `"value":${json}`);
  withProtoAccessor(() => {
    for (const value of [valueIn(inner), decodeUpdate(oldString(text), "D").value]) {
      assert.equal(JSON.stringify(value), '{"__proto__":{"a":1}}');
      assert.equal(Object.getPrototypeOf(value), Object.prototype);
    }
    const around = join("86", oldString("__proto__"), inner, mapOf(GOOD_FIELDS).subarray(1));
    assert.deepEqual(decoded(around), GOOD_DOCUMENT);
  });
});

Deno.test("decodeUpdate keeps no reference to its payload, which may be a borrowed buffer", () => {
  const payload = mapOf({ ...GOOD_FIELDS, value: oldString("v".repeat(100)) });
  const update = decodeUpdate(payload, "D");
  payload.fill(0);
  assert.equal(update.value, "v".repeat(100));
  assert.equal(update.key, "k1");
});

Deno.test("decodeUpdate reads a payload in the middle of a buffer", () => {
  const value = "cb 3ff8000000000000";
  const buffer = join("ffff", mapOf({ ...GOOD_FIELDS, value }), "ffff");
  const update = decodeUpdate(buffer.subarray(2, buffer.length - 2), "D");
  assert.deepEqual(wirePart(update), { ...GOOD_DOCUMENT, value: 1.5 });
});

Deno.test("decodeUpdate sets the given time on the update", () => {
  const update = decodeUpdate(mapOf(GOOD_FIELDS), "D", { timestamp: 1234 });
  assert.equal(update.timestamp, 1234);
  assert.equal(update.priority, 5);
});
