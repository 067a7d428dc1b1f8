import assert from "node:assert/strict";
import type { EffectiveConfig } from "../../service/config/effective_config.ts";
import { ConfigError, loadConfig, options } from "../../mod.ts";
import { redisPassword } from "../../drivers/_internal/redis/options.ts";
import { tempDir } from "../support/temp_dir.ts";

Deno.test("loadConfig takes set before variables, and variables before files", async () => {
  await using directory = await tempDir();
  const path = directory.join("a.ini");
  await Deno.writeTextFile(path, "[df]\npublisher_port = 1\nlocal_ip = 192.0.2.1\ndebug = true\n");
  const env = { OS_DF__PUBLISHER_PORT: "2", OS_DF__LOCAL_IP: "192.0.2.2" };
  const config = await loadConfig({ files: [path], env, set: { "df.publisher_port": 3 } });
  assert.equal(config.get(options.publisherPort), 3);
  assert.equal(config.get(options.localIp), "192.0.2.2");
  assert.equal(config.entryOf(options.publisherPort).origin, 'set "df.publisher_port"');
});

Deno.test("loadConfig reads numbers, booleans and lists in set as their text", async () => {
  const config = await loadConfig({
    set: {
      "df.enable_df_pub_sub": true,
      "df.pub_sub_send_timeout": 1.5,
      "df.publishers_ips": ["192.0.2.1", "192.0.2.2"],
      "df.pub_sub_use_multiproc": "auto",
    },
  });
  assert.equal(config.get(options.enableDfPubSub), true);
  assert.equal(config.get(options.pubSubSendTimeout), 1.5);
  assert.deepEqual(config.get(options.publishersIps), ["192.0.2.1", "192.0.2.2"]);
  assert.equal(config.get(options.pubSubUseMultiproc), "auto");
});

Deno.test("loadConfig takes a secret in set, and shows it nowhere", async () => {
  const config = await loadConfig({ set: { "df_redis.password": "hunter2" } });
  assert.equal(config.get(redisPassword), "hunter2");
  assert.equal(JSON.stringify(config.entries()).includes("hunter2"), false);
});

Deno.test("loadConfig takes the default, when an option in set is undefined, and refuses null", async () => {
  // A variable of the environment that is not set.
  const config = await loadConfig({
    set: { "df.nb_db_class": undefined, "df.local_ip": undefined },
  });
  assert.equal(config.entryOf(options.nbDbClass).value, "sqlite_nb_db_driver");
  assert.equal(config.entryOf(options.localIp).origin, "default");
  // Code without types may pass it.
  for (const wrong of [null, {}] as unknown as string[]) {
    await assert.rejects(loadConfig({ set: { "df_redis.password": wrong } }), {
      name: "ConfigError",
      message:
        'set "df_redis.password": null or an object, wanted text, a number, a boolean or a ' +
        "list",
    });
  }
});

Deno.test("loadConfig rejects with every problem of set at once", async () => {
  const set = { "df.publisher_prot": 1, "df.publisher_port": "many", "df.nb_db_class": "oracle" };
  await assert.rejects(loadConfig({ set }), (error) => {
    assert(error instanceof ConfigError && error.code === "CONFIG_INVALID");
    const text = error.problems.join("\n");
    assert.match(text, /set "df\.publisher_prot": no such option.*publisher_port/);
    assert.match(text, /publisher_port.*"many".*wanted an integer/);
    assert.match(text, /nb_db_class.*"oracle".*wanted one of sqlite_nb_db_driver/);
    return error.problems.length === 3;
  });
});

Deno.test("loadConfig keeps SQLite as the default, when the remote servers are those of a Redis bus", async () => {
  const set = { "df.pub_sub_driver": "redis_db_pubsub_driver", "df.remote_db_ip": "192.0.2.1" };
  const classOf = (config: EffectiveConfig) =>
    config.entries().find(({ option }) => option.name === "nb_db_class")?.value;
  assert.equal(classOf(await loadConfig({ set })), "sqlite_nb_db_driver");
  const other = { ...set, "df.pub_sub_driver": "zmq_pubsub_driver" };
  assert.equal(classOf(await loadConfig({ set: other })), "etcd_nb_db_driver");
});
