import assert from "node:assert/strict";
import { inTurns, nextTurn } from "../../../../drivers/contract/next_turn.ts";
import { eventually } from "../../../support/eventually.ts";
import { EventLoop } from "../../../../drivers/_internal/sockets/event_loop.ts";

Deno.test("EventLoop does not wait for traffic while a work in turns is to go on", async () => {
  const loop = EventLoop.acquire();
  const { kernel } = loop;
  const fd = kernel.eventfd();
  const waited: number[] = [];
  const wait = kernel.wait.bind(kernel);
  kernel.wait = (epoll, events, max, timeoutMs) => {
    waited.push(timeoutMs);
    return wait(epoll, events, max, timeoutMs);
  };
  try {
    // It stays readable: there is traffic in every turn.
    loop.add(fd, { isEager: true, onReadable: () => {} });
    kernel.signal(fd);
    while (waited.length < 3) await nextTurn();
    assert.deepEqual(new Set(waited), new Set([1]));
    let ms = 0;
    await inTurns(Array(20), () => waited.splice(0), () => ms++);
    assert.deepEqual(new Set(waited), new Set([0]));
    while (!waited.includes(1)) await nextTurn();
  } finally {
    loop.remove(fd);
    kernel.close(fd);
    await loop.release();
  }
});

/** A loop with traffic in every turn. `counts.apart`: number of waits on another thread. */
async function withTraffic(
  run: (loop: EventLoop, counts: { apart: number }) => Promise<void>,
): Promise<void> {
  const loop = EventLoop.acquire();
  const { kernel } = loop;
  const fd = kernel.eventfd();
  const counts = { apart: 0 };
  const waitApart = kernel.waitApart.bind(kernel);
  kernel.waitApart = (...args) => {
    counts.apart++;
    return waitApart(...args);
  };
  try {
    // It stays readable.
    loop.add(fd, { isEager: true, onReadable: () => {} });
    kernel.signal(fd);
    await run(loop, counts);
  } finally {
    loop.remove(fd);
    kernel.close(fd);
    await loop.release();
  }
}

Deno.test("EventLoop stays on its thread while there is traffic and long work goes on", async () => {
  await withTraffic(async (loop, counts) => {
    // On a busy machine the process may pause for 25 ms: then there is no traffic to the loop.
    for (let attempt = 1;; attempt++) {
      const isFlowing = loop.turn + 5;
      while (loop.turn < isFlowing) await nextTurn();
      await inTurns(untilTime(performance.now() + 150), (step) => {
        if (step === 0) counts.apart = 0;
      });
      if (counts.apart === 0) return;
      assert(attempt < 5, `waited on another thread ${counts.apart} times`);
    }
  });
});

Deno.test("EventLoop lets the runtime look at its own sockets, while there is traffic without a pause", async () => {
  await withTraffic(async (_, counts) => {
    const deadline = performance.now() + 10_000;
    while (counts.apart < 4 && performance.now() < deadline) await nextTurn();
    assert(counts.apart >= 4, `waited on another thread ${counts.apart} times`);
  });
});

Deno.test("EventLoop lets what a round has begun run to its end, before the next round", async () => {
  const loop = EventLoop.acquire();
  const { kernel } = loop;
  const fd = kernel.eventfd();
  const over = Promise.withResolvers<void>();
  let rounds = 0;
  let going = 0;
  let overlaps = 0;
  try {
    // It stays readable, and is not eager: each wait on another thread ends at once.
    loop.add(fd, {
      onReadable: () => {
        if (going > 0) overlaps++;
        if (++rounds >= 300) return over.resolve();
        loop.afterRound(async () => {
          going++;
          for (let step = 0; step < 100; step++) await null;
          going--;
        });
      },
    });
    kernel.signal(fd);
    await over.promise;
    assert.equal(overlaps, 0);
  } finally {
    loop.remove(fd);
    kernel.close(fd);
    await loop.release();
  }
});

Deno.test("EventLoop sees an event soon, when it waits on another thread and long work goes on", async () => {
  const loop = EventLoop.acquire();
  const { kernel } = loop;
  const fd = kernel.eventfd();
  let [signalledAt, seenAt] = [0, Infinity];
  try {
    loop.add(fd, {
      onReadable: () => {
        seenAt = performance.now();
        loop.change(fd, { reading: false, writing: false });
      },
    });
    kernel.signal(fd);
    // A busy machine runs the other thread late.
    for (let attempt = 1;; attempt++) {
      const delays: number[] = [];
      for (let trial = 0; trial < 9; trial++) {
        await eventually(() => seenAt, (at) => at < Infinity);
        let ms = 0;
        await inTurns(untilTime(performance.now() + 80, 2), (step) => {
          if (step !== 3) return;
          signalledAt = performance.now();
          seenAt = Infinity;
          loop.change(fd, { reading: true, writing: false });
        }, () => ms++);
        await eventually(() => seenAt, (at) => at < Infinity);
        delays.push(seenAt - signalledAt);
      }
      const longest = Math.max(...delays);
      if (longest < 30) return;
      assert(attempt < 3, `seen after ${longest.toFixed(1)} ms`);
    }
  } finally {
    loop.remove(fd);
    kernel.close(fd);
    await loop.release();
  }
});

/** Steps that take all of the processor until then. */
function* untilTime(ends: number, stepMs = 0.1): Generator<number> {
  for (let step = 0; performance.now() < ends; step++) {
    const until = performance.now() + stepMs;
    while (performance.now() < until);
    yield step;
  }
}

/** A loop with a descriptor that has traffic in every turn, and another one that is deferred. */
async function withDeferred(
  run: (parts: {
    readonly loop: EventLoop;
    readonly deferred: number;
    readonly startTraffic: () => void;
    /** The traffic counts for a while. */
    readonly pauseTraffic: () => void;
  }) => Promise<void>,
): Promise<void> {
  const loop = EventLoop.acquire();
  const { kernel } = loop;
  const [eager, deferred] = [kernel.eventfd(), kernel.eventfd()];
  try {
    loop.add(eager, { isEager: true, onReadable: () => {} });
    // Both stay readable.
    const startTraffic = () => kernel.signal(eager);
    const pauseTraffic = () => loop.change(eager, { reading: false, writing: false });
    await run({ loop, deferred, startTraffic, pauseTraffic });
  } finally {
    for (const fd of [eager, deferred]) {
      loop.remove(fd);
      kernel.close(fd);
    }
    await loop.release();
  }
}

Deno.test("EventLoop reads a deferred descriptor at once, while there is no traffic", async () => {
  await withDeferred(async ({ loop, deferred }) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    loop.add(deferred, {
      isDeferred: true,
      onReadable: () => {
        loop.change(deferred, { reading: false, writing: false });
        resolve();
      },
    });
    loop.kernel.signal(deferred);
    await promise;
  });
});

Deno.test("EventLoop is not woken by a deferred descriptor, while there is traffic", async () => {
  await withDeferred(async ({ loop, deferred, startTraffic, pauseTraffic }) => {
    let apart = 0;
    const waitApart = loop.kernel.waitApart.bind(loop.kernel);
    loop.kernel.waitApart = (...args) => {
      apart++;
      return waitApart(...args);
    };
    startTraffic();
    const isFlowing = loop.turn + 5;
    while (loop.turn < isFlowing) await nextTurn();
    apart = 0;
    let reads = 0;
    const from = performance.now();
    loop.add(deferred, { isDeferred: true, onReadable: () => reads++ });
    loop.kernel.signal(deferred);
    pauseTraffic();
    while (reads < 10) await nextTurn();
    const tookMs = performance.now() - from;
    // Each turn lasts 1 ms. One after a wait on the other thread, every 25 ms, is shorter.
    assert(reads <= tookMs + 2 * apart + 2, `${reads} reads in ${tookMs} ms, ${apart} waits apart`);
  });
});

Deno.test("EventLoop calls a deferred descriptor in every turn, while it waits for room to write", async () => {
  await withDeferred(async ({ loop, deferred, startTraffic }) => {
    let turns = 0;
    loop.add(deferred, { isDeferred: true, onReadable: () => {}, onWritable: () => turns++ });
    loop.change(deferred, { reading: true, writing: true });
    startTraffic();
    while (turns < 5) await nextTurn();
    const [turn, before] = [loop.turn, turns];
    while (loop.turn < turn + 50) await nextTurn();
    assert(turns - before >= loop.turn - turn - 1, `${turns - before} of ${loop.turn - turn}`);
    loop.change(deferred, { reading: true, writing: false });
    const after = turns;
    while (loop.turn < turn + 60) await nextTurn();
    assert.equal(turns, after);
  });
});
