import assert from "node:assert/strict";
import { redisRowPermissions } from "../../../../drivers/_internal/redis/permissions.ts";
import { redisSettings } from "../../../support/redis/db.ts";

function programOf(hosts: readonly string[], options: Record<string, string>): string {
  return redisRowPermissions(redisSettings(hosts, options)).program.join(" ");
}

Deno.test("redis permissions are for a host to fill in, when only sentinels are configured", () => {
  const program = programOf([], { sentinels: "rediss://s1" });
  assert.equal(program, "redis-cli -h HOST -p 6379 --tls");
});

Deno.test("redis permissions are for the first host, when the mode does not use the sentinels", () => {
  const program = programOf(["a:1", "b:2"], { sentinels: "s1", mode: "standalone" });
  assert.equal(program, "redis-cli -h a -p 1");
});
