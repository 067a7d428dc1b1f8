import assert from "node:assert/strict";

const TIMEOUT_MS = 10_000;
const POLL_INTERVAL_MS = 5;
/** libzmq's reaper and I/O threads. Each names itself, so it has no name just after its start. */
const THREADS_OF_A_CONTEXT = 2;

/** Native resources that no test sanitizer sees. */
export interface Handles {
  /** Open file descriptors by kind: `socket`, `anon_inode`, or the path of a file. */
  readonly descriptors: Readonly<Record<string, number>>;
  /** The number of threads that libzmq has started. */
  readonly zmqThreads: number;
}

/** Counts the open resources of this process. */
function openHandles(): Handles {
  const descriptors: Record<string, number> = {};
  for (const { name } of Deno.readDirSync("/proc/self/fd")) {
    const kind = kindOf(`/proc/self/fd/${name}`);
    if (kind !== undefined) descriptors[kind] = (descriptors[kind] ?? 0) + 1;
  }
  return { descriptors, zmqThreads: countZmqThreads() };
}

/** Runs `action`. Fails unless, soon afterwards, every resource that `action` opened is closed. */
export async function withoutLeaks(action: () => Promise<void>): Promise<void> {
  await within(() => openHandles().zmqThreads % THREADS_OF_A_CONTEXT === 0);
  const before = openHandles();
  await action();
  await within(() => leaksSince(before).length === 0);
  assert.deepEqual(leaksSince(before), [], "left open");
}

async function within(isSo: () => boolean): Promise<void> {
  const deadline = performance.now() + TIMEOUT_MS;
  while (!isSo() && performance.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, POLL_INTERVAL_MS));
  }
}

function leaksSince(before: Handles): string[] {
  const now = openHandles();
  const leaks = Object.entries(now.descriptors)
    .map(([kind, count]) => ({ kind, more: count - (before.descriptors[kind] ?? 0) }))
    .filter(({ more }) => more > 0)
    .map(({ kind, more }) => `${more} ${kind}`);
  const threads = now.zmqThreads - before.zmqThreads;
  return threads > 0 ? [...leaks, `${threads} libzmq threads`] : leaks;
}

// The directory of descriptors is itself open while it is read, and closed afterwards.
function kindOf(link: string): string | undefined {
  try {
    const target = Deno.readLinkSync(link);
    return target.startsWith("/proc/") ? undefined : target.replace(/:\[\d+\]$/, "");
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

function countZmqThreads(): number {
  let count = 0;
  for (const { name } of Deno.readDirSync("/proc/self/task")) {
    if (threadName(name).startsWith("ZMQbg")) count++;
  }
  return count;
}

function threadName(id: string): string {
  try {
    return Deno.readTextFileSync(`/proc/self/task/${id}/comm`);
  } catch {
    return "";
  }
}
