import assert from "node:assert/strict";
import {
  type Session,
  SessionKeeper,
} from "../../../../drivers/_internal/broker/session_keeper.ts";
import { FakeClock } from "../../../support/fakes/fake_clock.ts";

/** A keeper whose attempts fail while `isDown`, with the times of its attempts and its reports. */
function setUp() {
  const clock = new FakeClock();
  const attempts: number[] = [];
  const reports: string[] = [];
  const it = { isDown: false, why: "down", lose: (_reason: string) => {} };
  const newSession = (): Session => {
    const { promise, resolve } = Promise.withResolvers<string>();
    it.lose = resolve;
    const dispose = () => Promise.resolve(void reports.push("disposed"));
    return { lost: promise, [Symbol.asyncDispose]: dispose };
  };
  const open = () => {
    attempts.push(clock.monotonic());
    return it.isDown ? Promise.reject(new Error(it.why)) : Promise.resolve(newSession());
  };
  const keeper = new SessionKeeper({
    open,
    onUp: () => reports.push("up"),
    onDown: (reason) => reports.push(`down: ${reason}`),
    onFailure: (error, isNew) => reports.push(`${error}${isNew ? "" : " again"}`),
  }, { clock, random: () => 1 });
  keeper.startWith(newSession());
  return { clock, attempts, reports, it, keeper };
}

Deno.test("SessionKeeper opens another session with a backoff of 0.1 to 5 s, when one is lost", async () => {
  const { clock, attempts, reports, it, keeper } = setUp();
  it.isDown = true;
  it.lose("reset");
  await clock.advance(20_000);
  const pauses = attempts.map((at, index) => at - (attempts[index - 1] ?? 0));
  assert.deepEqual(pauses, [100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000]);
  it.isDown = false;
  await clock.advance(5_000);
  assert.deepEqual(reports.slice(0, 4), ["up", "down: reset", "disposed", "Error: down"]);
  assert.equal(reports.at(-1), "up");
  await keeper.close();
});

Deno.test("SessionKeeper marks a failure as new, when no earlier one of the outage had its reason", async () => {
  const { clock, reports, it, keeper } = setUp();
  for (const whys of [["down", "loading", "down"], ["down"]]) {
    it.isDown = true;
    it.lose("reset");
    for (const why of whys) {
      it.why = why;
      const before = reports.length;
      while (!reports.slice(before).some((line) => line.startsWith(`Error: ${why}`))) {
        await clock.advance(100);
      }
    }
    it.isDown = false;
    await clock.advance(5_000);
  }
  const failures = reports.filter((line) => line.startsWith("Error"));
  assert.deepEqual(failures, ["Error: down", "Error: loading", "Error: down again", "Error: down"]);
  await keeper.close();
});

Deno.test("SessionKeeper continues its backoff, when sessions live for 10 s or less", async () => {
  const { clock, attempts, it, keeper } = setUp();
  for (const pauseMs of [100, 200, 400]) {
    await clock.advance(10_000);
    it.lose("reset");
    const lostAt = clock.monotonic();
    await clock.advance(pauseMs);
    assert.equal(attempts.at(-1), lostAt + pauseMs);
  }
  await keeper.close();
});

Deno.test("SessionKeeper restarts its backoff, when a session has lived for longer than 10 s", async () => {
  const { clock, attempts, it, keeper } = setUp();
  for (let round = 0; round < 3; round++) {
    await clock.advance(10_001);
    it.lose("reset");
    const lostAt = clock.monotonic();
    await clock.advance(100);
    assert.equal(attempts.at(-1), lostAt + 100);
  }
  await keeper.close();
});

Deno.test("SessionKeeper.close ends the session, reports no loss and opens no other", async () => {
  const { clock, attempts, reports, keeper } = setUp();
  await clock.settle();
  await keeper.close();
  await clock.advance(60_000);
  assert.deepEqual([attempts, reports, keeper.session], [[], ["up", "disposed"], undefined]);
});

Deno.test("SessionKeeper.close ends a pause", async () => {
  const { clock, attempts, it, keeper } = setUp();
  it.isDown = true;
  it.lose("reset");
  await clock.advance(150);
  await keeper.close();
  assert.deepEqual([attempts, clock.sleepers], [[100], 0]);
});
