import { processorSeconds, returnFreeMemory } from "../../drivers/host.ts";
import type { Clock } from "../../service/base/clock.ts";

const LOOK_EVERY_MS = 5_000;
/** The process rests when it takes a smaller share of one processor: about 300 events per second. */
const RESTING_SHARE = 0.03;
/** More than the young generation grows and shrinks by. */
const MIN_GROWN_BYTES = 4 * 1024 * 1024;

interface WithCollector {
  /** There with the flag `--expose-gc`, which the executable is compiled with. */
  readonly gc?: (how: { type: "major"; execution: "sync"; flavor: "last-resort" }) => void;
}

/** Options of {@linkcode giveBackMemory}. */
export interface GiveBackOptions {
  readonly clock: Pick<Clock, "monotonic" | "sleep">;
  /** Ends it. */
  readonly signal: AbortSignal;
  /** Resident memory, in bytes. @default that of this process */
  readonly memory?: () => number;
  /** Processor time so far, in seconds. @default that of this process */
  readonly processor?: () => number;
  /** Returns freed memory to the kernel. @default that of the C library's allocator */
  readonly returnMemory?: () => void;
}

/**
 * Gives back what the start has left, and then, until the signal is aborted, what work leaves. V8
 * collects garbage and compiled code when memory is scarce, and the allocator of the C library keeps
 * most of what is freed, so a process holds the most that it ever had (docs/performance.md). While it
 * works, only freed memory is returned, which takes a millisecond. Once it rests, garbage is
 * collected before that, which takes 30 ms and needs the flag `--expose-gc`.
 *
 * Rejects with a {@linkcode DriverError} where there is no C library.
 */
export async function giveBackMemory(
  {
    clock,
    signal,
    memory = () => Deno.memoryUsage().rss,
    processor = processorSeconds,
    returnMemory = returnFreeMemory,
  }: GiveBackOptions,
): Promise<void> {
  collectGarbage();
  returnMemory();
  /** What was held after the last collection, and after memory was last returned. */
  let [collected, returned] = [memory(), memory()];
  let [at, spent] = [clock.monotonic(), processor()];
  for (;;) {
    await clock.sleep(LOOK_EVERY_MS, signal).catch(() => {});
    if (signal.aborted) return;
    const [now, total] = [clock.monotonic(), processor()];
    const isResting = (total - spent) * 1000 < RESTING_SHARE * (now - at);
    [at, spent] = [now, total];
    if (memory() - (isResting ? collected : returned) >= MIN_GROWN_BYTES) {
      if (isResting) collectGarbage();
      returnMemory();
      returned = memory();
      if (isResting) collected = returned;
    }
    collected = Math.min(collected, memory());
    returned = Math.min(returned, memory());
  }
}

/** Collects all garbage, where the process has the flag `--expose-gc`; otherwise does nothing. */
export function collectGarbage(): void {
  const { gc } = globalThis as unknown as WithCollector;
  gc?.({ type: "major", execution: "sync", flavor: "last-resort" });
}
