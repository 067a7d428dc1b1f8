import assert from "node:assert/strict";
import { INTERVAL_MS, OverflowScene } from "../../support/overflow_fixture.ts";

function scene(name: string, run: (scene: OverflowScene) => Promise<void>): void {
  Deno.test(`OverflowHealer ${name}`, async () => {
    await using it = new OverflowScene();
    await run(it);
  });
}

const address = "tcp://127.0.0.1:8866";

scene("sends one sync that reaches all, when the slow subscriber keeps up again", async (it) => {
  await it.overflow("D");
  await it.overflow("D");
  await it.clock.advance(5_000);
  assert.deepEqual(it.healed, []);
  it.frames.isBehind = false;
  await it.clock.advance(INTERVAL_MS * 3);
  const [sync] = it.frames.toAll;
  assert.equal(it.frames.toAll.length, 1);
  assert.deepEqual(
    [sync?.table, sync?.key, sync?.action, sync?.value, sync?.topic],
    [null, null, "sync", "native", "D"],
  );
  assert.deepEqual(it.frames.toSome, []);
});

scene("heals each topic, and none that is private", async (it) => {
  await it.overflow("D", "tenant", "\u0001D");
  it.frames.isBehind = false;
  await it.clock.advance(200);
  assert.deepEqual(it.healed, ["D", "tenant"]);
});

scene("waits for the interval, when a topic overflows again", async (it) => {
  for (const expected of [["D"], ["D"]]) {
    await it.overflow("D");
    it.frames.isBehind = false;
    await it.clock.advance(INTERVAL_MS / 2);
    assert.deepEqual(it.healed, expected);
  }
  await it.clock.advance(INTERVAL_MS);
  assert.deepEqual(it.healed, ["D", "D"]);
});

scene("sends to who is there, more and more rarely, while one stays stalled", async (it) => {
  await it.overflow("D");
  await it.clock.advance(INTERVAL_MS * 70);
  const sent = it.frames.toSome.length;
  assert(sent >= 4 && sent <= 7, `${sent} times`);
  it.frames.isBehind = false;
  await it.clock.advance(INTERVAL_MS);
  assert.deepEqual(it.healed, ["D"]);
});

scene("heals who was given up and comes back, once", async (it) => {
  await it.overflow("D");
  it.tell({ kind: "peer-left", address });
  await it.clock.settle();
  it.frames.isBehind = false;
  await it.clock.advance(INTERVAL_MS * 2);
  assert.deepEqual(it.healed, ["D"]);
  it.healer.noteSubscription("tenant");
  it.healer.noteSubscription("D");
  await it.clock.advance(200);
  assert.deepEqual(it.healed, ["D", "D"]);
});

scene("takes no notice of subscriptions, when nobody was given up", async (it) => {
  it.tell({ kind: "peer-left", address });
  await it.overflow("D");
  it.frames.isBehind = false;
  await it.clock.advance(INTERVAL_MS);
  it.healer.noteSubscription("D");
  await it.clock.advance(INTERVAL_MS);
  assert.deepEqual(it.healed, ["D"]);
});

scene("heals everyone at once, when there are more topics than it remembers", async (it) => {
  await it.overflow(...Array.from({ length: 2_000 }, (_, number) => `t${number}`));
  it.frames.isBehind = false;
  await it.clock.advance(200);
  assert.equal(it.healed.length, 1_025);
  assert.equal(it.healed.filter((topic) => topic === "D").length, 1);
});

scene("writes a line when it begins and one when it is over", async (it) => {
  await it.overflow("D", "tenant");
  await it.overflow("D");
  it.frames.isBehind = false;
  await it.clock.advance(INTERVAL_MS);
  const [warning, ...more] = it.log.messages("warn");
  assert.deepEqual(more, []);
  assert.match(warning ?? "", /too slow.*"D"/);
  const infos = it.log.messages("info");
  assert.equal(infos.length, 1);
  assert.match(infos[0] ?? "", /sent 2 sync/);
});

scene("goes on, when a sync cannot be sent", async (it) => {
  it.frames.failure = new Error("no transport");
  await it.overflow("D");
  await it.clock.advance(200);
  assert.match(it.log.messages("warn").at(-1) ?? "", /topic "D": no transport/);
  it.frames.failure = undefined;
  await it.overflow("tenant");
  it.frames.isBehind = false;
  await it.clock.advance(200);
  assert.deepEqual(it.healed, ["tenant"]);
});

scene("sends nothing more, when it is disposed", async (it) => {
  await it.overflow("D");
  await it.healer[Symbol.asyncDispose]();
  it.frames.isBehind = false;
  await it.clock.advance(INTERVAL_MS);
  assert.deepEqual(it.healed, []);
  assert.equal(it.clock.sleepers, 0);
});
