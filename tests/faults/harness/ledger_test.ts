import assert from "node:assert/strict";
import { closeLedger, closes, type LedgerRow } from "./ledger.ts";
import type { Announcement } from "./protocol.ts";
import { SubscriberRecord } from "./record.ts";
import { Truth } from "./truth.ts";

const STREAM = "publisher/1/D";
/** Event n is published n seconds after 1970. */
const sentAt = (seq: number) => seq * 1_000_000;

function recordOf(
  seqs: readonly number[],
  announcements: readonly Announcement[] = [],
): SubscriberRecord {
  const record = new SubscriberRecord();
  record.readyAt = 0;
  for (const seq of seqs) {
    record.addEvent({ stream: STREAM, seq, sentAt: sentAt(seq), key: null });
  }
  announcements.forEach((announcement) => record.announce(announcement));
  return record;
}

function rowOf(record: SubscriberRecord, withinMs = Infinity): LedgerRow {
  const truth = new Truth();
  truth.addRecord(recordOf([1, 2, 3, 4, 5]));
  return closeLedger(record, truth, { subscriber: "s", withinMs });
}

Deno.test("closeLedger closes the row, when the subscriber received every event", () => {
  const row = rowOf(recordOf([1, 2, 3, 4, 5]));
  assert(closes(row));
  assert.deepEqual([row.published, row.delivered], [5, 5]);
});

Deno.test("closeLedger counts a silent loss, when an event is missing and no notice reports it", () => {
  for (const seqs of [[2, 3, 4, 5], [1, 2, 4, 5], [1, 2, 3, 4], []]) {
    const row = rowOf(recordOf(seqs));
    assert.equal(row.silent, 5 - seqs.length);
    assert(!closes(row));
    assert.match(row.note, /SILENT: D#/);
  }
});

Deno.test("closeLedger counts a missing event as announced, when a sync follows its publication in time", () => {
  const sync = (at: number): Announcement => ({ kind: "sync", at, topic: null });
  assert.equal(rowOf(recordOf([1, 2, 4, 5], [sync(3_100)])).announced, 1);
  assert.equal(rowOf(recordOf([1, 2, 4, 5], [sync(2_900)])).silent, 1, "reported before the loss");
  assert.equal(rowOf(recordOf([1, 2, 4, 5], [sync(9_000)]), 5_000).silent, 1, "reported too late");
});

Deno.test("closeLedger ignores a sync, when it is for another topic", () => {
  const other: Announcement = { kind: "sync", at: 9_000, topic: "other" };
  const own: Announcement = { kind: "sync", at: 9_000, topic: "D" };
  assert.equal(rowOf(recordOf([1, 2], [other])).silent, 3);
  assert.equal(rowOf(recordOf([1, 2], [own])).announced, 3);
});

Deno.test("closeLedger distinguishes replayed from lost events, when a gap was reported", () => {
  const range = { at: 6_000, stream: STREAM, from: 2, to: 3 };
  const replayed = rowOf(recordOf([1, 4, 5, 2, 3], [{ kind: "gap", ...range }]));
  assert.deepEqual([replayed.delivered, replayed.replayed, replayed.disordered], [3, 2, 2]);
  const gap: Announcement = { kind: "gap", ...range };
  assert.equal(rowOf(recordOf([1, 4, 5], [gap])).silent, 2, "a gap alone is still open");
  assert.equal(rowOf(recordOf([1, 4, 5], [gap, { kind: "lost", ...range }])).announced, 2);
});

Deno.test("closeLedger counts duplicates, when the subscriber received events twice", () => {
  const row = rowOf(recordOf([1, 2, 3, 3, 4, 5]));
  assert.equal(row.duplicates, 1);
  assert(!closes(row));
});

Deno.test("closeLedger counts from the time when the subscriber was ready, when events were published before", () => {
  const record = recordOf([4, 5]);
  record.readyAt = 3_500;
  assert.deepEqual([rowOf(record).published, closes(rowOf(record))], [2, true]);
});

Deno.test("closeLedger counts a silent loss, when a publisher reports more events than any subscriber received", () => {
  const truth = new Truth();
  const record = recordOf([1, 2]);
  truth.addRecord(record);
  truth.addPosition(STREAM, 3);
  assert.equal(closeLedger(record, truth, { subscriber: "s" }).silent, 1);
});
