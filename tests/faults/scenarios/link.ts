import type { Overrides } from "../../support/deployment.ts";
import { NetPair, whyNoNamespaces } from "../harness/net_pair.ts";
import type { Node } from "../harness/node.ts";
import { Rig } from "../harness/rig.ts";
import type { Finding, Scenario, ScenarioContext, Skipped } from "../harness/scenario.ts";
import type { Service } from "../harness/service.ts";
import { sleep } from "../harness/wait.ts";

const PER_SECOND = 300;

/** The rig, its service, and the node at the other end of the link. */
interface AcrossLink extends AsyncDisposable {
  readonly rig: Rig;
  readonly service: Service;
  readonly far: Node;
}

/** Creates a rig whose service is at the near end of a link, with a node at either end. */
export async function acrossLink(net: NetPair, overrides: Overrides = {}): Promise<AcrossLink> {
  const rig = await Rig.create({ "df.local_ip": net.near, ...overrides });
  try {
    const service = await rig.serve({ wrapper: net.inNear });
    await rig.node("near", { wrapper: net.inNear });
    const far = await rig.node("across the link", { wrapper: net.inFar });
    await rig.witness(`tcp://${net.near}:${rig.port}`, net.inNear);
    return { rig, service, far, [Symbol.asyncDispose]: () => rig[Symbol.asyncDispose]() };
  } catch (error) {
    await rig[Symbol.asyncDispose]();
    throw error;
  }
}

async function cutLink({ isShort, say }: ScenarioContext): Promise<Finding | Skipped> {
  const skipped = await whyNoNamespaces();
  if (skipped !== undefined) return { skipped };
  await using net = await NetPair.create();
  await using across = await acrossLink(net);
  const { rig } = across;
  const feeder = rig.feeder("e", PER_SECOND).start();
  const cutMs = isShort ? 3_000 : 30_000;
  await sleep(1_000);
  await net.cut(true);
  say(`the link is cut for ${cutMs / 1000} s`);
  await sleep(cutMs);
  await net.cut(false);
  await sleep(isShort ? 2_000 : 10_000);
  const { code, stderr } = await feeder.finish();
  const rows = await rig.settle({ note: `cut ${cutMs / 1000} s` });
  return { rows, faults: code === 0 ? [] : [`publish: ${stderr}`] };
}

async function loseOnLink({ isShort, say }: ScenarioContext): Promise<Finding | Skipped> {
  const skipped = await whyNoNamespaces();
  if (skipped !== undefined) return { skipped };
  await using net = await NetPair.create();
  await using across = await acrossLink(net);
  const { rig } = across;
  const { way, why } = await net.lose(10, 50);
  if (way === "none") return { skipped: why };
  say(`loss by ${way}: ${why}`);
  const feeder = rig.feeder("e", PER_SECOND).start();
  await sleep(isShort ? 3_000 : 30_000);
  await feeder.finish();
  await sleep(isShort ? 1_000 : 5_000);
  return { rows: await rig.settle(), remarks: [`packets were lost by ${way}: ${why}`] };
}

/** The path between service and subscriber fails without notice, and recovers. */
export const linkCut: Scenario = {
  name: "link-cut",
  summary: "the link between a service and a subscriber is cut, in separate network namespaces",
  hasShortForm: true,
  run: cutLink,
};

/** Packets are lost in transit at random. */
export const linkLoss: Scenario = {
  name: "link-loss",
  summary: "one packet in ten is lost between a service and a subscriber",
  hasShortForm: false,
  run: loseOnLink,
};
