import { setTimeout } from "node:timers/promises";
import { fleetScene } from "./fleet.ts";
import { say, type Stage } from "./stage.ts";
import { BLUE, EVENT_COUNT, RED, RED_COUNT, TOPOLOGY, TOPOLOGY_LINE } from "./topology.ts";

const SHOWN_EVENTS = 8;

/** ZeroMQ and SQLite, with nothing to install. There are two controllers, and one of them dies. */
export async function embeddedDemo(stage: Stage, directory: string): Promise<void> {
  const begin = (name: string, ...args: string[]) =>
    stage.program(name, args, { settings: settingsOf(name, directory), maxEvents: SHOWN_EVENTS });

  stage.step("A controller starts its publisher service");
  const first = begin("controller-1", "serve");
  await first.until(/^READY$/);

  stage.step("Two compute nodes subscribe: node-1 to both projects, node-2 to project red alone");
  const node1 = begin("node-1", "subscribe", "--topic", RED, "--topic", BLUE);
  const node2 = begin("node-2", "subscribe", "--topic", RED);
  await Promise.all([node1.until(/^listening on/), node2.until(/^listening on/)]);

  stage.step(`An API worker publishes a topology of ${EVENT_COUNT} events over IPC`);
  const worker = begin("api-worker", "publish", "--stdin");
  await worker.feed(TOPOLOGY);
  await stage.ends(worker);
  await node1.until(TOPOLOGY_LINE, { count: EVENT_COUNT });
  await node2.until(TOPOLOGY_LINE, { count: RED_COUNT });
  say(`node-1 received ${node1.matching(TOPOLOGY_LINE).length} of ${EVENT_COUNT}, `);
  say(`node-2 ${node2.matching(TOPOLOGY_LINE).length} of the ${RED_COUNT} that concern it\n`);

  stage.step("Latency from API worker to compute node: 200 events, each acknowledged");
  const probe = ["--table", "demo", "--key", "probe", "--action", "log", "--value", "ping"];
  const confirm = ["--count", "200", "--rate", "400", "--confirm"];
  await stage.ends(begin("api-worker", "publish", ...probe, ...confirm));

  await fleetScene(stage, begin);

  stage.step("A second controller joins, and the nodes follow it at once");
  const second = begin("controller-2", "serve");
  await second.until(/^READY$/);
  await node1.until(/^listening on/, { count: 2 });
  await node2.until(/^listening on/, { count: 2 });
  await stage.ends(begin("admin", "publishers", "list"));

  say("controller-1 observes several refreshes of controller-2's row, to learn their interval\n");
  await setTimeout(5_000);

  stage.step("controller-2 is killed (kill -9): controller-1 removes its row after the timeout");
  second.kill("SIGKILL");
  await first.until(/Removing publisher/);
  await node1.until(/"table":"publisher".*"action":"delete"/);
  await stage.ends(begin("admin", "publishers", "list"));

  stage.step("Every process stops cleanly");
  for (const each of [node1, node2, first]) {
    each.kill("SIGTERM");
    await stage.ends(each);
  }
}

function settingsOf(name: string, directory: string): string[] {
  return [
    `df.publisher_id_name=${name}.demo.example`,
    `df.publisher_port=0`,
    `df_zmq.node_name=${name}`,
    `df.publisher_multiproc_socket=${directory}/${name === "controller-2" ? name : "socket"}`,
    `df.sqlite_path=${directory}/northbound.sqlite3`,
    // A few seconds instead of minutes, so that the demo is short.
    `df.publisher_timeout=2`,
    `df.stale_publisher_poll_time=0.5`,
    `df.monitor_table_poll_time=0.3`,
  ];
}
