import assert from "node:assert/strict";
import { ReturnSyncs } from "../../../service/publish/return_syncs.ts";
import { FakeClock } from "../../support/fake_clock.ts";

const HELLO = "\u0001";

function scene(name: string, run: (it: Scene) => Promise<void>): void {
  Deno.test(`ReturnSyncs ${name}`, async () => {
    const clock = new FakeClock();
    const requested: string[] = [];
    await using syncs = new ReturnSyncs({ clock, request: (topic) => requested.push(topic) });
    const subscribe = (...topics: string[]) => {
      for (const topic of topics) syncs.noteSubscription(topic);
    };
    await run({ clock, requested, syncs, subscribe });
  });
}

interface Scene {
  readonly clock: FakeClock;
  readonly requested: string[];
  readonly syncs: ReturnSyncs;
  readonly subscribe: (...topics: string[]) => void;
}

scene("requests one sync for each topic, once its nodes are back", async (it) => {
  for (let node = 0; node < 10; node++) {
    it.subscribe("D", "tenant");
    await it.clock.advance(500);
  }
  assert.deepEqual(it.requested, []);
  await it.clock.advance(2_000);
  assert.deepEqual(it.requested, ["D", "tenant"]);
  await it.clock.advance(60_000);
  assert.equal(it.requested.length, 2);
});

scene("requests none for nodes that hear hellos, in whatever order they subscribe", async (it) => {
  it.subscribe("D", `${HELLO}D`, `${HELLO}tenant`, "tenant");
  await it.clock.advance(60_000);
  assert.deepEqual(it.requested, []);
});

scene("requests one where one node of several hears no hellos", async (it) => {
  it.subscribe("D", `${HELLO}D`, `${HELLO}D`, "D", "D");
  await it.clock.advance(3_000);
  assert.deepEqual(it.requested, ["D"]);
});

scene("does not wait for ever, when nodes keep coming", async (it) => {
  for (let node = 0; node < 24; node++) {
    it.subscribe("D");
    await it.clock.advance(500);
  }
  assert.deepEqual(it.requested, ["D"]);
});

scene("requests one more for a node that comes late, and none for new ones", async (it) => {
  it.subscribe("D");
  await it.clock.advance(60_000);
  it.subscribe("D");
  await it.clock.advance(61_000);
  assert.deepEqual(it.requested, ["D", "D"]);
  it.subscribe("D");
  await it.clock.advance(60_000);
  assert.equal(it.requested.length, 2);
});

scene(
  "requests a sync of the broadcast topic for an invalid topic, and for too many topics",
  async (it) => {
    it.subscribe("");
    await it.clock.advance(3_000);
    assert.deepEqual(it.requested.splice(0), ["D"]);
    it.subscribe(...Array.from({ length: 2_000 }, (_, index) => `t${index}`));
    await it.clock.advance(3_000);
    assert.equal(it.requested.length, 1_025);
    assert(it.requested.includes("D"));
  },
);

scene("requests nothing once it is disposed", async (it) => {
  it.subscribe("D");
  await it.syncs[Symbol.asyncDispose]();
  it.subscribe("D");
  await it.clock.advance(60_000);
  assert.deepEqual(it.requested, []);
  assert.equal(it.clock.sleepers, 0);
});
