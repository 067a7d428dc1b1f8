import assert from "node:assert/strict";
import { waitFor } from "../../../drivers/contract/waiting.ts";
import { WarningFolder } from "../../../service/base/warning_folder.ts";
import { OwedSyncs } from "../../../service/controller/owed_syncs.ts";
import type { DbUpdate } from "../../../service/event/db_update.ts";
import { FakeClock } from "../../support/fakes/fake_clock.ts";
import { RecordingLogger } from "../../support/fakes/recording_logger.ts";

function setUp() {
  const [clock, log] = [new FakeClock(), new RecordingLogger()];
  const broker: { isFull: boolean; isSilent?: boolean; onSync?: () => void } = { isFull: false };
  const sent: string[] = [];
  const owed = new OwedSyncs({
    publish: async ({ action, topic }: DbUpdate, signal: AbortSignal) => {
      signal.throwIfAborted();
      if (broker.isSilent) await waitFor(new Promise<void>(() => {}), { signal });
      if (broker.isFull) throw new Error("its memory is full");
      sent.push(`${action} ${topic}`);
      broker.onSync?.();
    },
    clock,
    log,
    folder: new WarningFolder({ subject: "Requesting syncs", log, clock }),
  });
  const stop = new AbortController();
  return { clock, log, broker, sent, owed, stop, running: owed.run(stop.signal) };
}

Deno.test("OwedSyncs requests one sync for each noted topic, and none later", async () => {
  const { clock, sent, owed, stop, running } = setUp();
  for (const topic of ["t1", "t1", "t2"]) owed.note(topic);
  await clock.advance(1_000);
  assert.deepEqual(sent, ["sync t1", "sync t2"]);
  await clock.advance(100_000);
  assert.equal(sent.length, 2);
  owed.note("t1");
  await clock.advance(1_000);
  assert.deepEqual(sent.slice(2), ["sync t1"]);
  stop.abort();
  await running;
  assert.equal(clock.sleepers, 0);
});

Deno.test("OwedSyncs requests another sync of a topic that is noted while the broker takes one", async () => {
  const { clock, broker, sent, owed, stop, running } = setUp();
  broker.onSync = () => {
    delete broker.onSync;
    owed.note("t1");
  };
  owed.note("t1");
  await clock.advance(60_000);
  assert.deepEqual(sent, ["sync t1", "sync t1"]);
  stop.abort();
  await running;
});

Deno.test("OwedSyncs tries again with a backoff and warns once, when the broker takes no sync", async () => {
  const { clock, log, broker, sent, owed, stop, running } = setUp();
  broker.isFull = true;
  owed.note("t1");
  await clock.advance(60_000);
  assert.equal(log.messages("warn").length, 1);
  broker.isFull = false;
  await clock.advance(30_000);
  assert.deepEqual(sent, ["sync t1"]);
  assert.match(log.messages("info")[0] ?? "", /works again/);
  stop.abort();
  await running;
});

Deno.test("OwedSyncs ends without a warning, when it is stopped while the broker takes a sync", async () => {
  const { clock, log, broker, owed, stop, running } = setUp();
  broker.onSync = () => {
    stop.abort();
    stop.signal.throwIfAborted();
  };
  owed.note("t1");
  await clock.advance(1_000);
  await running;
  assert.deepEqual(log.messages("warn"), []);
});

Deno.test("OwedSyncs requests a sync of the topic of everyone, when too many topics are noted", async () => {
  const { clock, sent, owed, stop, running } = setUp();
  for (let n = 0; n < 1_100; n++) owed.note(`t${n}`);
  await clock.advance(1_000);
  assert.equal(sent.length, 1_001);
  assert.equal(sent.at(-1), "sync D");
  stop.abort();
  await running;
});

Deno.test("OwedSyncs.finish requests the syncs that are still owed", async () => {
  const { sent, owed, stop, running, log } = setUp();
  owed.note("t1");
  stop.abort();
  await running;
  owed.note("t2");
  assert.equal(await owed.finish(1_000), true);
  assert.deepEqual(sent, ["sync t1", "sync t2"]);
  assert.equal(await owed.finish(1_000), true);
  assert.deepEqual([sent.length, log.messages("warn")], [2, []]);
});

Deno.test("OwedSyncs.finish warns, when the broker takes none", async () => {
  const { broker, owed, stop, running, log } = setUp();
  broker.isFull = true;
  for (const topic of ["t1", "t2"]) owed.note(topic);
  stop.abort();
  await running;
  assert.equal(await owed.finish(1_000), false);
  assert.deepEqual(log.messages("warn"), [
    "Syncs of refused events were not published: its memory is full",
  ]);
});

Deno.test("OwedSyncs.finish warns in time, when the broker does not answer", async () => {
  const { clock, broker, owed, stop, running, log } = setUp();
  broker.isSilent = true;
  for (const topic of ["t1", "t2"]) owed.note(topic);
  stop.abort();
  await running;
  const finished = owed.finish(2_000);
  await clock.advance(2_000);
  assert.equal(await finished, false);
  assert.deepEqual(log.messages("warn"), [
    "Syncs of refused events were not published: waited 2 s",
  ]);
  assert.equal(clock.sleepers, 0);
});
