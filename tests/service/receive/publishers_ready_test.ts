import assert from "node:assert/strict";
import { nextTurn } from "../../../drivers/contract/next_turn.ts";
import { readyAtPublishers } from "../../../service/receive/publishers_ready.ts";
import { FakeSubscriber } from "../../support/fakes/fake_subscriber.ts";
import { A, B } from "../../support/fakes/simulated_network.ts";

const BOTH = [A, B];
const NO_ROW = { unlistedUris: [] };
const CASES = [
  ["its broker, without a table", undefined, ["broker"], []],
  ["every publisher that is alive", { ...NO_ROW, uris: BOTH, aliveUris: BOTH }, BOTH, BOTH],
  ["the one that is alive", { uris: BOTH, aliveUris: [B], unlistedUris: [A] }, [B], [B]],
  ["any publisher, when none is alive", { ...NO_ROW, uris: BOTH, aliveUris: [] }, [B], [B]],
  [
    "each one that is alive or not in the table, when wanted",
    { uris: BOTH, aliveUris: [A], unlistedUris: [B] },
    BOTH,
    [B, A],
    true,
  ],
] as const;

for (const [where, follower, live, expected, withUnlisted] of CASES) {
  Deno.test(`readyAtPublishers resolves when a subscriber is live at ${where}`, async () => {
    const frames = new FakeSubscriber();
    for (const address of follower?.uris ?? ["broker"]) frames.registerListenAddress(address);
    let proven: readonly string[] | undefined;
    const ready = readyAtPublishers(frames, follower, { withUnlisted })
      .then((found) => proven = found);
    for (const address of live) {
      await nextTurn();
      assert.equal(proven, undefined);
      frames.proveLive(address);
    }
    assert.deepEqual(await ready, expected);
  });
}
