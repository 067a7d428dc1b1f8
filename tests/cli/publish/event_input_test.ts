import assert from "node:assert/strict";
import {
  checkEventFlags,
  type EventFlags,
  readEvents,
  readValue,
} from "../../../cli/publish/event_input.ts";
import { UsageError } from "../../../cli/flags/failure.ts";
import { stringifyJson } from "../../../service/event/codec/exact_json.ts";
import { FakeIo, type FakeIoOptions } from "../../support/fakes/fake_io.ts";

const MAX_BYTES = 1024;

async function items(
  flags: EventFlags,
  options: FakeIoOptions = {},
): Promise<Record<string, unknown>[]> {
  const read = await Array.fromAsync(readEvents(flags, new FakeIo(options), MAX_BYTES));
  return read.flatMap((batch) => [...batch]).map((item) => {
    if ("problem" in item) return { line: item.line, problem: item.problem };
    const { table, key, action, value, topic } = item.update;
    return {
      ...(item.line === undefined ? {} : { line: item.line }),
      ...(item.warning === undefined ? {} : { warning: item.warning }),
      table,
      key,
      action,
      value,
      topic,
    };
  });
}

Deno.test("checkEventFlags refuses conflicting flags, by name", () => {
  const cases: readonly (readonly [EventFlags, RegExp])[] = [
    [{}, /--action is required without --stdin/],
    [{ stdin: true, action: "set" }, /--action cannot be used with it/],
    [{ stdin: true, valueFile: "f" }, /--value-file cannot be used with it/],
    [{ stdin: true, count: 2 }, /--count cannot be used with it/],
    [{ action: "set", value: "v", valueFile: "f" }, /cannot be used together/],
    [{ action: "create", key: "k" }, /--table is required for --action create/],
    [{ action: "delete", table: "t" }, /--key is required for --action delete/],
  ];
  for (const [flags, message] of cases) {
    assert.throws(() => checkEventFlags(flags), (error) => {
      assert(error instanceof UsageError);
      assert.match(error.message, message);
      return true;
    });
  }
  checkEventFlags({ action: "sync" });
  checkEventFlags({ stdin: true });
});

Deno.test("checkEventFlags refuses a name with U+FFFD, and takes it in a value", () => {
  for (const flag of ["table", "key", "action", "topic"]) {
    const flags = { table: "t", key: "k", action: "set", [flag]: "a\ufffd" };
    const message = new RegExp(`^--${flag} "a\ufffd": contains U\\+FFFD, .*: wanted UTF-8`);
    assert.throws(() => checkEventFlags(flags), { name: "UsageError", message });
  }
  checkEventFlags({ action: "log", value: "a\ufffd" });
});

Deno.test("readEvents makes --count events of the flags", async () => {
  const flags = { table: "t", key: "k", action: "set", value: "v", topic: "tenant", count: 2 };
  const event = { table: "t", key: "k", action: "set", value: "v", topic: "tenant" };
  assert.deepEqual(await items(flags), [event, event]);
  assert.deepEqual(await items({ action: "sync" }), [
    { table: null, key: null, action: "sync", value: null, topic: "D" },
  ]);
});

Deno.test("readValue reads the value from a flag, a file, or standard input for -", async () => {
  const value = (flags: EventFlags, options: FakeIoOptions = {}) =>
    readValue({ action: "set", ...flags }, new FakeIo(options), MAX_BYTES);
  assert.equal(await value({}), undefined);
  assert.equal(await value({ value: "v" }), "v");
  assert.equal(await value({ valueFile: "row" }, { files: { row: "über\n" } }), "über\n");
  assert.equal(await value({ valueFile: "-" }, { stdin: "row" }), "row");
  await assert.rejects(value({ valueFile: "none" }), UsageError);
  const endless = { read: (into: Uint8Array) => Promise.resolve(into.fill(120).length) };
  await assert.rejects(
    value({ valueFile: "-" }, { stdin: endless }),
    /Cannot read --value-file "-": longer than 1024 bytes/,
  );
});

Deno.test("readEvents makes an event of each line, and reports lines that are not events", async () => {
  const stdin = [
    '{"table":"t","key":"k","action":"set","value":{"x":[1,null]},"topic":"tenant"}',
    "",
    "bad",
    "[]",
    '{"action":7}',
    '{"table":"t"}',
    '{"action":"sync"}\r',
    `{"action":"log","value":"${"x".repeat(8 * MAX_BYTES)}"}`,
    '{"action":"log"}',
  ].join("\n");
  const [first, bad, array, mistyped, missing, sync, long, last] = await items({ stdin: true }, {
    stdin,
  });
  const empty = { table: null, key: null, value: null, topic: "D" };
  const value = { x: [1, null] };
  assert.deepEqual(first, { line: 1, table: "t", key: "k", action: "set", value, topic: "tenant" });
  assert.equal(bad?.["line"], 3);
  assert.match(String(bad?.["problem"]), /not valid JSON/);
  assert.deepEqual(array, {
    line: 4,
    problem: 'wanted an object {"table", "key", "action", "value", "topic"}',
  });
  assert.deepEqual(mistyped, { line: 5, problem: '"action": a number, wanted a string' });
  assert.deepEqual(missing, { line: 6, problem: '"action": missing, wanted a string' });
  assert.deepEqual(sync, { line: 7, ...empty, action: "sync" });
  assert.deepEqual(long, { line: 8, problem: "longer than 8192 bytes" });
  assert.deepEqual(last, { line: 9, ...empty, action: "log" });
});

/** The JSON value of an event after reading, as JSON, or the reported problem. */
async function valueAfter(json: string): Promise<string> {
  const stdin = `{"table":"t","key":"k","action":"set","value":${json}}`;
  const [item] = await items({ stdin: true }, { stdin });
  return String(item?.["problem"] ?? stringifyJson(item?.["value"]));
}

Deno.test("readEvents preserves every number of a line that it accepts", async () => {
  const kept = [
    "1152921504606846977",
    "-9223372036854775808",
    "18446744073709551615",
    '{"id":9007199254740993,"__proto__":{"deep":[9007199254740993]},"float":0.1}',
    '"9007199254740993 in a text, 0.1000000000000000055"',
    "123456789.12345678",
    "1e+300",
    "-0.0",
  ];
  for (const json of kept) assert.equal(await valueAfter(json), json);
  assert.equal(await valueAfter("1E5"), "100000");
  assert.equal(await valueAfter("0.10000000000000000"), "0.1");
  assert.equal(await valueAfter(`0.${"0".repeat(299)}1`), "1e-300");
});

Deno.test("readEvents refuses a line with a number that would change, and reports the number", async () => {
  const changed = ["18446744073709551616", "-9223372036854775809", "0.1000000000000000055"];
  changed.push("9007199254740993.0", "1e-400", "123456789.123456789123", "9".repeat(300));
  for (const number of changed) {
    const problem = await valueAfter(`[${number}]`);
    assert.match(problem, /^Payload "number": .*, wanted /);
    assert(problem.includes(number.slice(0, 20)), problem);
  }
});

Deno.test("readEvents refuses a line of 100,000 nested arrays, even with a long number", async () => {
  const nested = "[".repeat(100_000) + "]".repeat(100_000);
  const flags = { stdin: true } as const;
  const io = new FakeIo({
    stdin:
      `{"action":"log","key":${nested}}\n{"action":"log","value":[9007199254740993,${nested}]}`,
  });
  const read = await Array.fromAsync(readEvents(flags, io, 1024 * 1024));
  assert.deepEqual(read.flatMap((batch) => [...batch]), [
    { line: 1, problem: '"key": an array or an object, wanted a string or null' },
    { line: 2, problem: 'Payload "nesting": more than 32 levels, wanted at most 32' },
  ]);
});

Deno.test("readEvents refuses a misspelt name, and warns about an unknown name once", async () => {
  const stdin = [
    '{"tabel":"t","key":"k","action":"set"}',
    '{"action":"sync","Topic":"tenant"}',
    '{"action":"sync","extra":1}',
    '{"action":"sync","extra":2,"topic":"D","topics":3}',
    '{"action":"sync","receivedAt":"","publisher":"","epoch":1,"seq":1,"sentAt":"","position":""}',
    '{"action":"sync","positions":[]}',
  ].join("\n");
  const read = await items({ stdin: true }, { stdin });
  assert.deepEqual(read.map(({ problem, warning }) => problem ?? warning), [
    'unknown name "tabel"; did you mean "table"?',
    'unknown name "Topic"; did you mean "topic"?',
    'unknown name "extra" is ignored, here and in later lines',
    'unknown name "topics" is ignored, here and in later lines; did you mean "topic"?',
    undefined,
    undefined,
  ]);
});

Deno.test("readEvents skips the lines of a snapshot with one count, and keeps an event with such an action", async () => {
  const io = new FakeIo({
    stdin: [
      '{"topic":"D","table":"t","key":"k","action":"initial","value":"v","receivedAt":""}',
      '{"action":"synced","positions":[],"receivedAt":""}',
      '{"table":"t","key":"k","action":"synced","value":"v","unknownAction":true}',
    ].join("\n"),
  });
  const read = (await Array.fromAsync(readEvents({ stdin: true }, io, MAX_BYTES), (batch) => [
    ...batch,
  ])).flat();
  assert.deepEqual(read.map((item) => [item.line, "update" in item && item.warning]), [
    [3, undefined],
  ]);
  assert.match(io.err.text, /^Standard input: skipped 2 lines of a snapshot/);
});

Deno.test("readEvents refuses a row action without its row, a number as a name, and a bare NUL", async () => {
  const stdin = [
    '{"table":"t","action":"create"}',
    '{"key":"k","action":"update"}',
    '{"table":7,"key":"k","action":"set"}',
    '{"table":"t","key":9007199254740993,"action":"set"}',
    '{"table":"t","key":"a\0","action":"set"}',
    '{"table":"t","key":"","action":"set"}',
    '{"table":"","key":"k","action":"delete"}',
  ].join("\n");
  const read = await items({ stdin: true }, { stdin });
  assert.deepEqual(read.map(({ line, problem }) => `${line}: ${problem}`), [
    '1: "key" is required for action "create"',
    '2: "table" is required for action "update"',
    '3: "table": a number, wanted a string or null',
    '4: "key": a number, wanted a string or null',
    "5: Bad control character in string literal in JSON at position 21 (line 1 column 22)",
    '6: "key" is required for action "set"',
    '7: "table" is required for action "delete"',
  ]);
});
