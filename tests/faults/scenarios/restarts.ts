import { type Feeder, type FeederRun, keyPrefix } from "../harness/feeder.ts";
import type { Node } from "../harness/node.ts";
import { Rig } from "../harness/rig.ts";
import type { Scenario } from "../harness/scenario.ts";
import type { Outcome } from "./accepted.ts";
import { sleep } from "../harness/wait.ts";

const PER_SECOND = 500;
const ROUNDS = 200;

interface Account {
  readonly accepted: number;
  readonly uncertain: number;
  readonly faults: readonly string[];
}

/**
 * Compares the outcome that one run of a publisher reported with the events that a subscriber
 * received.
 */
function judge({ end, first, last }: FeederRun, feeder: Feeder, { name, record }: Node): Account {
  const { stdout, stderr } = end;
  const place = `${name}: ${feeder.name}, lines ${first} to ${last}`;
  if (stdout.trim() === "") {
    return { accepted: 0, uncertain: 0, faults: [`${place}: it printed nothing: ${stderr}`] };
  }
  const { published, accepted = 0, refusedByService = 0, uncertain = 0 }: Outcome = JSON.parse(
    stdout,
  );
  const syncs = record.announcements.filter(({ kind }) => kind === "sync");
  const lastSync = syncs.at(-1)?.at ?? 0;
  let received = 0;
  let reported = 0;
  for (let line = first; line <= last; line++) {
    if (record.keys.has(keyPrefix(feeder.name) + line)) received++;
    else if ((feeder.writtenAt[line] ?? Infinity) <= lastSync) reported++;
  }
  const isWrong = accepted + refusedByService + uncertain !== published ||
    received > accepted + uncertain || received + reported < accepted;
  const faults = isWrong
    ? [`${place}: ${received} received, ${reported} reported, but ${stdout}`]
    : [];
  return { accepted, uncertain, faults };
}

/** A service is killed repeatedly while local publishers send as fast as it acknowledges. */
export const restarts: Scenario = {
  name: "restarts",
  summary:
    "a service is killed and restarted 200 times under load: publishers know which events it accepted",
  hasShortForm: false,
  async run({ random, say }) {
    await using rig = await Rig.create();
    const service = await rig.serve();
    await rig.node("subscriber");
    await rig.node("nbapi", { kind: "nbapi" });
    await rig.witness();
    const feeders = ["a", "b"].map((name) =>
      rig.feeder(name, PER_SECOND, { extraFlags: ["--json"] })
    );
    for (const feeder of feeders) feeder.start();
    for (let round = 1; round <= ROUNDS; round++) {
      await sleep(random.between(100, 700));
      await service.kill();
      await sleep(random.between(0, 200));
      await service.start({ untilReady: false });
      if (round % 25 === 0) say(`${round} of ${ROUNDS} rounds, ${rig.written} events written`);
    }
    await sleep(2_000);
    for (const feeder of feeders) await feeder.finish();
    const rows = await rig.settle({ note: `${ROUNDS} restarts` });
    const accounts = rig.nodes.map((node) =>
      feeders.flatMap((each) => each.runs.map((run) => judge(run, each, node)))
    );
    const sum = (of: (account: Account) => number) =>
      (accounts[0] ?? []).reduce((all, each) => all + of(each), 0);
    const remark = `${rig.written} events written, ${sum(({ accepted }) => accepted)} accepted, ` +
      `${sum(({ uncertain }) => uncertain)} uncertain, by ${accounts[0]?.length} runs of publish`;
    say(remark);
    return { rows, faults: accounts.flat().flatMap(({ faults }) => faults), remarks: [remark] };
  },
};
