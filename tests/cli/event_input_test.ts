import assert from "node:assert/strict";
import { checkEventFlags, type EventFlags, readEvents } from "../../cli/event_input.ts";
import { UsageError } from "../../cli/failure.ts";
import { FakeIo, type FakeIoOptions } from "../support/fake_io.ts";

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
      table,
      key,
      action,
      value,
      topic,
    };
  });
}

Deno.test("checkEventFlags refuses flags that do not go together, by name", () => {
  const cases: readonly (readonly [EventFlags, RegExp])[] = [
    [{}, /--action is missing/],
    [{ stdin: true, action: "set" }, /--action does not go with it/],
    [{ stdin: true, valueFile: "f" }, /--value-file does not go with it/],
    [{ stdin: true, count: 2 }, /--count does not go with it/],
    [{ action: "set", value: "v", valueFile: "f" }, /wanted one of them/],
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

Deno.test("readEvents makes one event of the flags, --count times", async () => {
  const flags = { table: "t", key: "k", action: "set", value: "v", topic: "tenant", count: 2 };
  const event = { table: "t", key: "k", action: "set", value: "v", topic: "tenant" };
  assert.deepEqual(await items(flags), [event, event]);
  assert.deepEqual(await items({ action: "sync" }), [
    { table: null, key: null, action: "sync", value: null, topic: "D" },
  ]);
});

Deno.test("readEvents takes the value from a file, or from standard input for -", async () => {
  const fromFile = await items({ action: "set", valueFile: "row" }, { files: { row: "über\n" } });
  assert.equal(fromFile[0]?.["value"], "über\n");
  const fromStdin = await items({ action: "set", valueFile: "-" }, { stdin: "row" });
  assert.equal(fromStdin[0]?.["value"], "row");
  await assert.rejects(items({ action: "set", valueFile: "none" }), UsageError);
  const endless = { read: (into: Uint8Array) => Promise.resolve(into.fill(120).length) };
  await assert.rejects(
    items({ action: "set", valueFile: "-" }, { stdin: endless }),
    /Cannot read --value-file "-": longer than 1024 octets/,
  );
});

Deno.test("readEvents makes an event of each line and names the lines that are none", async () => {
  const stdin = [
    '{"table":"t","key":"k","action":"set","value":{"x":[1,null]},"topic":"tenant","extra":1}',
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
  assert.deepEqual(mistyped, { line: 5, problem: '"action": 7, wanted a string or null' });
  assert.deepEqual(missing, { line: 6, problem: '"action": missing, wanted a string' });
  assert.deepEqual(sync, { line: 7, ...empty, action: "sync" });
  assert.deepEqual(long, { line: 8, problem: "longer than 8192 octets" });
  assert.deepEqual(last, { line: 9, ...empty, action: "log" });
});
