import type { RedisNode } from "./node.ts";

/** Starts servers in parallel. If one fails to start, stops the others. */
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

/** Stops servers in parallel. */
export async function disposeAll(nodes: readonly RedisNode[]): Promise<void> {
  await Promise.all(nodes.map((node) => node[Symbol.asyncDispose]()));
}

/** The last lines of their logs, for error messages. */
export function lastLogLines(nodes: readonly RedisNode[]): string {
  return nodes.map(({ tail }) => tail).join("\n");
}
