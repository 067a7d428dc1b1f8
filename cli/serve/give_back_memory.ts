import {
  dropExecutablePages,
  privateMemory,
  processorSeconds,
  returnFreeMemory,
} from "../../drivers/host.ts";
import type { Clock } from "../../service/base/clock.ts";

const LOOK_EVERY_MS = 5_000;
/** Below this share of one processor the process counts as idle: about 300 events per second. */
const RESTING_SHARE = 0.03;
/** More than the size by which the young generation varies. */
const MIN_GROWN_BYTES = 4 * 1024 * 1024;

interface WithCollector {
  /** Exists with the flag `--expose-gc`, which the executable has. */
  readonly gc?: (how: { type: "major"; execution: "sync"; flavor: "last-resort" }) => void;
}

/** Options of {@linkcode giveBackMemory}. */
export interface GiveBackOptions {
  readonly clock: Pick<Clock, "monotonic" | "sleep">;
  /** Stops it. */
  readonly signal: AbortSignal;
  /** Private memory, in bytes. @default that of this process */
  readonly memory?: () => number;
  /** Processor time used so far, in seconds. @default that of this process */
  readonly processor?: () => number;
  /** Returns freed memory to the kernel. @default that of the C library's allocator */
  readonly returnMemory?: () => Promise<void>;
  /** Removes from memory the pages that are also in files. @default those of the executable */
  readonly dropPages?: () => void;
}

/**
 * Frees the memory of the start and then, until the signal aborts, the memory of further work. V8
 * collects garbage and compiled code when memory is scarce, and the allocator of the C library
 * keeps most freed memory. So a process would hold the most that it ever used
 * (docs/performance.md). During work, only freed memory is returned, on another thread.
 * When the process is idle, it also collects garbage first, which takes 30 ms and needs the flag
 * `--expose-gc`, and then removes the pages of the executable from memory.
 *
 * Rejects with a {@linkcode DriverError} without a C library.
 */
export async function giveBackMemory(
  {
    clock,
    signal,
    memory = privateMemory,
    processor = processorSeconds,
    returnMemory = returnFreeMemory,
    dropPages = dropExecutablePages,
  }: GiveBackOptions,
): Promise<void> {
  collectGarbage();
  await returnMemory();
  dropPages();
  /** Memory in use after the last collection, and after memory was last returned. */
  let [collected, returned] = [memory(), memory()];
  let [at, spent] = [clock.monotonic(), processor()];
  for (;;) {
    await clock.sleep(LOOK_EVERY_MS, signal).catch(() => {});
    if (signal.aborted) return;
    const [now, total] = [clock.monotonic(), processor()];
    const isResting = (total - spent) * 1000 < RESTING_SHARE * (now - at);
    [at, spent] = [now, total];
    let held = memory();
    if (held - (isResting ? collected : returned) >= MIN_GROWN_BYTES) {
      if (isResting) collectGarbage();
      await returnMemory();
      if (isResting) dropPages();
      held = returned = memory();
      if (isResting) collected = held;
    }
    collected = Math.min(collected, held);
    returned = Math.min(returned, held);
  }
}

/** Collects all garbage if the process has the flag `--expose-gc`; otherwise does nothing. */
export function collectGarbage(): void {
  const { gc } = globalThis as unknown as WithCollector;
  gc?.({ type: "major", execution: "sync", flavor: "last-resort" });
}
