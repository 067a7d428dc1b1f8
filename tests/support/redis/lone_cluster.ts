import { plainPort } from "./config.ts";
import { RedisNode, somePort } from "./node.ts";
import { poll } from "./poll.ts";

/** Starts a cluster of one server that does not know its own address. */
export async function startLoneCluster(): Promise<RedisNode> {
  await using undo = new AsyncDisposableStack();
  const config = ["cluster-enabled yes", "cluster-config-file nodes.conf"];
  const node = undo.use(
    await RedisNode.start({
      program: "redis-server",
      config: (port) => [...plainPort(port), `cluster-port ${somePort()}`, ...config],
    }),
  );
  await node.cli(["cluster", "addslotsrange", "0", "16383"]);
  await poll("it has all slots", async () => {
    return (await node.cli(["cluster", "info"])).includes("cluster_state:ok") || undefined;
  });
  undo.move();
  return node;
}
