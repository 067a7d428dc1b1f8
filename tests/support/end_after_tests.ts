/**
 * Registers a last test that stops the servers shared by a test file. The resource sanitizer must
 * not blame that test for servers it did not start.
 */
export function endAfterTests(servers: AsyncDisposable): void {
  Deno.test({
    name: "servers of this file end",
    sanitizeOps: false,
    sanitizeResources: false,
    fn: () => Promise.resolve(servers[Symbol.asyncDispose]()),
  });
}
