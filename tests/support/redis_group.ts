import type { RedisNode } from "./redis_node.ts";

/** Starts servers at the same time; when one does not start the others end too. */
export async function startAll(
  starts: readonly (() => Promise<RedisNode>)[],
): Promise<RedisNode[]> {
  const outcomes = await Promise.allSettled(starts.map((start) => start()));
  const nodes = outcomes.flatMap((one) => one.status === "fulfilled" ? [one.value] : []);
  const failed = outcomes.find((one) => one.status === "rejected");
  if (failed === undefined) return nodes;
  await disposeAll(nodes);
  throw failed.reason;
}

/** Ends servers at the same time. */
export async function disposeAll(nodes: readonly RedisNode[]): Promise<void> {
  await Promise.all(nodes.map((node) => node[Symbol.asyncDispose]()));
}

/** The last lines of their logs, for a failure. */
export function tails(nodes: readonly RedisNode[]): string {
  return nodes.map(({ tail }) => tail).join("\n");
}
