import { Rig } from "../harness/rig.ts";
import type { Scenario } from "../harness/scenario.ts";
import { sleep } from "../harness/wait.ts";

/** Without faults, every event arrives once and in order, and nothing is announced. */
export const steady: Scenario = {
  name: "steady",
  summary: "two publishers, three subscribers, no fault: all events arrive",
  hasShortForm: true,
  async run({ isShort, say }) {
    await using rig = await Rig.create();
    const service = await rig.serve();
    await rig.node("subscriber");
    await rig.node("nbapi", { kind: "nbapi" });
    await rig.node("project subscriber", { topics: ["project-1"] });
    await rig.witness();
    await using program = await rig.subscribe();
    const all = rig.feeder("all", 500).start();
    const project = rig.feeder("project", 100, { topicOf: () => "project-1" }).start();
    await sleep(isShort ? 2_000 : 20_000);
    const ends = [await all.finish(), await project.finish()];
    say(`published ${all.written} and ${project.written}`);
    const rows = await rig.settle();
    const printed = program.stdout?.lines.filter((line) => line.includes('"all#')).length;
    const { code } = await service.stop();
    const faults = ends.filter((end) => end.code !== 0).map((end) => `publish: ${end.stderr}`);
    if (code !== 0) faults.push(`serve ended with ${code}`);
    const received = rig.nodes[0]?.record.receivedOf("all") ?? 0;
    if (received < all.written) {
      faults.push(`"subscriber" received ${received} of ${all.written} keys`);
    }
    if (printed !== all.written) faults.push(`subscribe printed ${printed} of ${all.written}`);
    return { rows, faults };
  },
};
