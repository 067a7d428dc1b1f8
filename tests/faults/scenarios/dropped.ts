import { ANNOUNCED_WITHIN_MS, Rig } from "../harness/rig.ts";
import { closes, type LedgerRow } from "../harness/ledger.ts";
import { keyPrefix } from "../harness/feeder.ts";
import type { Finding, Scenario, ScenarioContext } from "../harness/scenario.ts";
import { sleep, until } from "../harness/wait.ts";
import { filteringProxy } from "../harness/zmtp_filter.ts";

/** The result of {@linkcode dropLastEvent}. */
export interface DropReport {
  readonly rows: readonly LedgerRow[];
  /** Milliseconds from the drop until every row closed, or undefined when a row never closed. */
  readonly closedAfterMs: number | undefined;
}

const MARK = "cut-out";
const TIMEOUT_MS = 4_000;

/**
 * Removes one event from the stream to a subscriber, which no real connection does. The next event
 * of the topic reveals the loss; if none follows, nothing does. A second subscriber receives
 * everything, so the harness knows the truth.
 */
export async function dropEvent(next: "silence" | "event"): Promise<DropReport> {
  await using rig = await Rig.create();
  await rig.serve();
  let droppedAt: number | undefined;
  const isMarked = (frames: readonly Uint8Array[]) => {
    const isDropped = frames.length === 2 && textOf(frames[1]).includes(keyPrefix(MARK));
    if (isDropped) droppedAt = performance.now();
    return isDropped;
  };
  await using proxy = await filteringProxy(rig.port, isMarked);
  await rig.node("witness");
  const victim = await rig.node("behind the proxy", { uris: [proxy.uri] });
  const before = rig.feeder("before", 200).start();
  await sleep(1_000);
  await before.finish();
  const isDone = () => victim.record.receivedOf("before") === before.written;
  await until(isDone, { what: "all events before have arrived" });
  await (await rig.feeder(MARK, 50, { limit: 1 }).start().whenWritten()).finish();
  await until(() => droppedAt !== undefined, { what: "the event was removed" });
  if (next === "event") {
    await (await rig.feeder("next", 50, { limit: 1 }).start().whenWritten()).finish();
  }
  return await whenClosed(rig, droppedAt ?? 0);
}

async function whenClosed(rig: Rig, droppedAt: number): Promise<DropReport> {
  while (performance.now() < droppedAt + TIMEOUT_MS) {
    const rows = rig.rows({ note: "one event removed" });
    if (rows.every(closes)) return { rows, closedAfterMs: performance.now() - droppedAt };
    await sleep(20);
  }
  return { rows: rig.rows({ note: "one event removed" }), closedAfterMs: undefined };
}

function textOf(bytes: Uint8Array | undefined): string {
  return new TextDecoder().decode(bytes);
}

/**
 * One event is removed unnoticed: the next event reveals it, and without a next event the ledger
 * does.
 */
export const dropped: Scenario = {
  name: "dropped",
  summary:
    "one event is removed from a stream: reported with the next event; without a next event only the ledger knows",
  hasShortForm: false,
  needsPlain: "the proxy removes an event from plain ZMTP",
  async run({ say }: ScenarioContext): Promise<Finding> {
    const faults: string[] = [];
    const { rows, closedAfterMs } = await dropEvent("event");
    say(`with a next event, closed after ${closedAfterMs?.toFixed(0)} ms`);
    if (closedAfterMs === undefined || closedAfterMs > ANNOUNCED_WITHIN_MS) {
      faults.push(`reported after ${closedAfterMs} ms, wanted ${ANNOUNCED_WITHIN_MS} at most`);
    }
    const blind = await dropEvent("silence");
    const silent = blind.rows.reduce((sum, row) => sum + row.silent, 0);
    say(`without a next event, ${silent} silent loss`);
    if (silent !== 1) {
      faults.push(`without a next event, the harness saw ${silent} losses, wanted 1`);
    }
    return { rows, faults };
  },
};
