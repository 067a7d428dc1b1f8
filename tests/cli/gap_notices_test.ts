import assert from "node:assert/strict";
import { noticeJson, noticeText, writeNotice } from "../../cli/gap_notices.ts";
import type { GapNotice } from "../../service/gaps/notices.ts";
import { FakeOutput } from "../support/fake_io.ts";

const PLACE = { topic: "D", publisher: "p", epoch: 7 };
const GAP: GapNotice = { kind: "gap", ...PLACE, from: 3, to: 4 };
const HEALED: GapNotice = { kind: "healed", ...PLACE, from: 3, to: 4, replayed: 1 };
const RESTART: GapNotice = { kind: "restart", ...PLACE };
const CONTESTED: GapNotice = { kind: "contested", ...PLACE };

Deno.test("noticeText says what is missing in words of one line", () => {
  assert.equal(noticeText(GAP), "gap topic=D publisher=p missing=3..4");
  assert.equal(noticeText(HEALED), "healed topic=D publisher=p missing=3..4 replayed=1");
  assert.equal(noticeText({ ...GAP, kind: "lost" }), "lost topic=D publisher=p missing=3..4");
  assert.equal(noticeText(RESTART), "restart topic=D publisher=p epoch=7");
  assert.equal(noticeText(CONTESTED), "contested topic=D publisher=p epoch=7");
  assert.equal(noticeText({ ...GAP, topic: "a\n" }), "gap topic=a\\x0a publisher=p missing=3..4");
});

Deno.test("noticeJson has the same as an object", () => {
  const place = '"topic":"D","publisher":"p","epoch":7';
  assert.equal(noticeJson(GAP), `{"notice":"gap",${place},"missing":[3,4]}`);
  assert.equal(noticeJson(HEALED), `{"notice":"healed",${place},"missing":[3,4],"replayed":1}`);
  assert.equal(noticeJson(RESTART), `{"notice":"restart",${place}}`);
  assert.equal(noticeJson(CONTESTED), `{"notice":"contested",${place}}`);
});

Deno.test("writeNotice writes text on a terminal only, and no restart when it is to be quiet", () => {
  const written = (isTerminal: boolean, style: Parameters<typeof writeNotice>[2]) => {
    const err = new FakeOutput(isTerminal);
    for (const notice of [GAP, RESTART]) writeNotice(err, notice, style);
    return err.text;
  };
  assert.equal(written(true, {}), `${noticeText(GAP)}\n${noticeText(RESTART)}\n`);
  assert.equal(written(true, { json: true, quiet: true }), `${noticeJson(GAP)}\n`);
  assert.equal(written(false, {}), `${noticeJson(GAP)}\n${noticeJson(RESTART)}\n`);
});
