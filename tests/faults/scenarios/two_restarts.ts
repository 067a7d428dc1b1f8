import { somePort } from "../../support/redis/node.ts";
import { Rig } from "../harness/rig.ts";
import type { Scenario } from "../harness/scenario.ts";
import { sleep } from "../harness/wait.ts";

/** Two services of one network are killed at the same moments, repeatedly. */
export const twoRestarts: Scenario = {
  name: "two-restarts",
  summary: "two publisher services are killed and restarted at once",
  hasShortForm: false,
  async run({ random, say }) {
    await using rig = await Rig.create();
    const second = {
      "df.publisher_port": somePort(),
      "df.publisher_multiproc_socket": rig.path("second"),
    };
    const services = [await rig.serve(), await rig.serve({ overrides: second })];
    await rig.node("subscriber");
    await rig.node("nbapi", { kind: "nbapi" });
    await rig.witness();
    await rig.witness(`tcp://127.0.0.1:${second["df.publisher_port"]}`);
    const feeders = [rig.feeder("a", 200), rig.feeder("b", 200, { overrides: second })];
    feeders.forEach((feeder) => feeder.start());
    for (let round = 1; round <= 10; round++) {
      await sleep(random.between(200, 1_500));
      await Promise.all(services.map((service) => service.kill()));
      await sleep(random.between(0, 500));
      await Promise.all(services.map((service) => service.start()));
      if (round % 5 === 0) say(`round ${round}`);
    }
    await sleep(1_500);
    await Promise.all(feeders.map((feeder) => feeder.finish()));
    return { rows: await rig.settle({ withinMs: 15_000 }) };
  },
};
