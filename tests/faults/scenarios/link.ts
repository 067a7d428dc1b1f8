import type { Overrides } from "../../support/deployment.ts";
import { NetPair, whyNoNamespaces } from "../harness/net_pair.ts";
import type { Node } from "../harness/node.ts";
import { Rig } from "../harness/rig.ts";
import type { Finding, Scenario, ScenarioContext, Skipped } from "../harness/scenario.ts";
import type { Service } from "../harness/service.ts";
import { sleep } from "../harness/wait.ts";

const PER_SECOND = 300;

/** A link, a rig across it, the service at its near end, and the node at its far end. */
export interface AcrossLink {
  readonly net: NetPair;
  readonly rig: Rig;
  readonly service: Service;
  readonly far: Node;
}

/** Calls `run` with a service at the near end of a link, and a node at either end. */
export async function acrossLink(
  run: (across: AcrossLink) => Promise<Finding | Skipped>,
  overrides: Overrides = {},
): Promise<Finding | Skipped> {
  const skipped = await whyNoNamespaces();
  if (skipped !== undefined) return { skipped };
  await using net = await NetPair.create();
  await using rig = await Rig.create({ "df.local_ip": net.near, ...overrides });
  const service = await rig.serve({ wrapper: net.inNear });
  await rig.node("near", { wrapper: net.inNear });
  const far = await rig.node("across the link", { wrapper: net.inFar });
  await rig.witness(`tcp://${net.near}:${rig.port}`, net.inNear);
  return await run({ net, rig, service, far });
}

async function cutLink(
  { net, rig }: AcrossLink,
  { isShort, say }: ScenarioContext,
): Promise<Finding> {
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

async function loseOnLink(
  { net, rig }: AcrossLink,
  { isShort, say }: ScenarioContext,
): Promise<Finding | Skipped> {
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
  run: (context) => acrossLink((across) => cutLink(across, context)),
};

/** Packets are lost in transit at random. */
export const linkLoss: Scenario = {
  name: "link-loss",
  summary: "one packet in ten is lost between a service and a subscriber",
  hasShortForm: false,
  run: (context) => acrossLink((across) => loseOnLink(across, context)),
};
