import { manyCommand, ManySubscribers } from "../harness/many_subscribers.ts";
import { Rig } from "../harness/rig.ts";
import type { Scenario } from "../harness/scenario.ts";
import { sleep } from "../harness/wait.ts";

const PROCESSES = 4;

/** Many nodes on one publisher. */
export const thousand: Scenario = {
  name: "thousand",
  summary: "1,000 plain subscribers in four processes on one publisher",
  hasShortForm: true,
  needsPlain: "plain sockets cannot use TLS",
  async run({ isShort, say }) {
    await using rig = await Rig.create();
    await using crowd = new AsyncDisposableStack();
    await rig.serve();
    const subscriber = await rig.node("subscriber");
    const witness = await rig.witness();
    const command = await manyCommand(rig.path(""));
    const each = (isShort ? 100 : 1_000) / PROCESSES;
    const groups = Array.from({ length: PROCESSES }, (_, n) => {
      const name = `${each} plain sockets, ${n + 1}`;
      return crowd.use(new ManySubscribers(name, [...command, rig.uri, String(each)]));
    });
    const feeder = rig.feeder("e", 100).start();
    await Promise.all(groups.map((group) => group.live()));
    say(`${each * PROCESSES} subscribers receive from the publisher; ${command.join(" ")}`);
    await sleep(isShort ? 2_000 : 20_000);
    const { code, stderr } = await feeder.finish();
    const rows = await rig.settle();
    const streams = [...subscriber.record.streams].map(([, { highest }]) => highest);
    const last = Math.max(...streams, ...witness.positions.values());
    const crowds = await Promise.all(groups.map((group) => group.finish(last)));
    return { rows: [...rows, ...crowds], faults: code === 0 ? [] : [`publish: ${stderr}`] };
  },
};
