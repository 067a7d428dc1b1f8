import type { PeersReport } from "../../../service/controller/observability/peers_report.ts";
import { httpAddress } from "../harness/metrics.ts";
import { systemOutput } from "../harness/net_pair.ts";
import type { Node } from "../harness/node.ts";
import type { Finding, Scenario, ScenarioContext } from "../harness/scenario.ts";
import { sleep, until } from "../harness/wait.ts";
import { type AcrossLink, acrossLink } from "./link.ts";

const PER_SECOND = 300;
const MAX_NOTICED_MS = 3_000;
const MAX_LIVE_MS = 1_000;
/** How long a process is stopped: much longer than detection takes. */
const STOPPED_MS = 4_000;
const BETWEEN_MS = 2_000;

/** The shipped default. */
const HEARTBEATS = { "df_zmq.heartbeat_interval": 1, "df_zmq.heartbeat_timeout": 2.5 };

/** Milliseconds from a moment to the node's first health event of a kind after it. */
async function healthAfter(node: Node, kind: string, since: number): Promise<number> {
  const found = () =>
    node.health.find((each) => each["kind"] === kind && Number(each["at"]) > since);
  await until(() => found() !== undefined, { what: `${node.name} reports "${kind}"` });
  return Number(found()?.["at"]) - since;
}

async function interrupt(
  { net, rig, service, far }: AcrossLink,
  context: ScenarioContext,
): Promise<Finding> {
  const remarks: string[] = [];
  const faults: string[] = [];
  const check = (what: string, ms: number, most: number) => {
    remarks.push(`${what} after ${ms.toFixed(0)} ms`);
    context.say(remarks.at(-1) ?? "");
    if (ms > most) faults.push(`${what} after ${ms.toFixed(0)} ms, at most ${most}`);
  };
  const page = `http://${httpAddress(service)}/peers`;
  /** Milliseconds until the service no longer lists the node among its peers. */
  const goneAfter = async (since: number) => {
    const isGone = async () => {
      const { text } = await systemOutput([...net.inNear, "curl", "-s", page]);
      const { peers }: Pick<PeersReport, "peers"> = JSON.parse(text);
      return !peers.some(({ address }) => address.includes(net.far));
    };
    await until(isGone, { what: "the service has noticed" });
    return Date.now() - since;
  };
  const feeder = rig.feeder("e", PER_SECOND).start();
  await sleep(BETWEEN_MS);
  for (const [who, end] of [["subscriber", far], ["publisher", service.child]] as const) {
    end.signal("SIGSTOP");
    const since = Date.now();
    const noticed = who === "publisher" ? undefined : await goneAfter(since);
    await sleep(Math.max(0, since + STOPPED_MS - Date.now()));
    end.signal("SIGCONT");
    check(
      `a frozen ${who} is noticed`,
      noticed ?? await healthAfter(far, "disconnected", since),
      MAX_NOTICED_MS,
    );
    await sleep(BETWEEN_MS);
  }
  const unplug = { name: "unplugged", apply: (isOn: boolean) => net.cut(isOn) };
  const silence = { name: "silent", apply: (isOn: boolean) => net.silence(isOn) };
  const outages = [[silence, 10], [silence, 40], [silence, 100], [unplug, 10]] as const;
  for (const [{ name, apply }, seconds] of outages) {
    await apply(true);
    const cutAt = Date.now();
    check(
      `${name} for ${seconds} s: the publisher notices`,
      await goneAfter(cutAt),
      MAX_NOTICED_MS,
    );
    await sleep(Math.max(0, cutAt + seconds * 1000 - Date.now()));
    await apply(false);
    const restoredAt = Date.now();
    const noticed = await healthAfter(far, "disconnected", cutAt);
    check(`${name} for ${seconds} s: the subscriber notices`, noticed, MAX_NOTICED_MS);
    const live = await healthAfter(far, "live", restoredAt);
    check(`${name} for ${seconds} s: live again`, live, MAX_LIVE_MS);
    await sleep(BETWEEN_MS);
  }
  const { code, stderr } = await feeder.finish();
  if (code !== 0) faults.push(`publish: ${stderr}`);
  return { rows: await rig.settle(), faults, remarks };
}

/** A node or the network goes silent without notice to either end. */
export const outage: Scenario = {
  name: "outage",
  summary:
    "packets are dropped for 10, 40 and 100 s, and either end is frozen: how long does detection take?",
  hasShortForm: false,
  run: (context) => acrossLink((across) => interrupt(across, context), HEARTBEATS),
};
