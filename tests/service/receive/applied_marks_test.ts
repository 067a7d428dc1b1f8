import assert from "node:assert/strict";
import { simulateNetwork } from "../../support/fakes/simulated_network.ts";

Deno.test("AppliedMarks never counts frames that the application has yet to take", async () => {
  let taken = 0;
  const early: string[] = [];
  await using set = await simulateNetwork({ listensToAddresses: false }, {
    onUpdates: async (updates) => {
      const before = set.frames.applied.at(-1) ?? 0;
      if (before > taken) early.push(`${before} applied, ${taken} taken`);
      await Promise.resolve();
      taken += updates.length;
    },
  });
  await set.deliver(...Array.from({ length: 1_000 }, (_, index) => index + 1));
  assert.deepEqual([taken, early], [1_000, []]);
  assert.equal(set.frames.applied.at(-1), 1_000);
});

Deno.test("AppliedMarks counts frames only when the application has applied them", async () => {
  const waits: (() => void)[] = [];
  const whenApplied = () => new Promise<void>((resolve) => waits.push(resolve));
  await using set = await simulateNetwork({ listensToAddresses: false }, { whenApplied });
  await set.deliver(1, 2);
  await set.deliver(3);
  assert.deepEqual(set.frames.applied, [0]);
  waits.shift()?.();
  await set.settle();
  assert.deepEqual(set.frames.applied, [0, 2]);
  waits.shift()?.();
  await set.settle();
  assert.deepEqual(set.frames.applied, [0, 2, 3]);
});
