// An observation of parts that a test makes up.
import assert from "node:assert/strict";
import type { FrameRecorder } from "../../../../drivers/contract/recorder.ts";
import { observe } from "../../../../service/controller/observability/end_watch.ts";
import { MeteredDb } from "../../../../service/controller/observability/metered_db.ts";
import type { ObservedParts } from "../../../../service/controller/observability/observed_parts.ts";
import { ServiceObservation } from "../../../../service/controller/observability/service_observation.ts";
import { FakeDb } from "../../../support/fakes/fake_db.ts";
import { FakeFrames } from "../../../support/fakes/fake_frames.ts";
import { OWN_ID, serviceParts } from "../../../support/service_fixture.ts";

async function observationOf(parts: Partial<ObservedParts>): Promise<ServiceObservation> {
  const options = await serviceParts();
  const { db } = await FakeDb.open();
  return new ServiceObservation(options, {
    network: observe(new FakeFrames()),
    local: undefined,
    db: new MeteredDb(db, options.clock),
    registration: {
      check: () => Promise.resolve(),
      state: { registered: true, lastRefreshAt: 0, failure: undefined },
    },
    announced: undefined,
    monitors: { tables: [], stale: { rows: [], seen: undefined } },
    refusals: { counters: {} },
    sink: { positionOf: () => undefined, sent: { events: 0, bytes: 0 }, topics: () => [].values() },
    boundAddress: undefined,
    recorder: undefined,
    relay: undefined,
    relaying: Promise.resolve(),
    ...parts,
  });
}

/** The checks besides those of `service`, `network`, `database` and `registration`. */
async function moreChecks(parts: Partial<ObservedParts>) {
  return (await observationOf(parts)).known.checks.slice(4);
}

Deno.test("ServiceObservation fails the check of an announced address with a fault, and passes on a warning", async () => {
  const announcedWith = (fault?: string, warning?: string) =>
    moreChecks({
      announced: { uri: "tcp://a:1", check: () => Promise.resolve(), verdict: { fault, warning } },
    });
  const name = "announced";
  assert.deepEqual(await announcedWith(), [{ name, ok: true, detail: "tcp://a:1" }]);
  assert.deepEqual(await announcedWith("unknown host"), [
    { name, ok: false, detail: "tcp://a:1: unknown host" },
  ]);
  assert.deepEqual(await announcedWith(undefined, "one host only"), [
    { name, ok: true, detail: "tcp://a:1", warning: "one host only" },
  ]);
});

Deno.test("ServiceObservation passes on the failure of the recorder as a warning", async () => {
  const recorderWith = (failure?: string) => {
    const none = { bytes: 0, segments: 0, oldestAt: null, recorded: 0, skipped: 0, failures: 0 };
    const state = { path: "/r", ...none, failure };
    return moreChecks({ recorder: { state } as FrameRecorder });
  };
  const name = "recorder";
  assert.deepEqual(await recorderWith(), [{ name, ok: true, detail: "/r" }]);
  assert.deepEqual(await recorderWith("full disk"), [
    { name, ok: true, detail: "/r", warning: "full disk" },
  ]);
});

Deno.test("ServiceObservation.publishers shows no address of an unreadable row", async () => {
  const record = { id: OWN_ID, uri: "tcp://a:1", lastActivityTimestamp: 1.5 };
  const row = { key: OWN_ID, text: "", topic: null } as const;
  const rows = [
    { ...row, state: "alive", record, ageMs: 0, skewMs: undefined },
    { ...row, state: "unreadable", reason: "not JSON" },
  ] as const;
  const { publishers } = await observationOf({
    monitors: { tables: [], stale: { rows, seen: undefined } },
  });
  assert.deepEqual(publishers, [
    { id: OWN_ID, state: "alive", uri: "tcp://a:1", lastActivityAt: 1_500 },
    { id: OWN_ID, state: "unreadable", uri: null, lastActivityAt: null },
  ]);
});

Deno.test("ServiceObservation.counts has the last seq of at most 10,000 topics", async () => {
  const topics = Array.from({ length: 10_001 }, (_, at) => `t${at}`);
  const { topics: counts } = (await observationOf({
    sink: {
      positionOf: () => ({ epoch: 1, seq: 7 }),
      sent: { events: 0, bytes: 0 },
      topics: () => topics.values(),
    },
  })).counts();
  assert.deepEqual([counts.size, counts.get("t9999")], [10_000, 7]);
});
