import { Rig } from "../harness/rig.ts";
import type { Scenario } from "../harness/scenario.ts";
import { sleep } from "../harness/wait.ts";

const LIBRARY = "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1";
const MISSING = `no ${LIBRARY}: apt-get install libfaketime`;

/** The clocks of a service and of a subscriber jump one hour forward and back. */
export const clockJump: Scenario = {
  name: "clock-jump",
  summary: "the clocks of a service and of a subscriber jump one hour forward and back",
  hasShortForm: false,
  async run({ say }) {
    if (!await exists(LIBRARY)) return { skipped: MISSING };
    await using rig = await Rig.create();
    const serviceClock = await fakeClock(rig.path("clock-of-service"));
    const nodeClock = await fakeClock(rig.path("clock-of-node"));
    const service = await rig.serve({ wrapper: serviceClock.wrapper });
    await rig.node("true clock");
    await rig.node("wrong clock", { wrapper: nodeClock.wrapper });
    await rig.witness();
    const feeder = rig.feeder("e", 200).start();
    for (const [clock, offset] of JUMPS) {
      await sleep(2_000);
      await (clock === "service" ? serviceClock : nodeClock).set(offset);
      say(`the clock of the ${clock} is now at ${offset}`);
    }
    await sleep(3_000);
    const { code, stderr } = await feeder.finish();
    const rows = await rig.settle({ baseline: "all", note: "by libfaketime" });
    const faults = code === 0 ? [] : [`publish: ${stderr}`];
    const end = await service.stop();
    if (end.code !== 0) faults.push(`serve ended with ${end.code}: ${end.stderr}`);
    const jumped = rig.nodes.some(({ record }) => spansAnHour(record));
    if (!jumped) faults.push("no event carries the wrong time: the scenario proves nothing");
    return { rows, faults, remarks: ["libfaketime sets the clock"] };
  },
};

const JUMPS = [
  ["service", "+3600s"],
  ["service", "-3600s"],
  ["node", "+3600s"],
  ["node", "-3600s"],
  ["service", "+0s"],
] as const;

interface FakeClock {
  /** A command prefix that gives the program this clock. */
  readonly wrapper: readonly string[];
  /** Sets the offset of the clock: `+3600s`. */
  set(offset: string): Promise<void>;
}

async function fakeClock(file: string): Promise<FakeClock> {
  const variables = {
    LD_PRELOAD: LIBRARY,
    FAKETIME_TIMESTAMP_FILE: file,
    FAKETIME_NO_CACHE: "1",
    DONT_FAKE_MONOTONIC: "1",
  };
  const set = (offset: string) => Deno.writeTextFile(file, `${offset}\n`);
  await set("+0s");
  return { wrapper: ["env", ...Object.entries(variables).map((pair) => pair.join("="))], set };
}

function spansAnHour({ streams }: { streams: Map<string, { sentAt: Map<number, number> }> }) {
  const times = [...streams.values()].flatMap(({ sentAt }) => [...sentAt.values()]);
  return times.reduce((most, time) => Math.max(most, time), 0) >= (Date.now() + 3_000_000) * 1000;
}

async function exists(path: string): Promise<boolean> {
  return await Deno.lstat(path).then(() => true, () => false);
}
