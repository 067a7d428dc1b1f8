import assert from "node:assert/strict";
import type { Deployment } from "../support/deployment.ts";
import { runHere } from "../support/command_here.ts";
import { endAfterTests } from "../support/end_after_tests.ts";
import { CHANNELS, redisDeployment, STREAMS } from "../support/redis/deployment.ts";
import { startRedis } from "../support/redis/server.ts";

const PASSWORD = "the password of all";
const EVENT = ["publish", "--table", "lport", "--key", "p1", "--action", "set"];
const LIST = ["publishers", "list"];

/** A user with all permissions but one, which is its name. */
const USERS = ["publish", "subscribe", "xadd", "xread", "get"];

const line = (user: string) => `user ${user} on ">${PASSWORD}" ~* &* +@all -${user}`;
const server = await startRedis({ config: USERS.map(line) });

async function refused(deployment: Deployment, command: readonly string[], user: string) {
  const flags = deployment.flags({ "df_redis.username": user });
  // A command that does not detect the problem must not run for ever.
  const bound = command[0] === "subscribe" ? ["--timeout", "20"] : [];
  const env = { OS_DF_REDIS__PASSWORD: PASSWORD };
  const { code, stderr } = await runHere([...command, ...bound, ...flags], { env });
  assert.equal(code, 3, `${command[0]}: ${stderr}`);
  const said = stderr.split("\n").filter((one) => one.startsWith("df-pubsub: "));
  assert.equal(said.length, 1, stderr);
  const wanted = `user "${user}" has no permission for command "${user}"`;
  assert(said[0]?.includes(wanted), `${wanted} in ${stderr}`);
  assert(!stderr.includes(PASSWORD));
}

for (
  const [what, bus, reading, writing] of [
    ["channels", CHANNELS, "subscribe", "publish"],
    ["streams", STREAMS, "xread", "xadd"],
  ] as const
) {
  Deno.test(`subscribe exits 3 and names the missing permission, over ${what}`, async () => {
    await using deployment = await redisDeployment({ addresses: [server.address] }, bus);
    await refused(deployment, ["subscribe"], reading);
  });

  Deno.test(`publish exits 3 and names user and permission, over ${what}`, async () => {
    await using deployment = await redisDeployment({ addresses: [server.address] }, bus);
    await refused(deployment, EVENT, writing);
  });

  Deno.test(`serve exits 3, when it has no permission to publish, over ${what}`, async () => {
    await using deployment = await redisDeployment({ addresses: [server.address] }, bus);
    await refused(deployment, ["serve"], writing);
  });
}

Deno.test("commands that use the database exit 3 and name the missing permission", async () => {
  await using deployment = await redisDeployment({ addresses: [server.address] });
  await Promise.all([["serve"], ["subscribe"], LIST].map((one) => refused(deployment, one, "get")));
});

endAfterTests(server);
