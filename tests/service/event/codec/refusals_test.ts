import assert from "node:assert/strict";
import type { WireErrorCode } from "../../../../service/event/codec/wire_error.ts";
import { GOOD_DOCUMENT, GOOD_FIELDS, hex, join, mapOf, oldString, verdict } from "./support.ts";

const GOOD_MAP = mapOf(GOOD_FIELDS);
const GOOD_JSON = oldString(JSON.stringify(GOOD_DOCUMENT));
const INF64 = "cb 7ff0000000000000";
const NAN64 = "cb fff8000000000000";

/** A valid event of the `map` format, except for these fields. */
function map(fields: Readonly<Record<string, string | Uint8Array>>): Uint8Array {
  return mapOf({ ...GOOD_FIELDS, ...fields });
}

function json(fields: Readonly<Record<string, unknown>>): Uint8Array {
  return oldString(JSON.stringify({ ...GOOD_DOCUMENT, ...fields }));
}

/** A valid event of the `json` format whose value is this text. */
function jsonValue(text: string): Uint8Array {
  return oldString(JSON.stringify(GOOD_DOCUMENT).replace("null", text));
}

function without(name: string): Record<string, unknown> {
  return Object.fromEntries(Object.entries(GOOD_DOCUMENT).filter(([other]) => other !== name));
}

function refuses(code: WireErrorCode, cases: Readonly<Record<string, Uint8Array>>): void {
  for (const [name, payload] of Object.entries(cases)) {
    Deno.test(`decoder and checker refuse with ${code}, when there is ${name}`, () => {
      assert.equal(verdict(payload), code);
    });
  }
}

Deno.test("the payloads that the refusal tests modify are valid", () => {
  assert.equal(verdict(GOOD_MAP), null);
  assert.equal(verdict(GOOD_JSON), null);
  assert.equal(verdict(jsonValue("1")), null);
});

refuses("NOT_AN_EVENT", {
  "an array": hex("95 01"),
  "nil": hex("c0"),
  "bin": join("c4 02", "7b7d"),
  "ext": hex("d4 01 00"),
  "an integer": hex("05"),
  "a negative integer": hex("ff"),
  "a reserved byte": hex("c1"),
  "JSON that is an array": oldString("[1, 2]"),
  "JSON that is null": oldString("null"),
});

refuses("TRUNCATED", {
  "nothing": hex(""),
  "the header of a map alone": hex("85"),
  "half a size of a map": hex("de 00"),
  "a map of more than four thousand million": hex("df ffffffff a1 61 01"),
  "an array of as many": map({ value: "dd ffffffff" }).subarray(0, -8),
  "a string of as many": hex("db ffffffff 7b7d"),
  "a value cut off": map({}).subarray(0, -2),
  "a number cut off": join(mapOf({ value: "cb 3ff80000" })),
  "JSON cut off": GOOD_JSON.subarray(0, -1),
});

refuses("TRAILING_BYTES", {
  "a byte behind the map": join(GOOD_MAP, "c0"),
  "a second map": join(GOOD_MAP, GOOD_MAP),
  "a byte behind the JSON": join(GOOD_JSON, "7d"),
});

refuses("INVALID_UTF8", {
  "an overlong slash in a field": map({ key: "a2 c0af" }),
  "a surrogate in a value": map({ value: "a3 eda080" }),
  "half a character in a name": join("86 a1 c3 01", GOOD_MAP.subarray(1)),
  "beyond U+10FFFF in a skipped value": map({ extra: "91 a4 f4908080" }),
  "Latin-1 in the JSON": join("a7 7b 22 61 e9 22 3a 7d"),
  "half a surrogate pair in JSON": jsonValue(String.raw`"\ud83d"`),
  "half a surrogate pair in a name in JSON": jsonValue(String.raw`{"\ude00": 1}`),
});

refuses("JSON_INVALID", {
  "no text": hex("a0"),
  "text that is not JSON": oldString("hello"),
  "two documents": oldString("{} {}"),
  "Python's NaN": jsonValue("NaN"),
  "a byte order mark": oldString("\ufeff{}"),
  "a name without quotes": oldString("{table: 1}"),
});

for (const name of Object.keys(GOOD_DOCUMENT)) {
  const fields = Object.entries(GOOD_FIELDS).filter(([other]) => other !== name);
  refuses("FIELD_MISSING", {
    [`no ${name} in a map`]: mapOf(Object.fromEntries(fields)),
    [`no ${name} in JSON`]: oldString(JSON.stringify(without(name))),
  });
}

refuses("FIELD_MISSING", {
  "an empty map": hex("80"),
  "an empty JSON object": oldString("{}"),
  "a field only in __proto__": oldString(
    `{"__proto__": {"table": "t"}, ${JSON.stringify(without("table")).slice(1)}`,
  ),
});

for (const name of ["table", "key", "action", "topic"]) {
  refuses("FIELD_MISTYPED", {
    [`an integer as ${name} in a map`]: map({ [name]: "05" }),
    [`bin as ${name}`]: map({ [name]: "c4 01 61" }),
    [`a map as ${name}`]: map({ [name]: "80" }),
    [`an integer as ${name} in JSON`]: json({ [name]: 5 }),
    [`an array as ${name} in JSON`]: json({ [name]: ["x"] }),
  });
}

for (const name of ["table", "key", "action"]) {
  refuses("FIELD_MISTYPED", {
    [`null as ${name} of a create`]: map({ [name]: "c0" }),
    [`null as ${name} of a delete in JSON`]: json({ action: "delete", [name]: null }),
  });
}

refuses("FIELD_MISTYPED", {
  "an empty action": map({ action: "a0" }),
  "an empty action in JSON": json({ action: "" }),
  "bin as a value": map({ value: "c4 00" }),
  "bin within a value": map({ value: "91 c5 0000" }),
  "ext as a value": map({ value: "d4 00 00" }),
  "a timestamp as a value": map({ value: "d6 ff 00000000" }),
  "ext of another size": map({ value: "c7 00 01" }),
  "a reserved byte as a value": map({ value: "c1" }),
  "bin as a skipped value": map({ extra: "c4 00" }),
  "bin as a name": join("86 c4 01 61 c0", GOOD_MAP.subarray(1)),
  "an integer as a name": join("86 01 c0", GOOD_MAP.subarray(1)),
  "an integer as a name within a value": map({ value: "81 01 01" }),
  "infinity": map({ value: INF64 }),
  "NaN": map({ value: NAN64 }),
  "infinity of 32 bits": map({ value: "ca ff800000" }),
  "NaN of 32 bits": map({ value: "ca 7fc00000" }),
  "a float of JSON that overflows": jsonValue("1e999"),
});

refuses("NUMBER_OUT_OF_RANGE", {
  "an integer of JSON beyond 64 bits": jsonValue("[1, 18446744073709551616]"),
  "a negative one": jsonValue('{"a\\"": -9223372036854775809}'),
  "an integer of hundreds of digits": jsonValue("9".repeat(300)),
});

/** Arrays nested `levels` deep, as MessagePack and as JSON. The event itself adds one level. */
const nested = (arrays: number) => join("91 ".repeat(arrays - 1), "90");
const nestedMaps = (maps: number) => join("81 a1 61 ".repeat(maps - 1), "80");
const nestedJson = (arrays: number) => "[".repeat(arrays) + "]".repeat(arrays);

refuses("TOO_DEEP", {
  "a 33rd level in a map": map({ value: nested(32) }),
  "a 33rd level in maps of a map": map({ value: nestedMaps(32) }),
  "a 33rd level in JSON": jsonValue(nestedJson(32)),
  "a 33rd level in a skipped value": map({ extra: nested(32) }),
  "levels beyond any stack": map({ value: nested(60_000) }),
  "levels beyond any stack in JSON": jsonValue(nestedJson(30_000)),
  "levels beyond any stack in JSON with a long number": jsonValue(
    `[9007199254740993, ${nestedJson(30_000)}]`,
  ),
});

Deno.test("32 levels are accepted, in either format", () => {
  assert.equal(verdict(map({ value: nested(31) })), null);
  assert.equal(verdict(map({ value: nestedMaps(31) })), null);
  assert.equal(verdict(jsonValue(nestedJson(31))), null);
});

refuses("TOPIC_INVALID", {
  "a topic of 256 bytes": map({ topic: oldString("é".repeat(128)) }),
  "a topic of 256 bytes in JSON": json({ topic: "é".repeat(128) }),
});

Deno.test("a topic of 255 bytes is accepted, in either format", () => {
  const topic = `x${"é".repeat(127)}`;
  assert.equal(verdict(map({ topic: oldString(topic) })), null);
  assert.equal(verdict(json({ topic })), null);
});

Deno.test("decoder and checker refuse with TOO_LARGE, when a payload has one byte too many", () => {
  for (const payload of [GOOD_MAP, GOOD_JSON]) {
    assert.equal(verdict(payload, payload.length), null);
    assert.equal(verdict(payload, payload.length - 1), "TOO_LARGE");
  }
});

Deno.test("the limit is 1 MiB, when none is given", () => {
  const room = 1024 * 1024 - mapOf({ ...GOOD_FIELDS, value: "db 00000000" }).length;
  const size = room.toString(16).padStart(8, "0");
  const largest = map({ value: join(`db ${size}`, new Uint8Array(room).fill(0x61)) });
  assert.equal(largest.length, 1024 * 1024);
  assert.equal(verdict(largest), null);
  assert.equal(verdict(join(largest, "c0")), "TOO_LARGE");
});
