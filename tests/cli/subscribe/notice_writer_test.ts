import assert from "node:assert/strict";
import { noticeJson, noticeText } from "../../../cli/subscribe/gap_notices.ts";
import { timeFormat } from "../../../cli/events/event_time.ts";
import { type NoticeStyle, NoticeWriter } from "../../../cli/subscribe/notice_writer.ts";
import type { GapNotice } from "../../../service/protocol/notices.ts";
import { FakeOutput } from "../../support/fakes/fake_io.ts";

const JSON_LINES = { isJson: true, time: timeFormat({ utc: true }), hasColour: false };
const TEXT_LINES = { ...JSON_LINES, isJson: false };
const PLACE = { topic: "D", publisher: "p", epoch: 7 };
const RESTART: GapNotice = { kind: "restart", ...PLACE };

function lost(from: number, place: { topic?: string; publisher?: string } = {}): GapNotice {
  return { ...PLACE, ...place, kind: "lost", from, to: from + 1 };
}

Deno.test("NoticeWriter writes text with a time and a mark, or JSON, and no restart with --quiet", () => {
  const written = (style: NoticeStyle) => {
    const err = new FakeOutput();
    using writer = new NoticeWriter(err, style);
    for (const notice of [lost(3), RESTART]) writer.write(notice);
    return err.text;
  };
  assert.equal(
    written(TEXT_LINES).replaceAll(/^\d\d:\d\d:\d\d\.\d{3}Z /gm, ""),
    `! ${noticeText(lost(3))}\n! ${noticeText(RESTART)}\n`,
  );
  assert.equal(written({ ...JSON_LINES, quiet: true }), `${noticeJson(lost(3))}\n`);
  assert.equal(written(JSON_LINES), `${noticeJson(lost(3))}\n${noticeJson(RESTART)}\n`);
  const [loss = "", restart = ""] = written({ ...TEXT_LINES, hasColour: true }).split("\n");
  assert(loss.startsWith("\x1b[31m") && loss.endsWith("\x1b[0m"), loss);
  assert(restart.startsWith("\x1b[33m"), restart);
});

/** The lines that a writer writes until it is disposed. */
function linesOf(notices: Iterable<GapNotice>): string[] {
  const err = new FakeOutput();
  {
    using writer = new NoticeWriter(err, JSON_LINES);
    for (const notice of notices) writer.write(notice);
  }
  return err.text.trimEnd().split("\n");
}

Deno.test("NoticeWriter folds notices about one publisher beyond 20, and no other's", () => {
  const flood = Array.from({ length: 120 }, (_, i) => lost(i * 3));
  const lines = linesOf([...flood, RESTART, lost(1, { publisher: "q" }), lost(1, { topic: "E" })]);
  assert.deepEqual(lines.slice(0, 20), flood.slice(0, 20).map(noticeJson));
  assert.deepEqual(lines.slice(20), [
    noticeJson(lost(1, { publisher: "q" })),
    noticeJson(lost(1, { topic: "E" })),
    '{"notice":"folded","topic":"D","publisher":"p",' +
    '"notices":{"lost":100,"restart":1},"events":{"lost":200}}',
  ]);
});

Deno.test("NoticeWriter writes the counts when the window ends, and then notices again", async () => {
  const { promise, resolve } = Promise.withResolvers<string>();
  const lines: string[] = [];
  const write = (line: string) => {
    lines.push(line);
    if (line.includes("folded")) resolve(line);
  };
  using writer = new NoticeWriter({ isTerminal: true, columns: 80, write }, {
    ...TEXT_LINES,
    windowMs: 5,
  });
  for (let from = 0; from < 30; from++) writer.write(lost(from));
  assert.match(await promise, / ! folded topic=D publisher=p lost=10 \(20 events\)\n$/);
  writer.write(lost(99));
  assert(lines.at(-1)?.endsWith(` ! ${noticeText(lost(99))}\n`));
});

Deno.test("NoticeWriter writes 500 notices in all, whatever ids they name, and one line for the rest", () => {
  const flood = Array.from({ length: 10_000 }, (_, i) => lost(1, { publisher: `p${i}` }));
  const lines = linesOf(flood);
  assert.equal(lines.length, 501);
  assert.equal(lines[500], '{"notice":"folded","notices":{"lost":9500},"events":{"lost":19000}}');
});
