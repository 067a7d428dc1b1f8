import { startRedis } from "./server.ts";
import type { RedisNode } from "./node.ts";
import { poll } from "./poll.ts";

/** A master and its replica without sentinels. Disposing stops both. */
export interface RedisPair extends AsyncDisposable {
  readonly first: RedisNode;
  readonly second: RedisNode;
  readonly addresses: readonly string[];
  /**
   * Swaps the roles: the second server becomes the master of the first. No client connection is
   * cut.
   */
  swap(): Promise<void>;
}

/** Starts both servers. Resolves when the replica has all data. */
export async function startPair(): Promise<RedisPair> {
  await using undo = new AsyncDisposableStack();
  const first = undo.use(await startRedis());
  const second = undo.use(await startRedis());
  await follow(second, first);
  const owned = undo.move();
  return {
    first,
    second,
    addresses: [first.address, second.address],
    swap: async () => {
      const offset = await offsetOf(first);
      await poll("it has all", async () => await offsetOf(second) >= offset || undefined);
      await second.cli(["replicaof", "no", "one"]);
      await follow(first, second);
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** Makes a server follow a master, and waits until it has all data. */
export async function follow(replica: RedisNode, { host, port }: RedisNode): Promise<void> {
  await replica.cli(["replicaof", host, String(port)]);
  await poll("the replica follows", async () => {
    const info = await replica.cli(["info", "replication"]);
    return /^master_link_status:up\r?$/m.test(info) || undefined;
  });
}

async function offsetOf(node: RedisNode): Promise<number> {
  const info = await node.cli(["info", "replication"]);
  const name = info.includes("role:slave") ? "slave_repl_offset" : "master_repl_offset";
  return Number(new RegExp(`^${name}:(\\d+)`, "m").exec(info)?.[1]);
}
