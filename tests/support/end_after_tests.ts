/**
 * Registers the end of servers that a whole file of tests shares: the last of its tests, which
 * must not be judged for what it did not start.
 */
export function endAfterTests(servers: AsyncDisposable): void {
  Deno.test({
    name: "servers of this file end",
    sanitizeOps: false,
    sanitizeResources: false,
    fn: () => Promise.resolve(servers[Symbol.asyncDispose]()),
  });
}
