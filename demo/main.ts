// The whole system on one machine: controllers, compute nodes, the publishers table and a failure.
// Every step is the real program in a process of its own, in a temporary directory.
import { DemoProcess } from "./process.ts";

const TOPOLOGY = await Deno.readTextFile(new URL("./topology.jsonl", import.meta.url));
const EVENTS = TOPOLOGY.trim().split("\n").map((line) => JSON.parse(line));
const [RED, BLUE] = [...new Set(EVENTS.map((event) => event.topic))].filter((t) => t !== "D");
const SHOWN_LINES = 8;
const COLOURS = ["\x1b[36m", "\x1b[32m", "\x1b[33m", "\x1b[35m", "\x1b[34m"];
const isColoured = Deno.stdout.isTerminal() && !Deno.env.get("NO_COLOR");

const start = performance.now();
const directory = await Deno.makeTempDir({ prefix: "df-pubsub-demo-" });
try {
  await demo(directory);
} finally {
  await Deno.remove(directory, { recursive: true });
}

async function demo(directory: string): Promise<void> {
  await using stack = new AsyncDisposableStack();
  const begin = (name: string, args: string[], most = Infinity) => {
    return stack.use(
      new DemoProcess(name, [...args, ...flags(directory, name)], printer(name, most)),
    );
  };

  step("A controller starts its publisher service");
  const first = begin("controller-1", ["serve"]);
  await first.until(/^READY$/);

  step("Two compute nodes listen: node-1 to both projects, node-2 to project red alone");
  const node1 = begin("node-1", ["subscribe", "--topic", RED, "--topic", BLUE], SHOWN_LINES);
  const node2 = begin("node-2", ["subscribe", "--topic", RED], SHOWN_LINES);
  await Promise.all([node1.until(/^listening on/), node2.until(/^listening on/)]);

  step(`An API worker publishes a topology of ${EVENTS.length} events over IPC`);
  const worker = begin("api-worker", ["publish", "--stdin"]);
  await worker.feed(TOPOLOGY);
  expect("publish", await worker.ended(), 0);
  const isEvent = /"table":"(?!publisher|demo)/;
  const forRed = EVENTS.filter((event) => event.topic !== BLUE).length;
  await node1.until(isEvent, { count: EVENTS.length });
  await node2.until(isEvent, { count: forRed });
  say(`node-1 received ${node1.matching(isEvent).length} of ${EVENTS.length}, `);
  say(`node-2 received ${node2.matching(isEvent).length} of the ${forRed} that concern it\n`);

  step("How long an event takes from API worker to compute node: 200 of them, confirmed");
  const probe = ["--table", "demo", "--key", "probe", "--action", "log", "--value", "ping"];
  const confirm = ["publish", ...probe, "--count", "200", "--rate", "400", "--confirm"];
  expect("publish --confirm", await begin("api-worker", confirm).ended(), 0);

  step("A second controller joins, and the nodes follow it at once");
  const second = begin("controller-2", ["serve"]);
  await second.until(/^READY$/);
  await Promise.all([
    node1.until(/^listening on/, { count: 2 }),
    node2.until(/^listening on/, { count: 2 }),
  ]);
  expect("publishers list", await begin("admin", ["publishers", "list"]).ended(), 0);

  step("It dies without a word (kill -9): controller-1 removes it when its time is over");
  second.kill("SIGKILL");
  await first.until(/Removing publisher/);
  await node1.until(/"table":"publisher".*"action":"delete"/);
  expect("publishers list", await begin("admin", ["publishers", "list"]).ended(), 0);

  step("Everybody stops cleanly");
  for (const each of [node1, node2]) each.kill("SIGTERM");
  expect("node-1", await node1.ended(), 0);
  expect("node-2", await node2.ended(), 0);
  first.kill("SIGTERM");
  expect("controller-1", await first.ended(), 0);
  say(`\nDone in ${((performance.now() - start) / 1000).toFixed(1)} s\n`);
}

function flags(directory: string, name: string): string[] {
  const socket = name === "controller-2" ? "socket-2" : "socket-1";
  return [
    `DEFAULT.host=${name}.demo.example`,
    `df.publisher_port=0`,
    `df.publisher_multiproc_socket=${directory}/${socket}`,
    `df.sqlite_path=${directory}/northbound.sqlite3`,
    // A few seconds instead of minutes, so that the demo need not wait for them.
    `df.publisher_timeout=2`,
    `df.stale_publisher_poll_time=0.5`,
    `df.monitor_table_poll_time=0.3`,
  ].flatMap((setting) => ["--set", setting]);
}

function step(text: string): void {
  say(isColoured ? `\n\x1b[1m== ${text}\x1b[0m\n` : `\n== ${text}\n`);
}

/** Prints a process's lines as they come, the first `most` of them. */
function printer(name: string, most: number): (line: string) => void {
  const sum = [...name].reduce((total, letter) => total + letter.charCodeAt(0), 0);
  const colour = isColoured ? COLOURS[sum % COLOURS.length] : "";
  let printed = 0;
  return (line) => {
    const isTalk = !line.startsWith("{");
    if (!isTalk && printed === most) say(`${colour}${name.padEnd(13)}| … and so on\n`);
    if (!isTalk && printed++ >= most) return;
    const text = line.length > 150 ? `${line.slice(0, 149)}…` : line;
    say(`${colour}${name.padEnd(13)}${isColoured ? "\x1b[0m" : ""}| ${text}\n`);
  };
}

function expect(what: string, code: number, wanted: number): void {
  if (code !== wanted) throw new Error(`${what} ended with ${code}, wanted ${wanted}`);
}

function say(text: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(text));
}
