import assert from "node:assert/strict";
import { chunksOf, type Line, readLines } from "../../../cli/sending/lines.ts";
import { fakeInput } from "../../support/fakes/fake_io.ts";

const encoder = new TextEncoder();

async function* chunks(...texts: readonly (string | Uint8Array)[]): AsyncIterable<Uint8Array> {
  for (const text of texts) yield typeof text === "string" ? encoder.encode(text) : text;
}

async function lines(
  maxBytes: number,
  ...texts: readonly (string | Uint8Array)[]
): Promise<Line[]> {
  return (await Array.fromAsync(readLines(chunks(...texts), maxBytes))).flat();
}

Deno.test("readLines numbers lines from 1, however the chunks are split, and marks an incomplete last line", async () => {
  assert.deepEqual(await lines(100, "one\nt", "w", "o\n\nfo", "ur"), [
    { number: 1, text: "one" },
    { number: 2, text: "two" },
    { number: 3, text: "" },
    { number: 4, text: "four", isIncomplete: true },
  ]);
});

Deno.test("readLines yields together the lines that a chunk completes", async () => {
  const read = await Array.fromAsync(readLines(chunks("one\ntwo\nth", "r", "ee\n"), 100));
  assert.deepEqual(read.map((batch) => batch.map(({ number }) => number)), [[1, 2], [3]]);
});

Deno.test("readLines joins a character that is split over two chunks", async () => {
  const bytes = encoder.encode("grün\n");
  assert.deepEqual(await lines(100, bytes.slice(0, 3), bytes.slice(3)), [
    { number: 1, text: "grün" },
  ]);
});

Deno.test("readLines skips a line that is too long, and continues with the next", async () => {
  assert.deepEqual(await lines(4, "1234\n12", "345\nok\n"), [
    { number: 1, text: "1234" },
    { number: 2, problem: "longer than 4 bytes" },
    { number: 3, text: "ok" },
  ]);
});

Deno.test("readLines reports a line that is not UTF-8, and continues with the next", async () => {
  assert.deepEqual(await lines(100, new Uint8Array([0x61, 0xff, 0x0a]), "ok"), [
    { number: 1, problem: "not UTF-8" },
    { number: 2, text: "ok", isIncomplete: true },
  ]);
});

Deno.test("readLines removes the byte order mark at the beginning of a line", async () => {
  assert.deepEqual(await lines(100, "\ufeffone\n\ufefftwo\nth\ufeffree\n", "\ufefffour"), [
    { number: 1, text: "one" },
    { number: 2, text: "two" },
    { number: 3, text: "th\ufeffree" },
    { number: 4, text: "four", isIncomplete: true },
  ]);
});

Deno.test("chunksOf ends when aborted, while no input arrives", async () => {
  const abort = new AbortController();
  const iterator = chunksOf(fakeInput("a", null), abort.signal)[Symbol.asyncIterator]();
  assert.equal((await iterator.next()).done, false);
  const pending = iterator.next();
  abort.abort();
  assert.equal((await pending).done, true);
});

Deno.test("readLines keeps its part of a chunk, when the next chunk reuses the memory", async () => {
  const input = fakeInput("one\ntw", "o\nthr", "ee\n\ufefffo", "ur");
  const read = readLines(chunksOf(input, new AbortController().signal), 100);
  const texts = (await Array.fromAsync(read)).flat().map((line) => "text" in line && line.text);
  assert.deepEqual(texts, ["one", "two", "three", "four"]);
});

Deno.test("readLines distinguishes U+FFFD, which is valid, from invalid UTF-8", async () => {
  assert.deepEqual(await lines(100, "a\ufffd\nb\n"), [
    { number: 1, text: "a\ufffd" },
    { number: 2, text: "b" },
  ]);
});
