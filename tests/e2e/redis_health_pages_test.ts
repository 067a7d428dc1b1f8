import assert from "node:assert/strict";
import { parseExposition } from "../support/exposition_parser.ts";
import { redisDeployment, serveOnBroker } from "../support/redis/deployment.ts";
import { poll } from "../support/redis/poll.ts";
import { startRedis } from "../support/redis/server.ts";

Deno.test("serve is not ready while the broker is down, and counts the loss and the reconnection", async () => {
  await using server = await startRedis();
  const place = { addresses: [server.address] };
  await using deployment = await redisDeployment(place, {
    "df.nb_db_class": "sqlite_nb_db_driver",
  });
  await using service = await serveOnBroker(deployment);
  const url = /^health at (\S+)$/m.exec(service.stderr.text)?.[1];
  const readiness = async () => await (await fetch(`${url}/readyz`)).text();
  assert.match(await readiness(), /^ready\n/);
  await server.kill();
  await service.stderr.waitFor(/warn No connection at /);
  const text = await readiness();
  assert.match(text, /^not ready\n/);
  assert.match(text, /^network: failed: no connection at /m);
  assert.match(text, /^database: ok: sqlite$/m);
  await server.restart();
  await poll(
    "the service is ready again",
    async () => /^ready\n/.test(await readiness()) || undefined,
  );
  const families = parseExposition(await (await fetch(`${url}/metrics`)).text());
  const network = (name: string) =>
    families.get(name)?.samples.find(({ labels }) => labels["end"] === "network")?.value;
  assert.equal(network("df_pubsub_connections_lost_total"), 1);
  assert.equal(network("df_pubsub_reconnects_total"), 1);
  assert.equal((await service.stop()).code, 0);
});
