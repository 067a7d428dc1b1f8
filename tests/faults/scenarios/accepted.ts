import { Rig } from "../harness/rig.ts";
import type { Scenario, ScenarioContext } from "../harness/scenario.ts";
import type { Service } from "../harness/service.ts";
import type { Node } from "../harness/node.ts";
import { sleep, until } from "../harness/wait.ts";

const PER_SECOND = 4_000;
const EVENTS = 6_000;
const PIPE_FILLS_MS = 100;

/** The last output line of `publish --json`. */
export interface Outcome {
  readonly published: number;
  readonly refused: number;
  readonly accepted?: number;
  readonly refusedByService?: number;
  readonly uncertain?: number;
}

interface Cast {
  readonly rig: Rig;
  readonly service: Service;
  readonly subscriber: Node;
  readonly context: ScenarioContext;
}

/**
 * Ends the service under load, and compares what it reported to publishers with what the subscriber
 * received.
 */
async function round(how: "SIGTERM" | "SIGKILL", n: number, cast: Cast): Promise<string[]> {
  const { rig, service, subscriber, context } = cast;
  const name = `${how} ${n}`;
  const json = { extraFlags: ["--json"], limit: EVENTS };
  const feeder = rig.feeder(name, PER_SECOND, json).start();
  const earlier = subscriber.record.announcements.length;
  const after = context.random.between(EVENTS / 10, EVENTS / 2);
  await until(() => subscriber.record.receivedOf(name) >= after, {
    what: `${name} to have started`,
  });
  if (how === "SIGTERM") await service.stop();
  else await killWithFullPipe(service);
  await service.start();
  const { code, stdout, stderr } = await (await feeder.whenWritten()).finish();
  await rig.settle();
  const received = subscriber.record.receivedOf(name);
  const outcome: Outcome | undefined = feeder.starts === 1 ? JSON.parse(stdout) : undefined;
  if (outcome === undefined) return [`${name}: publish ended early: ${stderr}`];
  context.say(`${name}: received ${received}, exit code ${code}, ${JSON.stringify(outcome)}`);
  const hasSync = subscriber.record.announcements.slice(earlier).some(({ kind }) =>
    kind === "sync"
  );
  return problemsOf(outcome, { received, code, hasSync }).map((problem) => `${name}: ${problem}`);
}

/** Events that the service has not read are lost with it. */
async function killWithFullPipe(service: Service): Promise<void> {
  service.child.signal("SIGSTOP");
  await sleep(PIPE_FILLS_MS);
  await service.kill();
}

interface Observed {
  readonly received: number;
  readonly code: number;
  /** Whether the subscriber received a sync. */
  readonly hasSync: boolean;
}

function problemsOf(
  { published, refused, accepted = 0, refusedByService = 0, uncertain = 0 }: Outcome,
  { received, code, hasSync }: Observed,
): string[] {
  const problems = [];
  if (published + refused !== EVENTS) problems.push(`${published} of ${EVENTS} are accounted for`);
  if (accepted + refusedByService + uncertain !== published) {
    problems.push("the sum does not balance");
  }
  if (received > accepted + uncertain) problems.push(`${received} received, ${accepted} accepted`);
  // A sync covers events that the next service accepts before its subscribers reconnect.
  if (!hasSync && received < accepted) {
    problems.push(`${received} received of ${accepted} accepted`);
  }
  if ((uncertain > 0) === (code === 0)) problems.push(`${uncertain} uncertain, exit code ${code}`);
  return problems;
}

/** Every event that was reported as accepted reaches the network. */
export const accepted: Scenario = {
  name: "accepted",
  summary: "a service is stopped, or killed, under load: publishers know which events it accepted",
  hasShortForm: true,
  async run(context) {
    await using rig = await Rig.create();
    const service = await rig.serve();
    const subscriber = await rig.node("subscriber");
    await rig.witness();
    const cast = { rig, service, subscriber, context };
    const faults: string[] = [];
    for (let n = 1; n <= (context.isShort ? 1 : 10); n++) {
      for (const how of ["SIGTERM", "SIGKILL"] as const) faults.push(...await round(how, n, cast));
    }
    return { rows: await rig.settle(), faults };
  },
};
