import { startRedisServers } from "./redis_servers.ts";
import { fleetScene } from "./fleet.ts";
import { freePorts, requireProgram, say, type Stage } from "./stage.ts";
import { EVENT_COUNT, RED, RED_COUNT, TOPOLOGY, TOPOLOGY_LINE } from "./topology.ts";

const SHOWN_EVENTS = 6;
const FAILOVER_MS = 30_000;

/** Redis as database and bus for two controllers. Its master dies, and events continue. */
export async function redisDemo(stage: Stage, directory: string): Promise<void> {
  requireProgram("redis-server", "redis-server");
  stage.step("Redis: a master, its replica, and three sentinels");
  const redis = await startRedisServers(stage, directory);
  const begin = (name: string, ...args: string[]) =>
    stage.program(name, args, {
      settings: settingsOf(name, redis.sentinels),
      maxEvents: SHOWN_EVENTS,
    });

  stage.step("Two controllers share one publishers table");
  const controllers = [begin("controller-1", "serve"), begin("controller-2", "serve")];
  await Promise.all(controllers.map((each) => each.until(/^READY$/)));
  await stage.ends(begin("admin", "publishers", "list"));

  stage.step("A compute node subscribes to the broadcast topic and to project red");
  const node = begin("node-1", "subscribe", "--topic", RED);
  await node.until(/^listening on/);

  stage.step(`An API worker publishes a topology of ${EVENT_COUNT} events, straight to Redis`);
  await publishTopology();
  await node.until(TOPOLOGY_LINE, { count: RED_COUNT });
  say(`node-1 received ${RED_COUNT} of the ${RED_COUNT} that concern it\n`);

  stage.step("The master is killed (kill -9): the sentinels promote the replica");
  redis.master.kill("SIGKILL");
  await redis.failedOver();
  await node.until(/^listening on/, { count: 2, timeoutMs: FAILOVER_MS });
  await node.until(/"action":"sync"/);
  say("node-1 received a sync, because it may have missed events\n");

  stage.step("The same topology again, through the new master");
  await publishTopology();
  await node.until(TOPOLOGY_LINE, { count: 2 * RED_COUNT });
  say(`node-1 received ${RED_COUNT} of ${RED_COUNT}\n`);
  await stage.ends(begin("admin", "publishers", "list"));

  stage.step("Redis streams instead of channels: here nodes also report what they have applied");
  const [pagesPort] = freePorts(1);
  const onStreams = (name: string, ...args: string[]) =>
    stage.program(name, args, {
      settings: [
        ...settingsOf(name, redis.sentinels),
        "df.pub_sub_driver=redis_stream_pubsub_driver",
        `df.http_address=127.0.0.1:${pagesPort}`,
      ],
      maxEvents: SHOWN_EVENTS,
    });
  const third = onStreams("controller-3", "serve");
  await third.until(/^READY$/);
  await fleetScene(stage, onStreams);
  third.kill("SIGTERM");
  await stage.ends(third);

  stage.step("Every process stops cleanly");
  for (const each of [node, ...controllers]) {
    each.kill("SIGTERM");
    await stage.ends(each);
  }

  async function publishTopology(): Promise<void> {
    const worker = begin("api-worker", "publish", "--stdin");
    await worker.feed(TOPOLOGY);
    await stage.ends(worker);
  }
}

function settingsOf(name: string, sentinels: readonly string[]): string[] {
  return [
    `df.publisher_id_name=${name}.demo.example`,
    `df.nb_db_class=redis_nb_db_driver`,
    `df.pub_sub_driver=redis_db_pubsub_driver`,
    `df.pub_sub_use_multiproc=false`,
    `df_zmq.node_name=${name}`,
    `df_redis.sentinels=${sentinels.join(",")}`,
    `df.monitor_table_poll_time=1`,
  ];
}
