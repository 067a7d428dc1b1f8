import assert from "node:assert/strict";
import { CHANNELS } from "../../support/redis/deployment.ts";
import { Deployment } from "../../support/deployment.ts";
import { startRedis } from "../../support/redis/server.ts";
import { makeTlsFiles } from "../../support/tls_files.ts";
import { tlsOverrides } from "../../support/zmq/zmq_tls.ts";

const PLAIN = "tcp://127.0.0.1:8866";
const SECURE = "tls://127.0.0.1:8866";

/** Runs `subscribe` with an address that it refuses. @returns the error */
async function refusal(uri: string, overrides: Record<string, string>): Promise<string> {
  await using deployment = await Deployment.create();
  const command = ["subscribe", "--timeout", "9", "--uri", uri];
  const { code, stderr } = await deployment.runHere(command, "", overrides);
  assert.equal(code, 2, stderr);
  return stderr.split("\n").find((line) => line.startsWith("df-pubsub: --uri")) ?? stderr;
}

Deno.test("openEventSource refuses --uri and names the other scheme, when TLS is off or required", async () => {
  await using files = await makeTlsFiles();
  assert.equal(
    await refusal(PLAIN, tlsOverrides("required", files.authority)),
    `df-pubsub: --uri "${PLAIN}": "zmq_pubsub_driver" connects with TLS only, wanted ${SECURE}: see ` +
      "[df_zmq] tls",
  );
  assert.equal(
    await refusal(SECURE, { "df_zmq.tls": "off" }),
    `df-pubsub: --uri "${SECURE}": "zmq_pubsub_driver" connects without TLS, wanted ${PLAIN}: see ` +
      "[df_zmq] tls",
  );
});

Deno.test("openEventSource refuses --uri, when events come from a broker", async () => {
  await using redis = await startRedis();
  assert.equal(
    await refusal(PLAIN, { ...CHANNELS, "df.remote_db_hosts": redis.address }),
    `df-pubsub: --uri "${PLAIN}": "redis_db_pubsub_driver" connects to its broker, wanted no address`,
  );
});

Deno.test("openEventSource refuses --uri, when it is not the address of a publisher", async () => {
  assert.equal(
    await refusal("tcp://0.0.0.0:8866x", {}),
    'df-pubsub: --uri "tcp://0.0.0.0:8866x": not the address of a publisher, wanted one as ' +
      "tcp://192.0.2.10:8866",
  );
  assert.match(await refusal("", {}), /^df-pubsub: --uri "": not the address of a publisher/);
});
