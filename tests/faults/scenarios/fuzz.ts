import { captureCorpus } from "../harness/corpus.ts";
import { keyPrefix } from "../harness/feeder.ts";
import { fuzzTargets, type Target } from "../harness/fuzz_targets.ts";
import { Fuzzer } from "../harness/fuzzer.ts";
import { metricsOf } from "../harness/metrics.ts";
import type { Node } from "../harness/node.ts";
import { Rig } from "../harness/rig.ts";
import type { Finding, Scenario, ScenarioContext } from "../harness/scenario.ts";
import type { Service } from "../harness/service.ts";
import { until } from "../harness/wait.ts";
import type { Witness } from "../harness/witness.ts";
import { filteringProxy } from "../harness/zmtp_filter.ts";

const MILLION = 1_000_000;
const PER_SECOND = 200;
/** The feeder whose events must all arrive exactly once. */
const VALID_FEEDER = "good";
/** This subscriber keeps missing some events, and must receive a sync for each. */
const BEHIND_PROXY = "behind a lossy proxy";

/** The environment of every target: a service, its valid events, and a witness that knows them. */
interface Stage {
  readonly rig: Rig;
  readonly service: Service;
  readonly witness: Witness;
  readonly context: ScenarioContext;
}

/** Fuzzes one target. Afterwards the target and every other process must still run. */
async function fuzzOne({ rig, service, context }: Stage, target: Target): Promise<string[]> {
  const { name, count } = target;
  const seed = context.random.between(1, 2 ** 30);
  await using fuzzer = await Fuzzer.open({ ...target, seed });
  if (target.type === "PUB") {
    await rig.node("fuzzed subscriber", { uris: [rig.uri, fuzzer.address] });
  }
  const startedAt = performance.now();
  await fuzzer.run();
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  context.say(`${name}: ${count} mutated messages in ${seconds} s, ${rig.written} good events`);
  const faults = service.child.hasEnded ? [`${name}: serve ended`] : [];
  for (const node of rig.nodes) {
    if (node.hasEnded) faults.push(`${name}: "${node.name}" ended: ${node.complaints}`);
  }
  return faults;
}

/** The service's own counters. They account for every message. */
async function countsOf({ rig, service }: Stage, mutated: number): Promise<string[]> {
  const metrics = await metricsOf(service, (line) => !line.includes(`end="network"`));
  const total = (name: string) => metrics.get(`df_pubsub_events_${name}_total`) ?? 0;
  const arrived = total("received") + total("dropped");
  const judged = total("relayed") + total("refused");
  const sent = mutated + rig.written;
  const faults = [];
  if (arrived !== sent) faults.push(`serve counts ${arrived} of the ${sent} messages sent to it`);
  if (judged !== total("received")) {
    faults.push(`${judged} of ${total("received")} were accounted for`);
  }
  return faults;
}

function publisherOf(id: string): string {
  return id.split("/", 2).join("/");
}

/** Fuzzes every target while valid events flow, and closes the ledger. */
async function fuzzAll(
  stage: Stage,
  targets: readonly Target[],
  subscriber: Node,
): Promise<Finding> {
  const { rig, witness } = stage;
  const feeder = rig.feeder(VALID_FEEDER, PER_SECOND).start();
  await until(() => subscriber.record.receivedOf(VALID_FEEDER) > 0, {
    what: "valid events arrive",
  });
  const faults: string[] = [];
  for (const target of targets) faults.push(...await fuzzOne(stage, target));
  const { code, stderr } = await feeder.finish();
  if (code !== 0) faults.push(`publish: ${stderr}`);
  const publishers = new Set([...witness.positions.keys()].map(publisherOf));
  const isReal = (id: string) => publishers.has(publisherOf(id));
  const rows = await rig.settle({ isReal, validKeys: keyPrefix(VALID_FEEDER) });
  const mutated = targets.find(({ type }) => type === "PUSH")?.count ?? 0;
  faults.push(...await countsOf(stage, mutated));
  const behindProxy = rows.find(({ subscriber }) => subscriber === BEHIND_PROXY);
  if (behindProxy?.announced === 0) {
    faults.push("the subscriber that misses events received no announcement");
  }
  return { rows, faults };
}

/** Whatever arrives at any socket, no process ends and valid events still arrive. */
export const fuzz: Scenario = {
  name: "fuzz",
  summary: "mutated frames into every receiving socket, with valid events between them",
  hasShortForm: true,
  needsPlain: "the mutated messages are plain ZMTP",
  async run(context) {
    const count = context.isShort ? MILLION / 100 : MILLION;
    await using rig = await Rig.create();
    const service = await rig.serve();
    const subscriber = await rig.node("subscriber");
    let seen = 0;
    const isDropped = ([topic]: readonly Uint8Array[]) => isBroadcast(topic) && ++seen % 20 === 0;
    await using proxy = await filteringProxy(rig.port, isDropped);
    await rig.node(BEHIND_PROXY, { uris: [proxy.uri] });
    const witness = await rig.witness();
    const corpus = await captureCorpus(rig);
    const targets = fuzzTargets({ rig, service, corpus, count });
    const finding = await fuzzAll({ rig, service, witness, context }, targets, subscriber);
    const { code, stderr } = await service.stop();
    const faults = [...finding.faults ?? []];
    if (code !== 0) faults.push(`serve ended with ${code}: ${stderr.slice(-500)}`);
    const report = `serve: ${/^stopped: .*$/m.exec(stderr)?.[0]}`;
    return { ...finding, faults, remarks: [report] };
  },
};

function isBroadcast(topic: Uint8Array | undefined): boolean {
  return topic?.length === 1 && topic[0] === 0x44;
}
