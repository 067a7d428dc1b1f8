import assert from "node:assert/strict";
import { SyncPacer } from "../../../../service/receive/gaps/sync_pacer.ts";
import { keeping, setUpHealer } from "../../../support/healer_fixture.ts";
import { heard, received } from "../../../support/numbered.ts";

const OTHER = 2_000;
/** Whatever was on its way is there by now. */
const LATER_MS = 3_001;

Deno.test("GapHealer takes up a publisher again that a forged event of another epoch had silenced", async () => {
  const { healer, keys, told, take, lost, clock } = setUpHealer({ answers: keeping(1, 99) });
  await take(heard(0), received(1), received(1, { epoch: OTHER }), received(2), received(3));
  assert.deepEqual([keys(), lost], ["k1 k1", ["D", "D"]]);
  await clock.advance(LATER_MS);
  await take(received(5), received(6));
  assert.equal(keys(), "k1 k1 k5 k6");
  assert.deepEqual(told(), ["restart", "contested", "gap 2..4", "lost 2..4"]);
  // A sync was asked for after all that was dropped: it must not be older than what is handed on.
  assert(lost.length > 2);
  const { contested, missing, lost: given, held } = healer.counters;
  assert.deepEqual({ contested, missing, given, held }, {
    contested: 1,
    missing: 3,
    given: 3,
    held: 0,
  });
});

Deno.test("GapHealer syncs what it does not hand on of two that share an id, at a bounded rate", async () => {
  const syncs: number[] = [];
  let dropped = 0;
  const { healer, ready, take, clock } = setUpHealer({
    onLost: (topic) => pacer.request(topic),
  });
  const pacer = new SyncPacer({
    jitterMs: 1_000,
    intervalMs: 5_000,
    random: () => 0.5,
    clock,
    onSync: () => {
      syncs.push(clock.monotonic());
      dropped = 0;
    },
  });
  for (let seq = 1; seq <= 600; seq++) {
    for (const epoch of [1_000, OTHER]) {
      const before = ready.length;
      await take(received(seq, { epoch }));
      if (ready.length === before) dropped++;
      assert(dropped === 0 || pacer.waiting === 1);
    }
    await clock.advance(100);
  }
  await clock.advance(6_000);
  assert.equal(dropped, 0);
  assert(syncs.length > 10 && syncs.length <= 14, String(syncs.length));
  const { contested, missing, lost } = healer.counters;
  assert(contested > 10 && contested <= 20, String(contested));
  assert.equal(missing, lost);
});

Deno.test("GapHealer hands on what follows an absurd number, and syncs what it dropped for it", async () => {
  for (const absurd of [received, heard]) {
    const { healer, keys, told, take, lost, clock } = setUpHealer();
    const max = Number.MAX_SAFE_INTEGER;
    await take(received(1), absurd(max));
    await clock.advance(250);
    const synced = lost.length;
    await take(received(2));
    assert.equal(lost.length, synced + 1);
    await clock.advance(LATER_MS);
    await take(received(3), received(4));
    assert.match(keys(), / k3 k4$/);
    assert.equal(told().at(-1), "contested");
    assert.equal(lost.length, synced + 2);
    assert.equal(healer.counters.contested, 1);
  }
});
