import assert from "node:assert/strict";
import { decodeUpdate } from "../../../../service/event/codec/decode.ts";
import { encodeUpdate } from "../../../../service/event/codec/encode.ts";
import { WIRE_FORMATS } from "../../../../service/event/codec/wire_fields.ts";
import {
  dbUpdate,
  type DbUpdateInit,
  type JsonValue,
} from "../../../../service/event/db_update.ts";
import { codeOf, GOOD_DOCUMENT, hex, join, wirePart } from "./support.ts";

function encoded(fields: Partial<DbUpdateInit>, format: "map" | "json" = "map"): Uint8Array {
  return encodeUpdate(dbUpdate({ ...GOOD_DOCUMENT, ...fields }), format);
}

function jsonOf(fields: Partial<DbUpdateInit>): string {
  return String(decodeHeaderless(encoded(fields, "json")));
}

function decodeHeaderless(payload: Uint8Array): string {
  const skipped = payload[0] === 0xdb ? 5 : payload[0] === 0xda ? 3 : 1;
  return new TextDecoder().decode(payload.subarray(skipped));
}

/** The bytes of a value in the `map` format, between the name of the value and that of the topic. */
function valueBytes(value: JsonValue): Uint8Array {
  const whole = encoded({ value });
  const empty = encoded({ value: null }).length - 1;
  const behind = "a5topic".length + "a1".length - 1;
  return whole.subarray(empty - behind, whole.length - behind);
}

Deno.test("encodeUpdate writes the documented examples of both releases", () => {
  const head = join(
    "85 a5 7461626c65 a5 6c706f7274 a3 6b6579 a2 6b31 a6 616374696f6e a6 637265617465",
    "a5 76616c7565 c0 a5 746f706963 a1 44",
  );
  const text = '{"action": "create", "table": "lport", "topic": "D", "value": null, "key": "k1"}';
  assert.deepEqual(encoded({}), head);
  assert.deepEqual(encoded({}, "json"), join("da 00 50", new TextEncoder().encode(text)));
});

Deno.test("encodeUpdate writes string headers of the old specification, at every size limit", () => {
  const heads: [number, string][] = [[0, "a0"], [31, "bf"], [32, "da 0020"], [255, "da 00ff"]];
  heads.push([256, "da 0100"], [65535, "da ffff"], [65536, "db 00010000"]);
  for (const [size, head] of heads) {
    const wanted = join(head, new Uint8Array(size).fill(0x78));
    assert.deepEqual(valueBytes("x".repeat(size)), wanted, `${size} bytes`);
  }
});

Deno.test("encodeUpdate counts bytes and not characters, when it writes a string header", () => {
  assert.deepEqual(valueBytes("é".repeat(16)), join("da 0020", "c3a9".repeat(16)));
  assert.deepEqual(valueBytes("😀"), hex("a4 f09f9880"));
});

Deno.test("encodeUpdate writes integers in the fewest possible bytes", () => {
  const numbers: [number | bigint, string][] = [
    [0, "00"],
    [127, "7f"],
    [128, "cc 80"],
    [256, "cd 0100"],
    [65536, "ce 00010000"],
    [4294967296, "cf 0000000100000000"],
    [Number.MAX_SAFE_INTEGER, "cf 001fffffffffffff"],
    [-1, "ff"],
    [-32, "e0"],
    [-33, "d0 df"],
    [-128, "d0 80"],
    [-129, "d1 ff7f"],
    [-32769, "d2 ffff7fff"],
    [-2147483649, "d3 ffffffff7fffffff"],
    [1.5, "cb 3ff8000000000000"],
    [-0, "cb 8000000000000000"],
    [2 ** 53, "cb 4340000000000000"],
    [7n, "07"],
    [2n ** 53n, "cf 0020000000000000"],
    [2n ** 64n - 1n, "cf ffffffffffffffff"],
    [-(2n ** 53n), "d3 ffe0000000000000"],
    [-(2n ** 63n), "d3 8000000000000000"],
  ];
  for (const [number, bytes] of numbers) {
    assert.deepEqual(valueBytes(number), hex(bytes), String(number));
  }
});

Deno.test("encodeUpdate nests values of any kind, in either format", () => {
  const value = { list: [1, "zwei", null, { deep: true }], empty: {}, none: [] };
  const wanted = '{"list": [1, "zwei", null, {"deep": true}], "empty": {}, "none": []}';
  assert.ok(jsonOf({ value }).includes(`"value": ${wanted}, "key"`));
  for (const format of WIRE_FORMATS) {
    assert.deepEqual(decodeUpdate(encoded({ value }, format), "D").value, value);
  }
});

Deno.test("encodeUpdate escapes JSON as Python does: everything but printable ASCII, in lower case", () => {
  const text = 'é端😀\u007f\u0000\n/"\\~';
  const wanted = String.raw`"\u00e9\u7aef\ud83d\ude00\u007f\u0000\n/\"\\~"`;
  assert.ok(jsonOf({ value: text }).includes(`"value": ${wanted},`));
});

Deno.test("encodeUpdate writes whole numbers beyond 2^53 as floats", () => {
  for (const value of [2 ** 53, -(2 ** 60), 1e21, 1e300, -0]) {
    assert.match(jsonOf({ value }), /"value": [^,]*[.e]/);
    for (const format of WIRE_FORMATS) {
      const back = decodeUpdate(encoded({ value }, format), "D").value;
      assert.ok(Object.is(back, value), `${format} ${value}`);
    }
  }
});

Deno.test("encodeUpdate keeps bigints exactly, in either format", () => {
  for (const value of [2n ** 53n, 1152921504606846977n, 2n ** 64n - 1n, -(2n ** 63n)]) {
    assert.ok(jsonOf({ value }).includes(`"value": ${value},`));
    for (const format of WIRE_FORMATS) {
      assert.deepEqual(decodeUpdate(encoded({ value: [value] }, format), "D").value, [value]);
    }
  }
});

Deno.test("encodeUpdate refuses bigints of more than 64 bits, in either format", () => {
  for (const value of [2n ** 64n, -(2n ** 63n) - 1n]) {
    for (const format of WIRE_FORMATS) {
      assert.throws(() => encoded({ value }, format), { code: "NUMBER_OUT_OF_RANGE" });
    }
  }
});

Deno.test("encodeUpdate keeps __proto__ as a name, in either format", () => {
  const value: JsonValue = JSON.parse('{"__proto__": {"a": 1}, "b": 2}');
  for (const format of WIRE_FORMATS) {
    assert.deepEqual(decodeUpdate(encoded({ value }, format), "D").value, value);
  }
});

Deno.test("encodeUpdate omits priority and timestamp", () => {
  const update = dbUpdate({ ...GOOD_DOCUMENT, priority: 1, timestamp: 77 });
  for (const format of WIRE_FORMATS) {
    const back = decodeUpdate(encodeUpdate(update, format), "D", { timestamp: 5 });
    assert.deepEqual(back, { ...wirePart(update), priority: 5, timestamp: 5 });
  }
});

Deno.test("encodeUpdate returns bytes that a later call does not change", () => {
  const first = encoded({ key: "first" });
  const copy = first.slice();
  encoded({ key: "second", value: "x".repeat(400_000) });
  encoded({ key: "third" });
  assert.deepEqual(first, copy);
});

const cycle: { self?: unknown } = {};
cycle.self = cycle;

/** Updates that a receiver would refuse: the field, its value and the code. */
const UNSENDABLE: [string, unknown, string][] = [
  ["action", "", "FIELD_MISTYPED"],
  ["table", null, "FIELD_MISTYPED"],
  ["key", null, "FIELD_MISTYPED"],
  ["key", "k\ud800", "INVALID_UTF8"],
  ["topic", "t\udc00", "INVALID_UTF8"],
  ["topic", "", "TOPIC_INVALID"],
  ["topic", "é".repeat(128), "TOPIC_INVALID"],
  ["value", "\udc00\ud800", "INVALID_UTF8"],
  ["value", { "\ud800": 1 }, "INVALID_UTF8"],
  ["value", NaN, "FIELD_MISTYPED"],
  ["value", [Infinity], "FIELD_MISTYPED"],
  ["value", { a: undefined }, "FIELD_MISTYPED"],
  ["value", new Array(2), "FIELD_MISTYPED"],
  ["value", new Date(0), "FIELD_MISTYPED"],
  ["value", new Map([["a", 1]]), "FIELD_MISTYPED"],
  ["value", cycle, "TOO_DEEP"],
  ["value", "x".repeat(1024 * 1024), "TOO_LARGE"],
];

for (const [field, is, code] of UNSENDABLE) {
  Deno.test(`encodeUpdate refuses an update that receivers would refuse, ${code} for the ${field}`, () => {
    const update = Object.assign(dbUpdate(GOOD_DOCUMENT), { [field]: is });
    for (const format of WIRE_FORMATS) {
      assert.equal(codeOf(() => encodeUpdate(update, format)), code);
    }
  });
}

Deno.test("encodeUpdate applies the given size limit exactly to the byte", () => {
  for (const format of WIRE_FORMATS) {
    const update = dbUpdate({ ...GOOD_DOCUMENT, value: "x".repeat(5000) });
    const size = encodeUpdate(update, format).length;
    assert.equal(encodeUpdate(update, format, { maxBytes: size }).length, size);
    const call = () => encodeUpdate(update, format, { maxBytes: size - 1 });
    assert.equal(codeOf(call), "TOO_LARGE");
  }
});
