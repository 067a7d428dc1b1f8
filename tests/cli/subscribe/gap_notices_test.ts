import assert from "node:assert/strict";
import {
  foldedJson,
  foldedText,
  noticeJson,
  noticeText,
} from "../../../cli/subscribe/gap_notices.ts";
import type { GapNotice } from "../../../service/protocol/notices.ts";

const PLACE = { topic: "D", publisher: "p", epoch: 7 };
const LOST: GapNotice = { kind: "lost", ...PLACE, from: 3, to: 4 };
const GAP: GapNotice = { kind: "gap", topic: "D", reason: "another epoch" };
const RESTART: GapNotice = { kind: "restart", ...PLACE };
const CONTESTED: GapNotice = { kind: "contested", ...PLACE };

Deno.test("noticeText describes the loss in one line", () => {
  assert.equal(noticeText(LOST), "lost topic=D publisher=p missing=3..4");
  assert.equal(noticeText(GAP), "gap topic=D: another epoch");
  assert.equal(
    noticeText({ ...GAP, address: "tcp://a:1" }),
    "gap topic=D address=tcp://a:1: another epoch",
  );
  assert.equal(noticeText(RESTART), "restart topic=D publisher=p epoch=7");
  assert.equal(noticeText(CONTESTED), "contested topic=D publisher=p epoch=7");
  assert.equal(noticeText({ ...LOST, topic: "a\n" }), "lost topic=a\\x0a publisher=p missing=3..4");
});

Deno.test("noticeJson has the same content as an object", () => {
  const place = '"topic":"D","publisher":"p","epoch":7';
  assert.equal(noticeJson(LOST), `{"notice":"lost",${place},"missing":[3,4]}`);
  assert.equal(noticeJson(GAP), '{"notice":"gap","topic":"D","reason":"another epoch"}');
  assert.equal(noticeJson(RESTART), `{"notice":"restart",${place}}`);
  assert.equal(noticeJson(CONTESTED), `{"notice":"contested",${place}}`);
});

const FOLDED = {
  topic: "D",
  publisher: "p",
  notices: { lost: 3, contested: 1 },
  events: { lost: 9 },
};

Deno.test("foldedText and foldedJson count notices, and the events of notices with a range", () => {
  assert.equal(foldedText(FOLDED), "folded topic=D publisher=p lost=3 (9 events) contested=1");
  assert.equal(foldedText({ topic: "D", notices: { gap: 2 }, events: {} }), "folded topic=D gap=2");
  assert.equal(foldedText({ notices: { restart: 2 }, events: {} }), "folded restart=2");
  assert.equal(
    foldedJson(FOLDED),
    '{"notice":"folded","topic":"D","publisher":"p",' +
      '"notices":{"lost":3,"contested":1},"events":{"lost":9}}',
  );
});
