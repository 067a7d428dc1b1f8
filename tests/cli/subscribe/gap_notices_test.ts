import assert from "node:assert/strict";
import {
  foldedJson,
  foldedText,
  noticeJson,
  noticeText,
} from "../../../cli/subscribe/gap_notices.ts";
import type { GapNotice } from "../../../service/protocol/notices.ts";

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

const FOLDED = {
  topic: "D",
  publisher: "p",
  notices: { gap: 3, contested: 1 },
  events: { gap: 9 },
};

Deno.test("foldedText and foldedJson count notices, and the events of those that name a range", () => {
  assert.equal(foldedText(FOLDED), "folded topic=D publisher=p gap=3 (9 events) contested=1");
  assert.equal(foldedText({ notices: { restart: 2 }, events: {} }), "folded restart=2");
  assert.equal(
    foldedJson(FOLDED),
    '{"notice":"folded","topic":"D","publisher":"p",' +
      '"notices":{"gap":3,"contested":1},"events":{"gap":9}}',
  );
});
