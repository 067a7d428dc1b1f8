import assert from "node:assert/strict";
import { base64 } from "../../../../drivers/_internal/etcd/keys.ts";
import { etcdDriver } from "../../../support/etcd/driver.ts";
import { enableEtcdLogin } from "../../../support/etcd/login.ts";
import { EtcdServer } from "../../../support/etcd/server.ts";
import { WatchFixture } from "../../../support/etcd/watch.ts";
import { bytesOf } from "../../../support/frame_reader.ts";
import { openssl } from "../../../support/openssl.ts";
import { tempDir } from "../../../support/temp_dir.ts";

Deno.test("session of etcd logs in again, when a change of accounts makes its JSON web token invalid", async () => {
  await using directory = await tempDir();
  const [priv, pub] = [directory.join("private.pem"), directory.join("public.pem")];
  await openssl(["genrsa", "-out", priv]);
  await openssl(["rsa", "-in", priv, "-pubout", "-out", pub]);
  const tokens = `jwt,priv-key=${priv},pub-key=${pub},sign-method=RS256`;
  await using server = await EtcdServer.start({ flags: ["--auth-token", tokens] });
  await enableEtcdLogin(server);
  const options = { username: "root", password: "s3cret" };
  const busLogin = { "df_etcd.username": "root", "df_etcd.password": "s3cret" };
  await using etcd = await WatchFixture.open(server.addresses, { options });
  await using publisher = await etcdDriver(server.addresses, busLogin).openPublisher();
  const changeAccounts = async (name: string) => {
    const { isOk, output } = await server.ctl(["--user", "root:s3cret", "role", "add", name]);
    assert(isOk, output);
  };
  await changeAccounts("first");
  await publisher.send("D", bytesOf("1"));
  await etcd.put("/pubsub/D", "2");
  await changeAccounts("second");
  const range = { key: base64("/pubsub/D") };
  const { kvs: [kv] } = await etcd.client.call("kv/range", range, "read") as {
    readonly kvs: readonly { readonly value: string; readonly version: string }[];
  };
  assert.deepEqual([kv?.value, kv?.version], [base64("2"), "2"]);
  await changeAccounts("third");
  const watch = etcd.watch("/pubsub/D");
  await watch.until("live");
  assert.deepEqual(watch.notes, ["live"]);
});
