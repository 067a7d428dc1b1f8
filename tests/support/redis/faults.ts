import type { RedisNode } from "./node.ts";
import { untilStopped } from "../stopped_process.ts";

/** A stopped server. Disposing resumes it. */
export interface Freeze extends Disposable {
  /** Resolves when the server runs again. */
  readonly thawed: Promise<void>;
  /** Resumes the server now. */
  thaw(): void;
}

/**
 * Stops a server (SIGSTOP) for a limited time. Its connections stay open and it answers nothing.
 * Resolves when the server has stopped.
 */
export async function freeze(node: RedisNode, forMs: number): Promise<Freeze> {
  node.signal("SIGSTOP");
  await untilStopped(node.pid);
  const { promise, resolve } = Promise.withResolvers<void>();
  const thaw = () => {
    clearTimeout(timer);
    if (node.isFrozen) node.signal("SIGCONT");
    resolve();
  };
  const timer = setTimeout(thaw, forMs);
  return { thawed: promise, thaw, [Symbol.dispose]: thaw };
}

/** Closes the connections of all channel subscribers of a server, and returns their number. */
export async function killSubscribers(node: RedisNode): Promise<number> {
  return Number(await node.cli(["client", "kill", "type", "pubsub"]));
}
