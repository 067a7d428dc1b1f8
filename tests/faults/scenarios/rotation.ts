import { Rig } from "../harness/rig.ts";
import type { Scenario } from "../harness/scenario.ts";
import { openSecurity } from "../harness/security.ts";
import { sleep } from "../harness/wait.ts";

/** Changed files are looked at every 2 s, twice, and connections made again within 2 s. */
const ROUND_MS = 6_500;
const ROUNDS = 20;

/** Certificates of both ends change under load, and in two of the rounds so does their authority. */
export const rotation: Scenario = {
  name: "rotation",
  summary: "certificates and authorities change 20 times, and connections follow",
  hasShortForm: false,
  async run({ say }) {
    await using security = await openSecurity();
    const { files } = security;
    const reconnects = { "df_zmq.tls_reconnect_on_change": "true" };
    await using rig = await Rig.create(reconnects, security);
    const service = await rig.serve();
    await rig.node("subscriber");
    await rig.node("nbapi", { kind: "nbapi" });
    await rig.witness();
    const feeder = rig.feeder("all", 500).start();
    let { authority } = security;
    for (let round = 1; round <= ROUNDS; round++) {
      if (round % 10 === 4) {
        const next = await files.authority();
        await files.trust(authority, next);
        await sleep(ROUND_MS);
        await files.issue(next);
        await sleep(ROUND_MS);
        await files.trust(next);
        authority = next;
        say(`round ${round}: another authority`);
      } else await files.issue(authority);
      await sleep(ROUND_MS);
      if (round % 5 === 0) say(`round ${round}, ${feeder.written} events`);
    }
    await feeder.finish();
    const rows = await rig.settle();
    const faults: string[] = [];
    for (const { name, health } of rig.nodes) {
      const times = health.filter(({ kind }) => kind === "live").length;
      if (times <= ROUNDS) faults.push(`"${name}" connected ${times} times in ${ROUNDS} rounds`);
    }
    for (const { subscriber, announced } of rows) {
      if (announced > 0) faults.push(`"${subscriber}" lost ${announced} events`);
    }
    const { code } = await service.stop();
    if (code !== 0) faults.push(`serve ended with ${code}`);
    return { rows, faults };
  },
};
