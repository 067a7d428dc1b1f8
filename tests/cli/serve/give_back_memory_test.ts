import assert from "node:assert/strict";
import { giveBackMemory } from "../../../cli/serve/give_back_memory.ts";
import { FakeClock } from "../../support/fakes/fake_clock.ts";

interface Scope {
  gc?: (how: unknown) => void;
}

Deno.test("giveBackMemory collects what the start has left, all that can be had", async () => {
  const asked: unknown[] = [];
  const scope = globalThis as Scope;
  const [clock, end] = [new FakeClock(), new AbortController()];
  scope.gc = (how) => asked.push(how);
  try {
    const [returnMemory, dropPages] = [() => Promise.resolve(), () => {}];
    const watching = giveBackMemory({ clock, signal: end.signal, returnMemory, dropPages });
    assert.deepEqual(asked, [{ type: "major", execution: "sync", flavor: "last-resort" }]);
    end.abort();
    await watching;
  } finally {
    delete scope.gc;
  }
});

Deno.test("giveBackMemory does without a collector, where it may not ask", async () => {
  assert.equal("gc" in globalThis, false);
  const [clock, end] = [new FakeClock(), new AbortController()];
  const watching = giveBackMemory({ clock, signal: end.signal });
  end.abort();
  await watching;
});

Deno.test("giveBackMemory returns memory during work, and collects once after each burst", async () => {
  const [clock, end] = [new FakeClock(), new AbortController()];
  const scope = globalThis as Scope;
  let [megabytes, seconds] = [20, 0];
  let done: string[] = [];
  scope.gc = () => {
    done.push("collected");
    megabytes = 21;
  };
  const returnMemory = () => {
    done.push("returned");
    megabytes = Math.min(megabytes, 150);
    return Promise.resolve();
  };
  try {
    const watching = giveBackMemory({
      clock,
      signal: end.signal,
      memory: () => megabytes * 1024 * 1024,
      processor: () => seconds,
      returnMemory,
      dropPages: () => done.push("dropped"),
    });
    await clock.advance(0);
    assert.deepEqual(done, ["collected", "returned", "dropped"]);
    const after = async (spent: number, held: number): Promise<string[]> => {
      done = [];
      seconds += spent;
      megabytes = held;
      await clock.advance(5_000);
      return done;
    };
    assert.deepEqual(await after(0.02, 24), [], "it has hardly grown");
    assert.deepEqual(await after(4.5, 170), ["returned"], "it works");
    assert.deepEqual(await after(4.5, 151), [], "what is left is in use");
    assert.deepEqual(await after(0.02, 150), ["collected", "returned", "dropped"], "it rests");
    assert.deepEqual(await after(0.02, 24), []);
    assert.deepEqual(await after(0.02, 26), ["collected", "returned", "dropped"]);
    end.abort();
    await watching;
  } finally {
    delete scope.gc;
  }
});
