import { ANNOUNCED_WITHIN_MS, Rig } from "../harness/rig.ts";
import { closes, type LedgerRow } from "../harness/ledger.ts";
import { keyPrefix } from "../harness/feeder.ts";
import type { Finding, Scenario, ScenarioContext } from "../harness/scenario.ts";
import { TcpProxy } from "../harness/tcp_proxy.ts";
import { sleep, until } from "../harness/wait.ts";
import { ZmtpFilter } from "../harness/zmtp_filter.ts";

/** What {@linkcode dropLastEvent} saw. */
export interface DropReport {
  readonly rows: readonly LedgerRow[];
  /** From the drop until every row closed, in milliseconds; undefined when one never did. */
  readonly closedAfterMs: number | undefined;
}

const MARK = "cut-out";
const TIMEOUT_MS = 4_000;

/**
 * Cuts one event out of the stream to a subscriber, which no connection does. The next event of its
 * topic shows that it is missing; before silence nothing does. A second subscriber receives
 * everything: the harness knows the truth.
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
  const filter = () => new ZmtpFilter(isMarked);
  await using proxy = new TcpProxy({ targetPort: rig.port, filter });
  await rig.node("witness");
  const victim = await rig.node("behind the proxy", { uris: [proxy.uri] });
  const before = rig.feeder("before", 200).start();
  await sleep(1_000);
  await before.finish();
  const heard = () => victim.record.heardOf("before") === before.written;
  await until(heard, { what: "all was heard before" });
  await (await rig.feeder(MARK, 50, { limit: 1 }).start().whenWritten()).finish();
  await until(() => droppedAt !== undefined, { what: "the event was cut out" });
  if (next === "event") {
    await (await rig.feeder("next", 50, { limit: 1 }).start().whenWritten()).finish();
  }
  return await whenClosed(rig, droppedAt ?? 0);
}

async function whenClosed(rig: Rig, droppedAt: number): Promise<DropReport> {
  while (performance.now() < droppedAt + TIMEOUT_MS) {
    const rows = rig.rows({ note: "one event cut out" });
    if (rows.every(closes)) return { rows, closedAfterMs: performance.now() - droppedAt };
    await sleep(20);
  }
  return { rows: rig.rows({ note: "one event cut out" }), closedAfterMs: undefined };
}

function textOf(bytes: Uint8Array | undefined): string {
  return new TextDecoder().decode(bytes);
}

/** One event is cut out behind everybody's back: told with the next one, and seen without one. */
export const dropped: Scenario = {
  name: "dropped",
  summary:
    "one event is cut out of a stream: told with the next one; before silence only the ledger knows",
  hasShortForm: false,
  async run({ say }: ScenarioContext): Promise<Finding> {
    const faults: string[] = [];
    const { rows, closedAfterMs } = await dropEvent("event");
    say(`with the next event closed after ${closedAfterMs?.toFixed(0)} ms`);
    if (closedAfterMs === undefined || closedAfterMs > ANNOUNCED_WITHIN_MS) {
      faults.push(`told after ${closedAfterMs} ms, wanted ${ANNOUNCED_WITHIN_MS} at most`);
    }
    const blind = await dropEvent("silence");
    const silent = blind.rows.reduce((sum, row) => sum + row.silent, 0);
    say(`before silence ${silent} silent loss`);
    if (silent !== 1) faults.push(`before silence the harness saw ${silent} losses, wanted 1`);
    return { rows, faults };
  },
};
