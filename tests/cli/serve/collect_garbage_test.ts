import assert from "node:assert/strict";
import { collectAtRest, collectGarbage } from "../../../cli/serve/collect_garbage.ts";
import { FakeClock } from "../../support/fake_clock.ts";

Deno.test("collectGarbage requests a full collection, when the runtime allows it", () => {
  const asked: unknown[] = [];
  const scope = globalThis as { gc?: (how: unknown) => void };
  const before = scope.gc;
  scope.gc = (how) => asked.push(how);
  try {
    collectGarbage();
  } finally {
    if (before === undefined) delete scope.gc;
    else scope.gc = before;
  }
  assert.deepEqual(asked, [{ type: "major", execution: "sync", flavor: "last-resort" }]);
});

Deno.test("collectGarbage does nothing, when the runtime does not allow it", () => {
  assert.equal("gc" in globalThis, false);
  collectGarbage();
});

Deno.test("collectAtRest requests one collection after each burst, when the process is idle again", async () => {
  const clock = new FakeClock();
  const end = new AbortController();
  const scope = globalThis as { gc?: () => void };
  let [megabytes, seconds, asked] = [20, 0, 0];
  scope.gc = () => {
    asked++;
    megabytes = 21;
  };
  try {
    const watching = collectAtRest({
      clock,
      signal: end.signal,
      memory: () => megabytes * 1024 * 1024,
      processor: () => seconds,
    });
    const after = async (spent: number, held: number): Promise<number> => {
      seconds += spent;
      megabytes = held;
      await clock.advance(5_000);
      return asked;
    };
    assert.equal(await after(0.02, 27), 0, "it has hardly grown");
    assert.equal(await after(4.5, 170), 0, "it works");
    assert.equal(await after(0.02, 170), 1, "it rests");
    assert.equal(await after(0.02, 28), 1, "the remaining memory is in use");
    assert.equal(await after(0.02, 30), 2);
    end.abort();
    await watching;
  } finally {
    delete scope.gc;
  }
});
