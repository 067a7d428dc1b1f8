import type { DemoProcess } from "./process.ts";
import { freePorts, type Stage } from "./stage.ts";

const START_MS = 10_000;
const SENTINELS = 3;

/** Redis under Sentinel, as an operator would run it on three machines. */
export interface RedisServers {
  readonly master: DemoProcess;
  /** The address of each sentinel as `host:port`. */
  readonly sentinels: readonly string[];
  /** Resolves when a sentinel has promoted the replica to master. */
  failedOver(): Promise<void>;
}

/** Starts a master, its replica and three sentinels on free ports of the loopback. */
export async function startRedisServers(stage: Stage, directory: string): Promise<RedisServers> {
  const [masterPort = 0, replicaPort = 0, ...sentinelPorts] = freePorts(2 + SENTINELS);
  const start = async (name: string, port: number, lines: string[], ready: RegExp) => {
    const path = `${directory}/${name}.conf`;
    const common = [`port ${port}`, "bind 127.0.0.1", `dir ${directory}`, `pidfile ""`];
    await Deno.writeTextFile(path, [...common, ...lines].join("\n") + "\n");
    const kind = name.startsWith("sentinel") ? ["--sentinel"] : [];
    const server = stage.other(name, ["redis-server", path, ...kind]);
    await server.until(ready, { timeoutMs: START_MS });
    return server;
  };
  const data = ['save ""', "appendonly no", "repl-diskless-sync-delay 0"];
  const isUp = /Ready to accept connections/;
  const master = await start("master", masterPort, data, isUp);
  const replicaOf = `replicaof 127.0.0.1 ${masterPort}`;
  await start("replica", replicaPort, [...data, replicaOf], /MASTER <-> REPLICA sync: Finished/);
  const watch = [
    `sentinel monitor mymaster 127.0.0.1 ${masterPort} 2`,
    "sentinel down-after-milliseconds mymaster 1000",
    "sentinel failover-timeout mymaster 3000",
  ];
  const sentinels = await Promise.all(
    sentinelPorts.map((port, index) => start(`sentinel-${index}`, port, watch, /\+slave slave/)),
  );
  // Each sentinel must know the two others before they can agree on a failover.
  const known = sentinels.map((each) =>
    each.until(/\+sentinel sentinel/, { count: SENTINELS - 1, timeoutMs: START_MS })
  );
  await Promise.all(known);
  return {
    master,
    sentinels: sentinelPorts.map((port) => `127.0.0.1:${port}`),
    failedOver: () =>
      Promise.race(sentinels.map((each) => each.until(/\+switch-master/, { timeoutMs: 30_000 }))),
  };
}
