import assert from "node:assert/strict";
import { EagerWait } from "../../../../drivers/_internal/zmq/eager_wait.ts";
import { loadLibzmq } from "../../../../drivers/_internal/zmq/libzmq_library.ts";
import { Poller } from "../../../../drivers/_internal/zmq/poller.ts";
import { withoutLeaks } from "../../../support/handles.ts";

const NONBLOCK = 0o4000;
const LULL_MS = 26;
const { symbols } = loadLibzmq();

/** A wait for a descriptor that a poller watches, and a clock that stands still. */
function withWait(
  run: (the: {
    readonly wait: EagerWait;
    readonly raise: () => void;
    readonly clock: { now: number };
    readonly told: Promise<void>;
  }) => Promise<void>,
): Promise<void> {
  return withoutLeaks(async () => {
    const poller = new Poller(symbols);
    const fd = symbols.eventfd(0, NONBLOCK);
    const clock = { now: 1_000 };
    const told = Promise.withResolvers<void>();
    poller.watch(fd, () => {
      symbols.read(fd, new BigUint64Array(1), 8n);
      told.resolve();
    });
    const raise = () => void symbols.write(fd, new BigUint64Array([1n]), 8n);
    const wait = new EagerWait(poller, fd, () => clock.now);
    await run({ wait, raise, clock, told: told.promise });
    await poller.unwatch([fd]);
    await poller.close();
    symbols.close(fd);
  });
}

Deno.test("EagerWait is worth it while frames come, and not for one alone or after a lull", () =>
  withWait(({ wait, clock }) => {
    assert(!wait.isWorthIt());
    wait.noteFrames();
    assert(!wait.isWorthIt());
    clock.now += 10;
    wait.noteFrames();
    assert(wait.isWorthIt());
    clock.now += LULL_MS;
    assert(!wait.isWorthIt());
    wait.noteFrames();
    assert(!wait.isWorthIt());
    return Promise.resolve();
  }));

Deno.test("EagerWait sees at once what has come, and lets others have a turn each millisecond", () =>
  withWait(async ({ wait, raise, clock }) => {
    wait.noteFrames();
    wait.noteFrames();
    assert(!wait.hasCome(), "the first turn is theirs");
    await wait.turn();
    assert(!wait.hasCome(), "nothing has come");
    raise();
    assert(wait.hasCome());
    clock.now += 1;
    assert(!wait.hasCome(), "it is their turn again");
  }));

Deno.test("EagerWait leaves what came to the poller, when it is over", () =>
  withWait(async ({ wait, raise, clock, told }) => {
    wait.noteFrames();
    wait.noteFrames();
    await wait.turn();
    assert(!wait.hasCome());
    raise();
    assert(wait.hasCome());
    clock.now += LULL_MS;
    assert(!wait.isWorthIt());
    await told;
  }));
