import type { DemoProcess } from "./process.ts";
import { say, type Stage } from "./stage.ts";

const NODES = ["node-7", "node-8", "node-9"];
const CHANGE = ["--table", "demo", "--key", "wanted", "--action", "set", "--value", "on"];
/** The exit code of `publish` and `wait` when a node has not applied an event. */
const TIMED_OUT = 5;

/**
 * Three nodes, one of them frozen: which nodes have applied the change? The nodes stop at the end.
 * @param begin begins a command of the deployment, under a name
 */
export async function fleetScene(
  stage: Stage,
  begin: (name: string, ...args: string[]) => DemoProcess,
): Promise<void> {
  stage.step("Three more nodes, of which node-9 freezes (kill -STOP)");
  const nodes = NODES.map((name) => begin(name, "subscribe"));
  await Promise.all(nodes.map((node) => node.until(/^listening on/)));
  const frozen = nodes.at(-1);
  // Over Redis the service knows a node once it has reported, within two seconds.
  await stage.ends(begin("admin", "wait", "--nodes", `${NODES.length}`, "--timeout", "20"));
  frozen?.kill("SIGSTOP");

  stage.step("An API worker publishes a change and waits for every node, for 3 s");
  const worker = begin("api-worker", "publish", ...CHANGE, "--wait-nodes", "all", "--timeout", "3");
  await stage.ends(worker, TIMED_OUT);
  await worker.until(/^node-9 .* is stuck/);
  say("it exits 5, and names node-9 as stuck\n");

  stage.step("Resumed (kill -CONT), node-9 applies the change, too");
  frozen?.kill("SIGCONT");
  await stage.ends(begin("admin", "wait", "--timeout", "20"));
  for (const node of nodes) {
    node.kill("SIGTERM");
    await stage.ends(node);
  }
}
