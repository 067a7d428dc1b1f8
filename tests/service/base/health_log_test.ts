import assert from "node:assert/strict";
import { Broadcast } from "../../../drivers/contract/channel.ts";
import type { HealthEvent } from "../../../drivers/contract/health.ts";
import { logHealth } from "../../../service/base/health_log.ts";
import { RefusalLog } from "../../../service/base/refusal_log.ts";
import { nextTurn } from "../../../drivers/contract/next_turn.ts";
import { FakeClock } from "../../support/fakes/fake_clock.ts";
import { RecordingLogger } from "../../support/fakes/recording_logger.ts";

async function linesOf(events: readonly HealthEvent[]): Promise<readonly string[]> {
  const log = new RecordingLogger();
  const health = new Broadcast<HealthEvent>();
  const clock = new FakeClock();
  const logged = logHealth(health, { log, refusals: new RefusalLog("Here", log, clock), clock });
  for (const event of events) health.publish(event);
  health.close();
  await logged;
  return log.lines.map(({ level, message }) => `${level}: ${message}`);
}

const address = "tcp://192.0.2.1:8866";

const LINES: readonly (readonly [HealthEvent, string])[] = [
  [{ kind: "connected", address }, `debug: Connected to ${address}`],
  [{ kind: "live", address, proof: "confirmed" }, `info: Subscribed to ${address}`],
  [
    { kind: "disconnected", address, reason: "gone" },
    `warn: No connection at ${address}: gone`,
  ],
  [{ kind: "peer-joined", address, peers: 1 }, `debug: A peer connected to ${address}`],
  [{ kind: "peer-left", address, peers: 0 }, `debug: A peer disconnected from ${address}`],
  [
    { kind: "dropped", reason: "frame-count", total: 1 },
    "warn: Here: Dropped an event that does not have two parts, topic and payload",
  ],
  [
    { kind: "dropped", reason: "topic-invalid", total: 1 },
    "warn: Here: Dropped an event whose topic is not 1 to 255 bytes of UTF-8",
  ],
];

for (const [event, line] of LINES) {
  Deno.test(`logHealth writes one line, when the event is "${event.kind}": ${line}`, async () => {
    assert.deepEqual(await linesOf([event]), [line]);
  });
}

Deno.test("logHealth folds drops, when a peer sends only invalid messages", async () => {
  const drops = Array.from({ length: 100 }, (_, index): HealthEvent => ({
    kind: "dropped",
    reason: "frame-count",
    total: index + 1,
  }));
  assert.equal((await linesOf(drops)).length, 1);
});

Deno.test("logHealth folds the lines of a connection and logs its last state, when the connection is lost repeatedly", async () => {
  const log = new RecordingLogger();
  const clock = new FakeClock();
  const health = new Broadcast<HealthEvent>();
  const logged = logHealth(health, { log, refusals: new RefusalLog("Here", log, clock), clock });
  for (let round = 0; round < 100; round++) {
    health.publish({ kind: "live", address, proof: "confirmed" });
    health.publish({ kind: "disconnected", address, reason: `round ${round}` });
  }
  const other = "tcp://192.0.2.2:8866";
  health.publish({ kind: "disconnected", address: other, reason: "gone" });
  await nextTurn();
  assert.equal(log.lines.length, 11);
  assert.equal(log.lines.at(-1)?.message, `No connection at ${other}: gone`);
  await clock.advance(30_000);
  assert.deepEqual(log.lines.slice(11).map(({ message }) => message), [
    `${address} changed 190 more times within 30 s; the last change:`,
    `No connection at ${address}: round 99`,
  ]);
  health.close();
  await logged;
});
