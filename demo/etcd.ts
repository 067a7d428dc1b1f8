import { startEtcdServers } from "./etcd_servers.ts";
import { requireProgram, say, type Stage } from "./stage.ts";
import { EVENT_COUNT, RED, RED_COUNT, TOPOLOGY, TOPOLOGY_LINE } from "./topology.ts";

const SHOWN_EVENTS = 4;
const RECEIVED_MS = 30_000;

/** etcd as database and bus for two controllers and three nodes. Members die, and events continue. */
export async function etcdDemo(stage: Stage, directory: string): Promise<void> {
  requireProgram("etcd", "etcd-server");
  stage.step("etcd: three members");
  const etcd = await startEtcdServers(stage, directory);
  const begin = (name: string, ...args: string[]) =>
    stage.program(name, args, { settings: settingsOf(name, etcd.hosts), maxEvents: SHOWN_EVENTS });

  stage.step("Two controllers share one publishers table");
  const controllers = [begin("controller-1", "serve"), begin("controller-2", "serve")];
  await Promise.all(controllers.map((each) => each.until(/^READY$/)));
  await stage.ends(begin("admin", "publishers", "list"));

  stage.step("Three compute nodes subscribe to the broadcast topic and to project red");
  const nodes = ["node-1", "node-2", "node-3"].map((name) =>
    begin(name, "subscribe", "--topic", RED)
  );
  await Promise.all(nodes.map((node) => node.until(/^listening on/)));

  stage.step(`An API worker publishes a topology of ${EVENT_COUNT} events, straight to etcd`);
  await publishTopology(1);

  const follower = (await etcd.leader() + 1) % etcd.hosts.length;
  stage.step(`A member that follows is killed (kill -9): etcd-${follower + 1}`);
  await etcd.kill(follower);
  await publishTopology(2);
  await etcd.restart(follower);

  const leader = await etcd.leader();
  stage.step(`The leader is killed (kill -9): etcd-${leader + 1}. The others elect a new one`);
  await etcd.kill(leader);
  say(`etcd-${await etcd.leader() + 1} leads\n`);
  await publishTopology(3);
  const syncs = nodes.flatMap((node) => node.matching(/"action":"sync"/)).length;
  say(`the nodes got ${syncs} requests to read the database again\n`);
  await stage.ends(begin("admin", "publishers", "list"));

  stage.step("Every process stops cleanly");
  for (const each of [...nodes, ...controllers]) {
    each.kill("SIGTERM");
    await stage.ends(each);
  }

  async function publishTopology(times: number): Promise<void> {
    const worker = begin("api-worker", "publish", "--stdin");
    await worker.feed(TOPOLOGY);
    await stage.ends(worker);
    const received = { count: times * RED_COUNT, timeoutMs: RECEIVED_MS };
    await Promise.all(nodes.map((node) => node.until(TOPOLOGY_LINE, received)));
    const counts = nodes.map((node) => node.matching(TOPOLOGY_LINE).length).join(", ");
    say(`the nodes have received ${counts} of ${times * RED_COUNT} events that concern them\n`);
  }
}

function settingsOf(name: string, hosts: readonly string[]): string[] {
  return [
    `df.publisher_id_name=${name}.demo.example`,
    `df.nb_db_class=etcd_nb_db_driver`,
    `df.pub_sub_driver=etcd_pubsub_driver`,
    `df.pub_sub_use_multiproc=false`,
    `df.remote_db_hosts=${hosts.join(",")}`,
    `df_zmq.node_name=${name}`,
  ];
}
