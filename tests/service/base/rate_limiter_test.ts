import assert from "node:assert/strict";
import { RateLimiter } from "../../../service/base/rate_limiter.ts";
import { FakeClock } from "../../support/fakes/fake_clock.ts";

Deno.test("RateLimiter.tryAcquire is true when allowed and false when limited, as in the original", () => {
  const limiter = new RateLimiter({ count: 2, windowMs: 30_000 }, new FakeClock());
  assert.deepEqual([1, 2, 3].map(() => limiter.tryAcquire()), [true, true, false]);
});

Deno.test("RateLimiter.tryAcquire slides, when the oldest allowed attempt leaves the window", async () => {
  const clock = new FakeClock();
  const limiter = new RateLimiter({ count: 2, windowMs: 30_000 }, clock);
  assert.ok(limiter.tryAcquire());
  await clock.advance(20_000);
  assert.ok(limiter.tryAcquire());
  await clock.advance(10_000);
  assert.ok(!limiter.tryAcquire(), "exactly one window after the first");
  await clock.advance(1);
  assert.ok(limiter.tryAcquire());
  assert.ok(!limiter.tryAcquire(), "the second is still in the window");
});

Deno.test("RateLimiter.tryAcquire counts only allowed attempts, when refused attempts flood it", async () => {
  const clock = new FakeClock();
  const limiter = new RateLimiter({ count: 1, windowMs: 30_000 }, clock);
  let allowed = 0;
  for (let second = 0; second <= 100; second++) {
    if (limiter.tryAcquire()) allowed++;
    await clock.advance(1_000);
  }
  assert.equal(allowed, 4); // at 0, 31, 62 and 93 s
});

Deno.test("RateLimiter.tryAcquire is unaffected, when the wall clock is set", async () => {
  const clock = new FakeClock();
  const limiter = new RateLimiter({ count: 1, windowMs: 30_000 }, clock);
  assert.ok(limiter.tryAcquire());
  clock.setWall(clock.now() + 86_400_000);
  assert.ok(!limiter.tryAcquire(), "set forward");
  clock.setWall(0);
  await clock.advance(30_001);
  assert.ok(limiter.tryAcquire(), "set back");
});

Deno.test("RateLimiter.giveBack frees a slot, when the write for it failed", async () => {
  const clock = new FakeClock();
  const limiter = new RateLimiter({ count: 2, windowMs: 30_000 }, clock);
  limiter.giveBack(); // There is no slot to give back.
  assert.ok(limiter.tryAcquire());
  await clock.advance(10_000);
  assert.ok(limiter.tryAcquire());
  limiter.giveBack();
  assert.ok(limiter.tryAcquire());
  assert.ok(!limiter.tryAcquire());
  await clock.advance(20_001);
  assert.ok(limiter.tryAcquire(), "the first attempt kept its time");
});

Deno.test("RateLimiter.tryAcquire counts earlier actions, when its limit changes", async () => {
  const clock = new FakeClock();
  const limit = { count: 1, windowMs: 1_000 };
  const limiter = new RateLimiter(limit, clock);
  assert.ok(limiter.tryAcquire());
  limit.count = 3;
  assert.deepEqual([1, 2, 3].map(() => limiter.tryAcquire()), [true, true, false]);
  limit.count = 2;
  await clock.advance(900);
  assert.ok(!limiter.tryAcquire());
  limit.windowMs = 800;
  assert.ok(limiter.tryAcquire());
});
