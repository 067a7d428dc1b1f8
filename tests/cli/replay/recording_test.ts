import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { readRecording, type RecordingChoice } from "../../../cli/replay/recording.ts";
import { tempDir } from "../../support/temp_dir.ts";

const EVENT = '{"table":"lport","key":"a","action":"set","value":"1"}';
const LATER = '{"action":"sync","sentAt":"2026-11-29T10:00:00.000000Z"}';

/** Reads a recording. Returns the line numbers of its events and bad lines, and the reports. */
async function read(
  content: string | Uint8Array,
  { name = "events.jsonl", ...choice }: Partial<RecordingChoice> & { readonly name?: string } = {},
) {
  await using directory = await tempDir();
  const path = `${directory.path}/${name}`;
  if (typeof content === "string") await Deno.writeTextFile(path, content);
  else await Deno.writeFile(path, content);
  const notes: string[] = [];
  const recording = readRecording(path, {
    filter: undefined,
    maxEventBytes: 1_000,
    signal: new AbortController().signal,
    onIncomplete: ({ line }) => notes.push(`incomplete ${line}`),
    onSkipped: (lines) => notes.push(`skipped ${lines}`),
    onNone: (isEmpty) => notes.push(isEmpty ? "empty" : "none wanted"),
    ...choice,
  });
  const found = (await Array.fromAsync(recording)).flat();
  const lines = found.map((item) => `${"update" in item ? "event" : "bad"} ${item.line}`);
  return [...lines, ...notes];
}

Deno.test("readRecording reports a last line that is cut off, and returns a complete line that is not an event as bad", async () => {
  assert.deepEqual(await read(`${EVENT}\n${LATER}\n`), ["event 1", "event 2"]);
  assert.deepEqual(await read(`${EVENT}\n${EVENT}`), ["event 1", "event 2"]);
  assert.deepEqual(await read(`${EVENT}\n{"table":"lp`), ["event 1", "incomplete 2"]);
  assert.deepEqual(await read(`${EVENT}\n{"a":1}\n`), ["event 1", "bad 2"]);
  assert.deepEqual(await read("hello\n"), ["bad 1"]);
  assert.deepEqual(await read(gzipSync("[1]\n"), { name: "events.jsonl.gz" }), ["bad 1"]);
  const cut = new Uint8Array([...new TextEncoder().encode(`${EVENT}\n{"key":"`), 0xc3]);
  assert.deepEqual(await read(cut), ["event 1", "incomplete 2"]);
});

Deno.test("readRecording reports a file without events, and one without wanted events", async () => {
  assert.deepEqual(await read(""), ["empty"]);
  assert.deepEqual(await read("", { name: "events.jsonl.gz" }), ["empty"]);
  assert.deepEqual(await read(`${EVENT}\n`, { filter: () => false }), ["none wanted"]);
  assert.deepEqual(await read(`${LATER}\n`, { fromLine: 9 }), ["none wanted"]);
});

Deno.test("readRecording skips the lines of a snapshot with one count", async () => {
  const row = '{"table":"lport","key":"a","action":"initial","value":"1"}';
  const mark = '{"action":"synced","positions":[]}';
  const foreign = '{"action":"synced","unknownAction":true}';
  const lines = [row, row, mark, EVENT, foreign, ""].join("\n");
  assert.deepEqual(await read(lines), ["event 4", "event 5", "skipped 3"]);
});

Deno.test("readRecording refuses a file whose name does not match its compression", async () => {
  await assert.rejects(() => read(gzipSync(`${EVENT}\n`)), {
    name: "UsageError",
    message: /events\.jsonl": compressed with gzip, wanted a name that ends with \.gz$/,
  });
  await assert.rejects(() => read(`${EVENT}\n`, { name: "events.jsonl.gz" }), {
    name: "UsageError",
    message:
      /events\.jsonl\.gz": damaged, or not compressed with gzip although its name ends with \.gz$/,
  });
});

Deno.test("readRecording names publish --stdin, when the file is standard input", async () => {
  const choice = { filter: undefined, maxEventBytes: 1_000, signal: new AbortController().signal };
  const recording = readRecording("-", {
    ...choice,
    onIncomplete: () => {},
    onSkipped: () => {},
    onNone: () => {},
  });
  await assert.rejects(Array.fromAsync(recording), {
    name: "UsageError",
    message: '"-": wanted a file; publish --stdin reads standard input',
  });
});
