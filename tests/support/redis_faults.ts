import type { RedisNode } from "./redis_node.ts";
import { poll } from "./redis_poll.ts";

/** A server that is stopped; disposing lets it go on. */
export interface Freeze extends Disposable {
  /** Resolves when the server goes on. */
  readonly thawed: Promise<void>;
  /** Lets it go on now. */
  thaw(): void;
}

/**
 * Stops a server (SIGSTOP), for so long at most: its connections stay open and nothing answers.
 * It stands still when this resolves.
 */
export async function freeze(node: RedisNode, forMs: number): Promise<Freeze> {
  node.signal("SIGSTOP");
  await poll(`${node.address} stands still`, () => isStopped(node.pid));
  const { promise, resolve } = Promise.withResolvers<void>();
  const thaw = () => {
    clearTimeout(timer);
    if (node.isFrozen) node.signal("SIGCONT");
    resolve();
  };
  const timer = setTimeout(thaw, forMs);
  return { thawed: promise, thaw, [Symbol.dispose]: thaw };
}

/** Cuts the connections of all who subscribe to channels there, and gives how many those were. */
export async function killSubscribers(node: RedisNode): Promise<number> {
  return Number(await node.cli(["client", "kill", "type", "pubsub"]));
}

/** Looks at the state that the kernel shows after the name of the program. */
async function isStopped(pid: number): Promise<true | undefined> {
  const stat = await Deno.readTextFile(`/proc/${pid}/stat`);
  return stat.slice(stat.lastIndexOf(")")).startsWith(") T") || undefined;
}
