import assert from "node:assert/strict";
import { redisDeployment } from "../support/redis/deployment.ts";

/** Accepts connections and never sends anything. */
function silentServer() {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const open: Deno.TcpConn[] = [];
  const accepting = (async () => {
    for await (const connection of listener) open.push(connection);
  })();
  return {
    address: `127.0.0.1:${listener.addr.port}`,
    [Symbol.asyncDispose]: async () => {
      listener.close();
      await accepting;
      for (const connection of open) connection.close();
    },
  };
}

Deno.test("check waits no longer than --timeout, when the database does not respond", async () => {
  await using server = silentServer();
  await using deployment = await redisDeployment({ addresses: [server.address] }, {
    "df_redis.connect_timeout": 30,
    "df_redis.command_timeout": 30,
  });
  const { code, stdout } = await deployment.run([
    ...["check", "--no-service", "--output", "text", "--timeout", "0.2"],
  ]);
  assert.equal(stdout, "database: critical: no answer from the database within 0.2 s\n");
  assert.equal(code, 3);
});

Deno.test("serve reports that it stops, when a signal arrives while the database does not respond", async () => {
  await using server = silentServer();
  await using deployment = await redisDeployment({ addresses: [server.address] });
  await using serve = deployment.start(["serve"]);
  await serve.stderr.waitFor(/df\.remote_db_hosts/);
  const { code, stderr } = await serve.stop("SIGTERM");
  assert.match(stderr, /^stopping: /m);
  assert.equal(code, 3, stderr);
});
