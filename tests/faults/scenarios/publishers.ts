import { cpuSeconds } from "../../../bench/process_stats.ts";
import { Answering } from "../harness/attacked_pair.ts";
import { Rig } from "../harness/rig.ts";
import type { Scenario } from "../harness/scenario.ts";
import { sleep, until } from "../harness/wait.ts";

const ROUNDS = 3;
const IDLE_MS = 10_000;
/** Share of one core, with one heartbeat per second on each connection. */
const MAX_IDLE_SHARE = 0.25;

/** One node follows many publishers. */
export const publishers: Scenario = {
  name: "publishers",
  summary: "one node follows 2,000 publishers, all in one process: events of each arrive",
  hasShortForm: true,
  needsPlain: "its publishers, all in one process, speak plain ZMTP",
  async run({ isShort, say }) {
    const count = isShort ? 200 : 2_000;
    await using rig = await Rig.create({
      "df_zmq.heartbeat_interval": 1,
      "df_zmq.heartbeat_timeout": 2.5,
    });
    await using crowd = new Answering("publishers", [String(count)]);
    const uris = await crowd.answer<string[]>();
    const startedAt = performance.now();
    const node = await rig.node("node", { uris });
    // The node is ready with the first publisher: no table says which publishers are alive.
    const live = () =>
      new Set(node.health.flatMap((each) => each["kind"] === "live" ? each["address"] : []));
    const timeoutMs = 240_000;
    await until(() => live().size === count, { what: "all are live", timeoutMs });
    const early = node.record.announcements.length;
    say(`${count} publishers are live after ${(performance.now() - startedAt).toFixed(0)} ms`);
    for (let round = 0; round < ROUNDS; round++) {
      await crowd.ask();
      const due = (round + 1) * count;
      await until(() => node.record.received >= due, { what: `${due} events` }).catch(() => {});
    }
    const before = await cpuSeconds(node.pid);
    await sleep(isShort ? IDLE_MS / 10 : IDLE_MS);
    const idle = (await cpuSeconds(node.pid) - before) / (isShort ? IDLE_MS / 10 : IDLE_MS) * 1000;
    const { streams, received, announcements } = node.record;
    const announced = announcements.length - early;
    const remark = `${streams.size} publishers, ${received} events; idle, the node takes ` +
      `${(100 * idle).toFixed(1)} % of a core`;
    say(remark);
    const faults: string[] = [];
    if (received !== ROUNDS * count) faults.push(`${received} of ${ROUNDS * count} events`);
    if (streams.size !== count) faults.push(`events of ${streams.size} of ${count} publishers`);
    if (announced > 0) faults.push(`${announced} announcements`);
    if (idle > MAX_IDLE_SHARE) faults.push(`idle it takes ${(100 * idle).toFixed(1)} % of a core`);
    return { rows: rig.rows(), faults, remarks: [remark] };
  },
};
