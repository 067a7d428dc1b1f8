import { Rig } from "../harness/rig.ts";
import type { Scenario } from "../harness/scenario.ts";
import { sleep, until } from "../harness/wait.ts";
import { type OldEvent, OldNode } from "../harness/old_node.ts";

const SHORT_QUEUES = { "df_zmq.high_water_mark": 200, "df_zmq.heartbeat_timeout": 60 };
const STALLED_MS = 4_000;
const FIELDS = ["table", "key", "action", "value", "topic"] as const;
/** Nodes receive a sync only some time after a lossy period. */
const SYNC_WITHIN_MS = 15_000;

/** A node of the original reads positioned events, and receives a sync when it was too slow. */
export const oldNode: Scenario = {
  name: "old-node",
  summary:
    "a node of the original reads stamped events; after a stall with overflow it gets one sync",
  hasShortForm: true,
  needsPlain: "a node of the original cannot use TLS",
  async run({ isShort, say }) {
    await using rig = await Rig.create(SHORT_QUEUES);
    await rig.serve();
    await rig.node("subscriber");
    await rig.witness();
    await using old = await OldNode.open(rig.uri, { queue: 100 });
    const probe = rig.feeder("probe", 20).start();
    await until(() => old.events.length > 0, { what: "the old node receives events" });
    await probe.finish();
    const faults: string[] = [];
    const count = isShort ? 300 : 2_000;
    await (await rig.feeder("e", 500, { limit: count }).start().whenWritten()).finish();
    await until(() => old.keysOf("e").length >= count, { what: "the old node received all" })
      .catch((error: Error) => faults.push(error.message));
    faults.push(...old.events.flatMap(problemOf));
    say(`${old.keysOf("e").length} stamped events read as before`);
    faults.push(...await stallOnce(rig, old, say));
    return { rows: await rig.settle(), faults };
  },
};

function problemOf({ document }: OldEvent): string[] {
  const { action, key } = document;
  const names = FIELDS.filter((field) => !(field in document));
  if (names.length > 0) return [`event "${key}" lacks ${names.join(", ")}`];
  if (action !== "set" || document["table"] === "publisher") return [];
  const expected = { table: "t", action: "set", value: "v".repeat(100), topic: "D" };
  const wrong = Object.entries(expected).filter(([name, value]) => document[name] !== value);
  return wrong.map(([name]) => `event "${key}" has a different "${name}"`);
}

async function stallOnce(rig: Rig, old: OldNode, say: (text: string) => void): Promise<string[]> {
  const before = old.syncs;
  const flood = rig.feeder("flood", 1_500, { valueBytes: 8_000 }).start();
  old.signal("SIGSTOP");
  await sleep(STALLED_MS);
  old.signal("SIGCONT");
  await flood.finish();
  const isDone = () => old.syncs > before;
  await until(isDone, { what: "the old node got a sync", timeoutMs: SYNC_WITHIN_MS })
    .catch(() => {});
  // A second sync would follow soon.
  await sleep(1_500);
  const missed = flood.written - old.keysOf("flood").length;
  const syncs = old.syncs - before;
  say(`stalled: ${missed} of ${flood.written} events missed, ${syncs} sync`);
  if (missed === 0) return ["the old node did not overflow: the scenario proves nothing"];
  return syncs === 1
    ? []
    : [`the old node missed ${missed} events and got ${syncs} sync, wanted 1`];
}
