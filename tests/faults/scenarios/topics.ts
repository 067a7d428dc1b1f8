import { cpuSeconds, memoryOf } from "../../../bench/process_stats.ts";
import { Rig } from "../harness/rig.ts";
import type { Scenario } from "../harness/scenario.ts";
import { sleep, until } from "../harness/wait.ts";

const MEGABYTE = 1024 * 1024;
const ROUNDS = 3;
const PER_SECOND = 10_000;
const STOPPED_MS = 5_000;
/** The median of several windows counts, since collections of garbage follow a burst. */
const WINDOWS = 11;
const WINDOW_MS = 1_000;
/** Share of one core while nothing is published. */
const MAX_IDLE_SHARE = 0.05;
/** Resident: some 2.5 KB for each topic in the service, of which 1 KB is in use. */
const MAX_MB = 450;
const ARRIVES_WITHIN_MS = 240_000;

/** Far more topics than any network has, all in use. */
export const topics: Scenario = {
  name: "topics",
  summary:
    "100,000 topics through a service to one subscriber, which loses its connection and resumes",
  hasShortForm: true,
  async run({ isShort, say }) {
    const count = isShort ? 5_000 : 100_000;
    await using rig = await Rig.create({
      "df_zmq.max_subscriptions": count + 1_000,
      "df_zmq.heartbeat_timeout": 2.5,
    });
    const service = await rig.serve();
    const names = Array.from({ length: count }, (_, n) => `topic-${n}`);
    const node = await rig.node("node", { topics: names });
    say(`${count} topics are live`);
    const topicOf = (number: number) => names[number % count] ?? "";
    const limit = ROUNDS * count;
    const feeder = rig.feeder("e", PER_SECOND, { topicOf, limit }).start();
    await until(() => node.record.received >= count, {
      what: "an event of each topic has arrived",
      timeoutMs: ARRIVES_WITHIN_MS,
    });
    say(`${node.record.received} events have arrived, of ${feeder.written}`);
    feeder.pause(true);
    node.signal("SIGSTOP");
    await sleep(STOPPED_MS);
    node.signal("SIGCONT");
    feeder.pause(false);
    await until(() => node.record.received >= limit, {
      what: "all events have arrived",
      timeoutMs: ARRIVES_WITHIN_MS,
    }).catch((error) => say(String(error)));
    const { code, stderr } = await feeder.finish();
    const processes = { serve: service.child.pid, node: node.pid };
    const shares: number[][] = [];
    for (let window = 0; window < WINDOWS; window++) {
      shares.push(await idleShares(Object.values(processes)));
    }
    const remarks: string[] = [];
    const faults = code === 0 ? [] : [`publish: ${stderr}`];
    for (const [index, [name, pid]] of Object.entries(processes).entries()) {
      const sorted = shares.map((window) => window[index] ?? Infinity).sort((a, b) => a - b);
      const idle = sorted[Math.floor(WINDOWS / 2)] ?? Infinity;
      const { resident, peak } = await memoryOf(pid);
      const text = `${name}: ${(resident / MEGABYTE).toFixed(0)} MB, at most ` +
        `${(peak / MEGABYTE).toFixed(0)}; idle it takes ${(100 * idle).toFixed(1)} % of a core`;
      remarks.push(text);
      say(text);
      if (idle > MAX_IDLE_SHARE || peak > MAX_MB * MEGABYTE) faults.push(text);
    }
    const { received, announcements } = node.record;
    const rows = await rig.settle();
    if (received !== limit) faults.push(`${received} of ${limit} events arrived`);
    if (announcements.length > 0) {
      faults.push(`${announcements.length} announcements: ${JSON.stringify(announcements[0])}`);
    }
    return { rows, faults, remarks };
  },
};

/** The share of a core that each process takes for a while. */
async function idleShares(pids: readonly number[]): Promise<number[]> {
  const before = await Promise.all(pids.map(cpuSeconds));
  await sleep(WINDOW_MS);
  const after = await Promise.all(pids.map(cpuSeconds));
  return after.map((seconds, index) => (seconds - (before[index] ?? 0)) / WINDOW_MS * 1000);
}
