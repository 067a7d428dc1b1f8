import assert from "node:assert/strict";
import { PublisherWatch } from "../../../service/publishers/publisher_watch.ts";
import { FAKE_EPOCH_MS, FakeClock } from "../../support/fakes/fake_clock.ts";

const POLL_MS = 10_000;
const DEFAULT_TIMEOUT_MS = 300_000;

interface Scene {
  readonly timeoutMs: number;
  /**
   * The times at which the row is written, in milliseconds since the watch began. Earlier ones are
   * negative.
   */
  readonly writes: readonly number[];
  readonly untilMs: number;
  /** How far the publisher's clock is ahead of the watch's. @default 0 */
  readonly skewMs?: number;
  /** Whether the database can be read at that time. @default always */
  readonly isUp?: (ms: number) => boolean;
}

/** Watches a row as a service does. Returns the time at which the row first counted as gone. */
async function goneAt({ timeoutMs, writes, untilMs, skewMs = 0, isUp = () => true }: Scene) {
  const clock = new FakeClock();
  const watch = new PublisherWatch({ timeoutMs, clock });
  for (let ms = 0; ms <= untilMs; ms += POLL_MS) {
    const written = writes.findLast((at) => at <= ms);
    const seconds = (FAKE_EPOCH_MS + (written ?? 0) + skewMs) / 1000;
    const record = { id: "a", uri: "tcp://a:8866", lastActivityTimestamp: seconds };
    if (isUp(ms)) {
      watch.look(written === undefined ? [] : [{ key: "a", record }]);
      if (watch.isGone("a")) return ms;
    }
    await clock.advance(POLL_MS);
  }
  return undefined;
}

function every(intervalMs: number, { from = 0, to = 2_000_000 } = {}): number[] {
  const count = Math.floor((to - from) / intervalMs) + 1;
  return Array.from({ length: count }, (_, index) => from + index * intervalMs);
}

const ALIVE: readonly (readonly [string, Omit<Scene, "untilMs">])[] = [
  ["its clock is an hour behind", {
    timeoutMs: DEFAULT_TIMEOUT_MS,
    writes: every(100_000, { from: -50_000 }),
    skewMs: -3_600_000,
  }],
  ["it has a longer publisher_timeout", {
    timeoutMs: 10_000,
    writes: every(100_000, { from: -50_000 }),
  }],
  ["it refreshes just after the watch began, and has a longer publisher_timeout", {
    timeoutMs: 10_000,
    writes: every(100_000, { from: -95_000 }),
  }],
  ["it appears, and has a longer publisher_timeout", {
    timeoutMs: 10_000,
    writes: every(100_000, { from: 15_000 }),
  }],
  ["it was busy before and is now idle, and has a longer publisher_timeout", {
    timeoutMs: 10_000,
    writes: [...every(15_000, { to: 600_000 }), ...every(100_000, { from: 690_000 })],
  }],
  ["it registers, is busy briefly and then idle, and has a longer publisher_timeout", {
    timeoutMs: 10_000,
    writes: [15_000, 25_000, 35_000, ...every(100_000, { from: 135_000 })],
  }],
  ["it is an idle one of the original", {
    timeoutMs: DEFAULT_TIMEOUT_MS,
    writes: every(330_000, { from: -320_000 }),
  }],
  ["it refreshes every 20 minutes", {
    timeoutMs: 3_000_000,
    writes: every(1_200_000, { from: -600_000 }),
  }],
];

for (const [when, scene] of ALIVE) {
  Deno.test(`PublisherWatch counts a live publisher as alive, when ${when}`, async () => {
    assert.equal(await goneAt({ ...scene, untilMs: 1_900_000 }), undefined);
  });
}

const GONE: readonly (readonly [string, Omit<Scene, "untilMs">, number])[] = [
  ["after publisher_timeout, when it is stale from the start", {
    timeoutMs: 10_000,
    writes: [-3_600_000],
  }, 20_000],
  ["after six minutes, when its clock is an hour ahead", {
    timeoutMs: DEFAULT_TIMEOUT_MS,
    writes: [-1_000],
    skewMs: 3_600_000,
  }, 370_000],
  ["after three of its earlier intervals, when it refreshed rarely", {
    timeoutMs: DEFAULT_TIMEOUT_MS,
    writes: [0, 300_000, 600_000],
  }, 1_510_000],
  ["after publisher_timeout, when it refreshed as often as this host does", {
    timeoutMs: 30_000,
    writes: every(10_000, { to: 100_000 }),
  }, 140_000],
];

for (const [when, scene, ms] of GONE) {
  Deno.test(`PublisherWatch counts a dead publisher as gone ${when}`, async () => {
    assert.equal(await goneAt({ ...scene, untilMs: 3_000_000 }), ms);
  });
}

Deno.test("PublisherWatch gives publishers time to refresh, when the database was unreachable", async () => {
  const isUp = (ms: number) => ms < 200_000 || ms >= 1_200_000;
  const writes = [...every(100_000, { to: 200_000 }), ...every(100_000, { from: 1_230_000 })];
  const scene = { timeoutMs: DEFAULT_TIMEOUT_MS, writes, untilMs: 1_900_000 };
  assert.equal(await goneAt({ ...scene, isUp }), undefined);
});

Deno.test("PublisherWatch waits three times as long, when a publisher returns after its row was removed", async () => {
  const clock = new FakeClock();
  const watch = new PublisherWatch({ timeoutMs: DEFAULT_TIMEOUT_MS, clock });
  const limits = [];
  for (let round = 0; round < 2; round++) {
    const lastActivityTimestamp = clock.now() / 1000;
    const since = clock.monotonic();
    while (!watch.isGone("a")) {
      watch.look([{ key: "a", record: { id: "a", uri: "tcp://a:1", lastActivityTimestamp } }]);
      await clock.advance(POLL_MS);
    }
    limits.push(clock.monotonic() - since);
    watch.look([]);
  }
  const [first = 0, second = 0] = limits;
  assert(second >= 3 * (first - 2 * POLL_MS), limits.join(" "));
});

Deno.test("PublisherWatch forgets the publisher that has been gone for longest, beyond a thousand", async () => {
  const clock = new FakeClock();
  const watch = new PublisherWatch({ timeoutMs: DEFAULT_TIMEOUT_MS, clock });
  const look = (lastActivityTimestamp: number, ...keys: readonly string[]) =>
    watch.look(
      keys.map((key) => ({ key, record: { id: key, uri: "tcp://a:1", lastActivityTimestamp } })),
    );
  const watchFor = async (minutes: number, ...rows: Parameters<typeof look>) => {
    for (let minute = 0; minute < minutes; minute++) {
      look(...rows);
      await clock.advance(60_000);
    }
  };
  await watchFor(8, 1, "a");
  look(1);
  await watchFor(8, 2, "a", "last", ...Array.from({ length: 999 }, (_, n) => `other-${n}`));
  await watchFor(20, 2, "a", "last");
  assert(watch.isGone("a"));
  look(2, "last");
  look(2);
  await watchFor(9, 3, "a");
  assert(!watch.isGone("a"), "it was silent for half an hour before");
});

for (
  const [what, skewMs, expected] of [
    ["no difference for clocks that agree", 0, [undefined, 0]],
    ["how far a clock is ahead, at once", 60_000, [60_000, 60_000]],
    ["how far a clock is behind, when the row changes", -60_000, [undefined, -50_000]],
    ["no difference, when a slow database shows the row late", -30_000, [undefined, 0]],
  ] as const
) {
  Deno.test(`PublisherWatch.skewMs returns ${what}`, async () => {
    const clock = new FakeClock();
    const watch = new PublisherWatch({ timeoutMs: DEFAULT_TIMEOUT_MS, clock });
    const measured = [];
    for (let look = 0; look < 2; look++) {
      const lastActivityTimestamp = (clock.now() + skewMs) / 1000;
      watch.look([{ key: "a", record: { id: "a", uri: "tcp://a:1", lastActivityTimestamp } }]);
      measured.push(watch.skewMs("a"));
      await clock.advance(POLL_MS);
    }
    assert.deepEqual(measured, expected);
  });
}
