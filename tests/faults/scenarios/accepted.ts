import { Rig } from "../harness/rig.ts";
import type { Scenario, ScenarioContext } from "../harness/scenario.ts";
import type { Service } from "../harness/service.ts";
import type { Node } from "../harness/node.ts";
import { sleep, until } from "../harness/wait.ts";

const PER_SECOND = 4_000;
const EVENTS = 6_000;
const PIPE_FILLS_MS = 100;

/** What `publish --json` says at its end. */
export interface Told {
  readonly published: number;
  readonly refused: number;
  readonly accepted?: number;
  readonly refusedByService?: number;
  readonly uncertain?: number;
}

interface Cast {
  readonly rig: Rig;
  readonly service: Service;
  readonly ear: Node;
  readonly context: ScenarioContext;
}

/** Ends the service while events pour in, and compares what was told with what was heard. */
async function round(how: "SIGTERM" | "SIGKILL", n: number, cast: Cast): Promise<string[]> {
  const { rig, service, ear, context } = cast;
  const name = `${how} ${n}`;
  const json = { extraFlags: ["--json"], limit: EVENTS };
  const feeder = rig.feeder(name, PER_SECOND, json).start();
  const earlier = ear.record.announcements.length;
  const after = context.random.between(EVENTS / 10, EVENTS / 2);
  await until(() => ear.record.heardOf(name) >= after, { what: `${name} to be under way` });
  if (how === "SIGTERM") await service.stop();
  else await killWithFullPipe(service);
  await service.start();
  const { code, stdout, stderr } = await (await feeder.whenWritten()).finish();
  await rig.settle();
  const heard = ear.record.heardOf(name);
  const told: Told | undefined = feeder.starts === 1 ? JSON.parse(stdout) : undefined;
  if (told === undefined) return [`${name}: publish ended early: ${stderr}`];
  context.say(`${name}: heard ${heard}, exit code ${code}, ${JSON.stringify(told)}`);
  const isTold = ear.record.announcements.slice(earlier).some(({ kind }) => kind === "sync");
  return problemsOf(told, { heard, code, isTold }).map((problem) => `${name}: ${problem}`);
}

/** Events that were sent, and that it has not read, are lost with it. */
async function killWithFullPipe(service: Service): Promise<void> {
  service.child.signal("SIGSTOP");
  await sleep(PIPE_FILLS_MS);
  await service.kill();
}

interface Observed {
  readonly heard: number;
  readonly code: number;
  /** Whether the subscriber was told to read again. */
  readonly isTold: boolean;
}

function problemsOf(
  { published, refused, accepted = 0, refusedByService = 0, uncertain = 0 }: Told,
  { heard, code, isTold }: Observed,
): string[] {
  const problems = [];
  if (published + refused !== EVENTS) problems.push(`${published} of ${EVENTS} are spoken for`);
  if (accepted + refusedByService + uncertain !== published) {
    problems.push("the sum does not close");
  }
  if (heard > accepted + uncertain) problems.push(`${heard} heard, ${accepted} accepted`);
  // What the next service accepts before its subscribers are back, they are told to read.
  if (!isTold && heard < accepted) problems.push(`${heard} heard of ${accepted} accepted`);
  if ((uncertain > 0) === (code === 0)) problems.push(`${uncertain} uncertain, exit code ${code}`);
  return problems;
}

/** What a publisher was told is accepted, is. */
export const accepted: Scenario = {
  name: "accepted",
  summary: "a service is stopped, or killed, while events pour in: publishers know what it took",
  hasShortForm: true,
  async run(context) {
    await using rig = await Rig.create();
    const service = await rig.serve();
    const ear = await rig.node("ear");
    await rig.witness();
    const cast = { rig, service, ear, context };
    const faults: string[] = [];
    for (let n = 1; n <= (context.isShort ? 1 : 10); n++) {
      for (const how of ["SIGTERM", "SIGKILL"] as const) faults.push(...await round(how, n, cast));
    }
    return { rows: await rig.settle(), faults };
  },
};
