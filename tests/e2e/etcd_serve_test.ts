// A file of the original that names where its database is, and not which: that is etcd.
import assert from "node:assert/strict";
import { Deployment } from "../support/deployment.ts";
import { EtcdServer } from "../support/etcd/server.ts";
import { printedEvents } from "../support/events.ts";
import { serveOnBroker } from "../support/redis/deployment.ts";
import { startRedis } from "../support/redis/server.ts";
import { listedPublishers, untilListed } from "../support/publisher_list.ts";

const QUICK = {
  "df_etcd.request_timeout": 1,
  "df.publisher_timeout": 3,
  // Changes of tables are reported, not polled.
  "df.monitor_table_poll_time": 3600,
  "df.monitor_tables": "chassis,publisher",
  "df.table_monitor_announce_existing": true,
};

function etcdDeployment({ addresses }: EtcdServer): Promise<Deployment> {
  return Deployment.create({ "df.remote_db_hosts": addresses.join(","), ...QUICK });
}

Deno.test("serve, publish, subscribe and publishers work with etcd as the database", async () => {
  await using server = await EtcdServer.start();
  await using deployment = await etcdDeployment(server);
  await using service = await deployment.serve();
  await using subscriber = await deployment.subscribeHere(["--table", "chassis"]);
  const event = ["--table", "chassis", "--key", "c1", "--action", "create", "--value", "{}"];
  assert.equal((await deployment.runHere(["publish", ...event])).code, 0);
  // A row that another program writes is announced by the service.
  await server.ctl(["put", "/chassis/c2", '{"id": "c2"}']);
  await subscriber.stdout.waitFor(/"c2"/);
  await server.ctl(["put", "/chassis/c3", '{"id": "c3"}']);
  await server.ctl(["del", "/chassis/c2"]);
  await subscriber.stdout.waitFor(/"c2","action":"delete"/);
  const keys = printedEvents(subscriber.stdout.lines).map(({ key }) => key);
  assert.deepEqual(keys, ["c1", "c2", "c3", "c2"]);
  const rows = await listedPublishers(deployment);
  assert.deepEqual(rows.map(({ state }) => state), ["alive"]);
  const { output } = await server.ctl(["get", "/publisher/", "--prefix", "--print-value-only"]);
  assert.equal(JSON.parse(output).uri, service.uri);
  assert.equal((await subscriber.stop()).code, 0);
  assert.equal((await service.program.stop()).code, 0);
  assert.deepEqual(await listedPublishers(deployment), []);
});

Deno.test("serve goes on and keeps its row, when members of etcd are killed one after the other", async () => {
  await using server = await EtcdServer.start({ members: 3 });
  await using deployment = await etcdDeployment(server);
  await using service = await deployment.serve();
  await using subscriber = await deployment.subscribeHere();
  for (const [at, member] of server.members.entries()) {
    await member.kill();
    const event = ["--table", "lport", "--key", `p${at}`, "--action", "set", "--value", "{}"];
    assert.equal((await deployment.runHere(["publish", ...event])).code, 0);
    await subscriber.stdout.waitFor(new RegExp(`"p${at}"`));
    await untilListed(deployment, ([row]) => row?.["state"] === "alive");
    member.restart();
    await server.ready();
  }
  assert.equal((await subscriber.stop()).code, 0);
  assert.equal((await service.program.stop()).code, 0);
});

Deno.test("commands exit 2 and name the databases, when nothing answers as etcd where the configuration says", async () => {
  await using server = await EtcdServer.start();
  await using redis = await startRedis();
  await server.members[0]?.kill();
  const places = [[server.addresses[0], "connection refused"], [redis.address, ".*"]];
  for (const [address, reason] of places) {
    await using deployment = await Deployment.create({ "df.remote_db_hosts": `${address}` });
    for (const command of ["serve", "subscribe", "publishers"]) {
      const args = command === "publishers" ? [command, "list"] : [command];
      const { code, stderr } = await deployment.runHere(args);
      assert.equal(code, 2, stderr);
      const wanted = `nb_db_class: not set, although remote_db_hosts is, .*etcd: cannot connect: ` +
        `http://${address}: ${reason}: name the database, one of sqlite_nb_db_driver, ` +
        `redis_nb_db_driver, etcd_nb_db_driver`;
      assert.match(stderr, new RegExp(wanted));
    }
    const named = { "df.nb_db_class": "etcd_nb_db_driver" };
    const { code, stderr } = await deployment.runHere(["publishers", "list"], "", named);
    assert.equal(code, 3, stderr);
  }
});

Deno.test("a command says which database is meant, when etcd answers and refuses the login", async () => {
  await using server = await EtcdServer.start();
  await using deployment = await Deployment.create({
    "df.remote_db_hosts": server.addresses.join(","),
    "df_etcd.username": "reader",
  });
  const env = { OS_DF_ETCD__PASSWORD: "unknown" };
  await using program = deployment.start(["publishers", "list"], {}, { env });
  const { code, stderr } = await program.result();
  assert.equal(code, 3, stderr);
  assert.match(stderr, /a login is configured, but etcd has no authentication/);
  assert.match(stderr, /nb_db_class: default, as remote_db_hosts is set;/);
  assert(!stderr.includes("unknown"), stderr);
});

Deno.test("serve keeps SQLite, when the remote servers are those of its Redis bus", async () => {
  await using redis = await startRedis();
  await using deployment = await Deployment.create({
    "df.remote_db_hosts": redis.address,
    "df.pub_sub_driver": "redis_stream_pubsub_driver",
  });
  await using service = await serveOnBroker(deployment);
  const rows = await listedPublishers(deployment);
  assert.deepEqual(rows.map(({ state }) => state), ["alive"]);
  assert.equal((await Deno.stat(deployment.databasePath)).isFile, true);
  assert.equal((await service.stop()).code, 0);
});
