import { etcdDriver } from "../../support/etcd/driver.ts";
import { startTlsEtcd } from "../../support/etcd/tls.ts";
import { bytesOf, FrameReader } from "../../support/frame_reader.ts";
import { HealthReader } from "../../support/health_reader.ts";
import { makeTlsFiles } from "../../support/tls_files.ts";

Deno.test("etcd bus publishes and watches over TLS with a client certificate, and goes on after a restart", async () => {
  await using files = await makeTlsFiles();
  await using server = await startTlsEtcd(files);
  const driver = etcdDriver([`https://${server.addresses[0]}`], {
    "df_etcd.tls_ca_file": files.authority.cert,
    "df_etcd.tls_cert_file": files.client.cert,
    "df_etcd.tls_key_file": files.client.key,
  });
  await using publisher = await driver.openPublisher();
  await using subscriber = await driver.openSubscriber();
  const health = new HealthReader(subscriber.health);
  subscriber.registerTopic("D");
  const reader = new FrameReader(subscriber);
  await subscriber.ready({ timeoutMs: 10_000 });
  await publisher.send("D", bytesOf("1"));
  await reader.has("D|1");
  const [member] = server.members;
  await member?.kill();
  await health.has("disconnected");
  member?.restart();
  await server.ready();
  await publisher.send("D", bytesOf("2"));
  await reader.has("D|2");
});
