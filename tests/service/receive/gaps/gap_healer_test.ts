import assert from "node:assert/strict";
import { heard, numbered, received } from "../../../support/numbered.ts";
import { keeping, setUpHealer } from "../../../support/healer_fixture.ts";

Deno.test("GapHealer hands on what was replayed before what came after, and holds up nobody else", async () => {
  const answered = Promise.withResolvers<void>();
  const { healer, keys, told, take, lost } = setUpHealer({
    answers: (request, signal) => answered.promise.then(() => keeping(1, 9)(request, signal)),
  });
  await take(heard(0), received(1), received(4), received(5), received(1, { topic: "t" }));
  assert.deepEqual([keys(), healer.counters.held], ["k1 t1", 2]);
  answered.resolve();
  await take(received(6));
  assert.equal(keys(), "k1 t1 k2 k3 k4 k5 k6");
  assert.deepEqual(told(), ["gap 2..3", "healed 2..3 (2)"]);
  assert.deepEqual([lost, healer.counters.held, healer.counters.replayed], [[], 0, 2]);
});

Deno.test("GapHealer asks on for the rest, when an answer is short", async () => {
  const { keys, told, take, asked } = setUpHealer({ answers: keeping(1, 99, 2) });
  await take(heard(0), received(6), received(7));
  assert.equal(keys(), "k1 k2 k3 k4 k5 k6 k7");
  assert.deepEqual(told(), ["gap 1..5", "healed 1..5 (5)"]);
  assert.deepEqual(asked.map(({ from, to }) => `${from}..${to}`), ["1..5", "3..5", "5..5"]);
});

Deno.test("GapHealer tells what is not kept any more as lost, and the rest as healed", async () => {
  const { healer, keys, told, take, lost } = setUpHealer({ answers: keeping(4, 99) });
  await take(heard(0), received(1), received(7));
  assert.equal(keys(), "k1 k4 k5 k6 k7");
  assert.deepEqual(told(), ["gap 2..6", "lost 2..3", "healed 4..6 (3)"]);
  const { missing, replayed, lost: given } = healer.counters;
  assert.deepEqual([lost, missing, replayed, given], [["D"], 5, 3, 2]);
});

Deno.test("GapHealer gives up at once, when nobody can be asked", async () => {
  const { keys, told, take, lost } = setUpHealer();
  await take(received(1), received(2), received(5));
  assert.equal(keys(), "k1 k2 k5");
  assert.deepEqual([told(), lost], [["gap 3..4", "lost 3..4"], ["D"]]);
});

Deno.test("GapHealer gives up at once, when hellos say that nothing is kept", async () => {
  const { keys, told, take, asked } = setUpHealer({ answers: keeping(1, 99) });
  await take(heard(1, { replay: null }), received(4));
  assert.equal(keys(), "k4");
  assert.deepEqual([told(), asked], [["gap 2..3", "lost 2..3"], []]);
});

Deno.test("GapHealer gives up, when nobody answers", async () => {
  const { keys, told, take } = setUpHealer({ answers: () => Promise.reject(new Error("silence")) });
  await take(heard(1), received(4), received(6));
  assert.equal(keys(), "k4 k6");
  assert.deepEqual(told(), ["gap 2..3", "gap 5..5", "lost 2..3", "lost 5..5"]);
});

Deno.test("GapHealer waits for a hello that says where to ask, for an interval at most", async () => {
  const { keys, told, take, clock } = setUpHealer({ answers: keeping(1, 99) });
  await take(received(1), received(3));
  assert.equal(keys(), "k1");
  await take(heard(3));
  assert.equal(keys(), "k1 k2 k3");
  await take(received(1, { topic: "t" }), received(3, { topic: "t" }));
  await clock.advance(1_000);
  assert.equal(keys(), "k1 k2 k3 t1 t3");
  assert.deepEqual(told().slice(-2), ["gap 2..2", "lost 2..2"]);
  assert.equal(clock.sleepers, 0);
});

Deno.test("GapHealer lets an event that comes after all close the gap, once", async () => {
  const { healer, keys, told, take } = setUpHealer({ answers: () => new Promise(() => {}) });
  await take(heard(0), received(1), received(4), received(3), received(2), received(2));
  assert.equal(keys(), "k1 k2 k3 k4");
  assert.deepEqual(told(), ["gap 2..3", "healed 2..3 (0)"]);
  const { late, duplicates, held } = healer.counters;
  assert.deepEqual({ late, duplicates, held }, { late: 2, duplicates: 1, held: 0 });
});

Deno.test("GapHealer drops an event that was given up, so that none comes after its sync", async () => {
  const { healer, keys, take, lost } = setUpHealer();
  await take(received(1), received(3));
  assert.deepEqual(lost, ["D"]);
  await take(received(2), received(2));
  assert.deepEqual([keys(), healer.counters.duplicates], ["k1 k3", 2]);
  assert.deepEqual(lost, ["D", "D", "D"]);
});

Deno.test("GapHealer misses the last event before silence a moment after the hello that tells of it", async () => {
  const { keys, told, take, clock } = setUpHealer({ answers: keeping(1, 99) });
  await take(heard(1), heard(3), heard(3));
  await clock.advance(249);
  assert.deepEqual(told(), []);
  await clock.advance(1);
  await clock.settle();
  assert.deepEqual([keys(), told()], ["k2 k3", ["gap 2..3", "healed 2..3 (2)"]]);
});

Deno.test("GapHealer misses nothing, when events come soon after the hello that overtook them", async () => {
  const { keys, told, take, clock } = setUpHealer();
  await take(heard(1), heard(3), received(2), received(3));
  await clock.advance(1_000);
  assert.deepEqual([keys(), told()], ["k2 k3", []]);
});

Deno.test("GapHealer hands on what it holds, and gives up, when it holds too much", async () => {
  const silent = { answers: () => new Promise<never>(() => {}) };
  for (const bounds of [{ holdEvents: 2 }, { holdOctets: 150 }]) {
    const { healer, keys, told, take } = setUpHealer({ ...silent, ...bounds });
    await take(heard(0), received(2), received(3), received(4));
    assert.equal(keys(), "k2 k3 k4");
    assert.deepEqual([told(), healer.counters.held], [["gap 1..1", "lost 1..1"], 0]);
  }
});

Deno.test("GapHealer ends a gap of a publisher that has started anew", async () => {
  const { keys, told, take, lost } = setUpHealer({ answers: () => new Promise<never>(() => {}) });
  await take(
    heard(0),
    received(2),
    received(1, { epoch: 5 }),
    received(3),
    received(2, { epoch: 5 }),
  );
  assert.equal(keys(), "k2 k1 k2");
  assert.deepEqual(told(), ["gap 1..1", "lost 1..1", "restart"]);
  // The second for what was left of the old start and is not handed on.
  assert.deepEqual(lost, ["D", "D"]);
});

Deno.test("GapHealer refuses answers that are not what was asked for, and counts them as lost", async () => {
  const wrong = [
    { publisher: "8f8d3a52-7d4d-4f10-8c3c-0d6a3f6a4a00" },
    { epoch: 1 },
    { topic: "t" },
    { first: 9 },
    { first: 1 },
    { events: [new Uint8Array([1, 2])] },
  ];
  for (const difference of wrong) {
    const { healer, keys, told, take } = setUpHealer({
      answers: async (request, signal) => ({
        ...await keeping(1, 9)(request, signal),
        ...difference,
      }),
    });
    await take(heard(1), received(3));
    assert.equal(keys(), "k3", JSON.stringify(difference));
    assert.deepEqual([told(), healer.counters.refused], [["gap 2..2", "lost 2..2"], 1]);
  }
});

Deno.test("GapHealer hands on unnumbered events, and drops syncs for nodes of the original", async () => {
  const { healer, ready, take } = setUpHealer();
  const { origin: _, ...plain } = numbered(9);
  const native = { ...numbered(2), table: null, key: null, action: "sync", value: "native" };
  const { origin: __, ...unnumbered } = native;
  const asReceived = [plain, native, unnumbered].map((update) => ({
    update,
    octets: 1,
    address: undefined,
  }));
  await take(received(1), ...asReceived, received(3));
  assert.deepEqual(ready.map(({ key }) => key), ["k1", "k9", null, "k3"]);
  assert.equal(healer.counters.nativeSyncs, 1);
});

Deno.test("GapHealer hands on events of those it has no room for", async () => {
  const { healer, keys, told, take } = setUpHealer({ maxTracks: 1 });
  await take(received(1), received(1, { topic: "t" }), received(5, { topic: "t" }));
  assert.deepEqual([keys(), told(), healer.counters.untracked], ["k1 t1 t5", [], 2]);
});

Deno.test("GapHealer.rebase hands on what is held, and takes numbers as they come", async () => {
  const { healer, keys, told, take } = setUpHealer({ answers: () => new Promise<never>(() => {}) });
  await take(heard(0), received(1), received(3));
  assert.deepEqual(healer.rebase().map(({ key }) => key), ["k3"]);
  await take(received(20), received(21));
  assert.equal(keys(), "k1 k20 k21");
  assert.deepEqual(told(), ["gap 2..2", "lost 2..2"]);
});

Deno.test("GapHealer ends what waits, when it is disposed twice", async () => {
  const { healer, take, clock } = setUpHealer({
    answers: (_, signal) =>
      new Promise((_resolve, reject) =>
        signal.addEventListener("abort", () => reject(signal.reason))
      ),
  });
  await take(heard(0), received(2), received(1, { topic: "t" }), received(3, { topic: "t" }));
  await take(heard(9));
  await Promise.all([healer[Symbol.asyncDispose](), healer[Symbol.asyncDispose]()]);
  await clock.settle();
  assert.equal(clock.sleepers, 0);
});
