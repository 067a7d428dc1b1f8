import assert from "node:assert/strict";
import { noticeJson, noticeText } from "../../../cli/subscribe/gap_notices.ts";
import { NoticeWriter } from "../../../cli/subscribe/notice_writer.ts";
import type { GapNotice } from "../../../service/protocol/notices.ts";
import { FakeOutput } from "../../support/fake_io.ts";

const RESTART: GapNotice = { kind: "restart", topic: "D", publisher: "p", epoch: 7 };

function gap(from: number, place: { topic?: string; publisher?: string } = {}): GapNotice {
  return { ...RESTART, ...place, kind: "gap", from, to: from + 1 };
}

Deno.test("NoticeWriter writes text on a terminal only, and no restart when it is to be quiet", () => {
  const written = (isTerminal: boolean, style: ConstructorParameters<typeof NoticeWriter>[1]) => {
    const err = new FakeOutput(isTerminal);
    using writer = new NoticeWriter(err, style);
    for (const notice of [gap(3), RESTART]) writer.write(notice);
    return err.text;
  };
  assert.equal(written(true, {}), `${noticeText(gap(3))}\n${noticeText(RESTART)}\n`);
  assert.equal(written(true, { json: true, quiet: true }), `${noticeJson(gap(3))}\n`);
  assert.equal(written(false, {}), `${noticeJson(gap(3))}\n${noticeJson(RESTART)}\n`);
});

/** The lines that a writer writes until it is disposed. */
function linesOf(notices: Iterable<GapNotice>): string[] {
  const err = new FakeOutput();
  {
    using writer = new NoticeWriter(err, {});
    for (const notice of notices) writer.write(notice);
  }
  return err.text.trimEnd().split("\n");
}

Deno.test("NoticeWriter folds what one publisher causes beyond 20 notices, and no other's", () => {
  const flood = Array.from({ length: 120 }, (_, i) => gap(i * 3));
  const lines = linesOf([...flood, RESTART, gap(1, { publisher: "q" }), gap(1, { topic: "E" })]);
  assert.deepEqual(lines.slice(0, 20), flood.slice(0, 20).map(noticeJson));
  assert.deepEqual(lines.slice(20), [
    noticeJson(gap(1, { publisher: "q" })),
    noticeJson(gap(1, { topic: "E" })),
    '{"notice":"folded","topic":"D","publisher":"p",' +
    '"notices":{"gap":100,"restart":1},"events":{"gap":200}}',
  ]);
});

Deno.test("NoticeWriter writes the counts when the window ends, and then notices again", async () => {
  const { promise, resolve } = Promise.withResolvers<string>();
  const lines: string[] = [];
  const write = (line: string) => {
    lines.push(line);
    if (line.includes("folded")) resolve(line);
  };
  using writer = new NoticeWriter({ isTerminal: true, columns: 80, write }, { windowMs: 5 });
  for (let from = 0; from < 30; from++) writer.write(gap(from));
  assert.equal(await promise, "folded topic=D publisher=p gap=10 (20 events)\n");
  writer.write(gap(99));
  assert.equal(lines.at(-1), `${noticeText(gap(99))}\n`);
});

Deno.test("NoticeWriter writes 500 notices in all, whatever ids they name, and one line for the rest", () => {
  const flood = Array.from({ length: 10_000 }, (_, i) => gap(1, { publisher: `p${i}` }));
  const lines = linesOf(flood);
  assert.equal(lines.length, 501);
  assert.equal(lines[500], '{"notice":"folded","notices":{"gap":9500},"events":{"gap":19000}}');
});
