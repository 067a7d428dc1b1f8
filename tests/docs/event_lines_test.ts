import assert from "node:assert/strict";
import { noticeJson } from "../../cli/subscribe/gap_notices.ts";
import { parseEventLine } from "../../cli/sending/event_line_input.ts";
import { decodeUpdate } from "../../service/event/codec/decode.ts";
import { encodeUpdate } from "../../service/event/codec/encode.ts";
import type { WireFormat } from "../../service/event/codec/wire_fields.ts";
import type { GapNotice } from "../../service/protocol/notices.ts";
import { blocksOf, readPages } from "./pages.ts";

const pages = await readPages();
const blocks = pages.flatMap((page) => blocksOf(page, "jsonl"));
const lines = blocks.flatMap(({ text, ...block }) =>
  text.split("\n").map((line) => ({ ...block, line }))
);
const linesOf = (kind: string) => lines.filter(({ info }) => info === `jsonl ${kind}`);

Deno.test("every block of JSON lines says what its lines are", () => {
  const kinds = new Set(blocks.map(({ info }) => info));
  assert.deepEqual([...kinds].sort(), ["jsonl events", "jsonl notices", "jsonl output"]);
  for (const { line } of linesOf("output")) JSON.parse(line);
});

Deno.test("every event line of a page is one that publish --stdin takes, every name included", () => {
  for (const { place, line } of linesOf("events")) {
    assert.equal(parseEventLine(line, new Set()).warning, undefined, place);
  }
});

Deno.test("every notice line of a page is one that subscribe writes", () => {
  for (const { place, line } of linesOf("notices")) {
    const { notice, missing, ...about } = JSON.parse(line);
    const range = missing === undefined ? {} : { from: missing[0], to: missing[1] };
    const kind: GapNotice["kind"] = notice;
    assert.equal(noticeJson({ kind, ...about, ...range } as GapNotice), line, place);
  }
});

Deno.test("every payload of a page is what encodeUpdate makes of the event in it", () => {
  const payloads = pages.flatMap((page) => blocksOf(page, "hex"));
  assert.deepEqual(payloads.map(({ info }) => info), ["hex map", "hex json"]);
  for (const { place, info, text } of payloads) {
    const bytes = Uint8Array.fromHex(text.replaceAll(/\s/g, ""));
    const format = info.split(" ")[1] as WireFormat;
    assert.deepEqual(encodeUpdate(decodeUpdate(bytes, "D"), format), bytes, place);
  }
});
