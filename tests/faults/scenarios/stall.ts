import { Rig } from "../harness/rig.ts";
import type { Scenario } from "../harness/scenario.ts";
import { sleep } from "../harness/wait.ts";

/**
 * Queues are short and events long, so that a stopped subscriber overflows within two seconds.
 */
const SHORT_QUEUES = { "df_zmq.high_water_mark": 200, "df_zmq.heartbeat_timeout": 60 };
const VALUE_BYTES = 8_000;
const PER_SECOND = 1_000;

/** A subscriber is stopped until its queue overflows, and continued. */
export const stall: Scenario = {
  name: "stall",
  summary: "a subscriber is stopped by SIGSTOP until it overflows, and continued",
  hasShortForm: true,
  async run({ isShort, say }) {
    await using rig = await Rig.create(SHORT_QUEUES);
    await rig.serve();
    await rig.node("fast");
    const slow = await rig.node("stopped");
    const api = await rig.node("stopped nbapi", { kind: "nbapi" });
    await rig.witness();
    const feeder = rig.feeder("e", PER_SECOND, { valueBytes: VALUE_BYTES }).start();
    for (let round = 1; round <= (isShort ? 1 : 4); round++) {
      await sleep(500);
      for (const node of [slow, api]) node.signal("SIGSTOP");
      await sleep(isShort ? 3_000 : 8_000);
      for (const node of [slow, api]) node.signal("SIGCONT");
      say(`round ${round}: continued after ${feeder.written} events`);
      await sleep(1_500);
    }
    const { code, stderr } = await feeder.finish();
    const rows = await rig.settle();
    const faults = code === 0 ? [] : [`publish: ${stderr}`];
    if (rows.every(({ replayed, announced }) => replayed + announced === 0)) {
      faults.push("no queue overflowed: the scenario proves nothing");
    }
    return { rows, faults };
  },
};
