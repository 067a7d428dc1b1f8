import assert from "node:assert/strict";
import { RowProber } from "../../../../service/controller/observability/readiness.ts";
import { FakeClock } from "../../../support/fakes/fake_clock.ts";
import { FakeDb } from "../../../support/fakes/fake_db.ts";

async function setUp(runOtherChecks = () => Promise.resolve()) {
  const { db, direct } = await FakeDb.open();
  const clock = new FakeClock();
  const prober = new RowProber(db, { id: "me", timeoutMs: 2_000, runOtherChecks, clock });
  return { db, direct, clock, prober };
}

Deno.test("RowProber distinguishes a row, a missing row and an unresponsive database", async () => {
  const { db, direct, clock, prober } = await setUp();
  assert.deepEqual(await prober.probe(), { outage: undefined, hasRow: false });
  await direct.create("publisher", "me", "{}");
  assert.deepEqual(await prober.probe(), { outage: undefined, hasRow: true });
  db.setDown(true);
  assert.deepEqual(await prober.probe(), { outage: "Connection refused", hasRow: false });
  assert.equal(clock.sleepers, 0);
});

Deno.test("RowProber waits no longer than its timeout, and runs one probe at a time", async () => {
  const { db, clock, prober } = await setUp();
  const { promise: answer, resolve } = Promise.withResolvers<void>();
  db.before = () => answer;
  const probes = [prober.probe(), prober.probe()];
  await clock.advance(2_000);
  for (const probe of await Promise.all(probes)) {
    assert.deepEqual(probe, { outage: "no answer within 2 s", hasRow: false });
  }
  assert.equal(db.count("get"), 1);
  const late = prober.probe();
  resolve();
  assert.deepEqual(await late, { outage: undefined, hasRow: false });
  assert.equal(db.count("get"), 1);
});

Deno.test("RowProber reports the result of reading, when writing does not end in time", async () => {
  let checks = 0;
  const { direct, clock, prober } = await setUp(() => {
    checks++;
    return new Promise(() => {});
  });
  await direct.create("publisher", "me", "{}");
  const probes = [prober.probe(), prober.probe()];
  await clock.advance(2_000);
  for (const probe of await Promise.all(probes)) {
    assert.deepEqual(probe, { outage: undefined, hasRow: true });
  }
  assert.equal(checks, 1);
});
