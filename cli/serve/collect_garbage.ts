import { processorSeconds } from "../../drivers/host.ts";
import type { Clock } from "../../service/base/clock.ts";

const LOOK_EVERY_MS = 5_000;
/** The process rests when it takes a smaller share of one processor: about 300 events per second. */
const RESTING_SHARE = 0.03;
/** More than the young generation grows and shrinks by. */
const MIN_GROWN_BYTES = 8 * 1024 * 1024;

interface WithCollector {
  /** There with the flag `--expose-gc`, which the executable is compiled with. */
  readonly gc?: (how: { type: "major"; execution: "sync"; flavor: "last-resort" }) => void;
}

/**
 * Gives back what is garbage, and the compiled form of what runs once. V8 would keep both until
 * memory is scarce. Takes some 30 ms; without the flag it does nothing.
 */
export function collectGarbage(): void {
  const { gc } = globalThis as unknown as WithCollector;
  gc?.({ type: "major", execution: "sync", flavor: "last-resort" });
}

/** Options of {@linkcode collectAtRest}. */
export interface RestOptions {
  readonly clock: Pick<Clock, "monotonic" | "sleep">;
  /** Ends it. */
  readonly signal: AbortSignal;
  /** Memory that V8 is in charge of, in bytes. @default that of this process */
  readonly memory?: () => number;
  /** Processor time so far, in seconds. @default that of this process */
  readonly processor?: () => number;
}

/**
 * Gives back, until the signal is aborted, what a burst of work has left once it is over: V8 collects
 * when it wants memory, so a process with little to do keeps what it had. 5 s after 200 connections of
 * 10,000 subscriptions each, `serve` has 95 MB of 119; without this it had 127 after 15 s
 * (docs/performance.md).
 */
export async function collectAtRest(
  { clock, signal, memory = managedBytes, processor = processorSeconds }: RestOptions,
): Promise<void> {
  let kept = memory();
  let [at, spent] = [clock.monotonic(), processor()];
  for (;;) {
    await clock.sleep(LOOK_EVERY_MS, signal).catch(() => {});
    if (signal.aborted) return;
    const [now, total] = [clock.monotonic(), processor()];
    const isResting = (total - spent) * 1000 < RESTING_SHARE * (now - at);
    [at, spent] = [now, total];
    if (isResting && memory() - kept >= MIN_GROWN_BYTES) {
      collectGarbage();
      kept = memory();
    }
    kept = Math.min(kept, memory());
  }
}

function managedBytes(): number {
  const { heapTotal, external } = Deno.memoryUsage();
  return heapTotal + external;
}
