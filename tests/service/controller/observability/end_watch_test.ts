import assert from "node:assert/strict";
import { Broadcast } from "../../../../drivers/contract/channel.ts";
import type { HealthEvent } from "../../../../drivers/contract/health.ts";
import { EndWatch } from "../../../../service/controller/observability/end_watch.ts";

Deno.test("EndWatch counts one loss and one outage, from the loss to the reconnection", () => {
  const watch = new EndWatch();
  watch.note({ kind: "connected", address: "a" });
  assert.equal(watch.outage, undefined);
  watch.note({ kind: "disconnected", address: "a", reason: "closed" });
  watch.note({ kind: "disconnected", address: "a", reason: "refused" });
  watch.note({ kind: "disconnected", address: "b", reason: "closed" });
  assert.equal(watch.outage, "no connection at a: refused");
  watch.note({ kind: "connected", address: "a" });
  watch.note({ kind: "live", address: "a", proof: "confirmed" });
  assert.equal(watch.outage, "no connection at b: closed");
  watch.note({ kind: "live", address: "b", proof: "confirmed" });
  assert.equal(watch.outage, undefined);
  assert.deepEqual(watch.connections, { lost: 2, back: 2 });
});

Deno.test("EndWatch counts every drop, when the health stream skips some events", () => {
  const watch = new EndWatch();
  watch.note({ kind: "dropped", reason: "frame-too-large", total: 1 });
  watch.note({ kind: "dropped", reason: "queue-full", total: 10 });
  watch.note({ kind: "dropped", reason: "frame-too-large", total: 11 });
  assert.deepEqual(watch.drops, { "frame-too-large": 2, "queue-full": 9 });
});

Deno.test("EndWatch knows the number of peers, when the health stream skips some events", () => {
  const watch = new EndWatch();
  watch.note({ kind: "peer-joined", address: "a", peers: 900 });
  watch.note({ kind: "peer-left", address: "b", peers: 1 });
  assert.equal(watch.peers, 1);
});

Deno.test("EndWatch follows a health stream to its end", async () => {
  const watch = new EndWatch();
  const health = new Broadcast<HealthEvent>();
  const following = watch.follow(health);
  health.publish({ kind: "disconnected", address: "a", reason: "closed" });
  health.close();
  await following;
  assert.equal(watch.outage, "no connection at a: closed");
});
