// A file of the original that names where its database is, and not which: that is etcd.
import assert from "node:assert/strict";
import { Deployment } from "../support/deployment.ts";
import { EtcdServer } from "../support/etcd_server.ts";
import { printedEvents } from "../support/events.ts";
import { listedPublishers, untilListed } from "../support/publisher_list.ts";

const QUICK = {
  "df_etcd.request_timeout": 1,
  "df.publisher_timeout": 3,
  "df.monitor_table_poll_time": 0.2,
  "df.monitor_tables": "chassis,publisher",
};

function etcdDeployment({ addresses }: EtcdServer): Promise<Deployment> {
  return Deployment.create({ "df.remote_db_hosts": addresses.join(","), ...QUICK });
}

Deno.test("serve, publish, subscribe and publishers work with etcd as the database", async () => {
  await using server = await EtcdServer.start();
  await using deployment = await etcdDeployment(server);
  await using service = await deployment.serve();
  await using subscriber = await deployment.subscribe(["--table", "chassis"]);
  const event = ["--table", "chassis", "--key", "c1", "--action", "create", "--value", "{}"];
  assert.equal((await deployment.run(["publish", ...event])).code, 0);
  // A row that another program writes is announced by the service.
  await server.ctl(["put", "/chassis/c2", '{"id": "c2"}']);
  await subscriber.stdout.waitFor(/"c2"/);
  const keys = printedEvents(subscriber.stdout.lines).map(({ key }) => key);
  assert.deepEqual(keys, ["c1", "c2"]);
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
  await using subscriber = await deployment.subscribe();
  for (const [at, member] of server.members.entries()) {
    await member.kill();
    const event = ["--table", "lport", "--key", `p${at}`, "--action", "set", "--value", "{}"];
    assert.equal((await deployment.run(["publish", ...event])).code, 0);
    await subscriber.stdout.waitFor(new RegExp(`"p${at}"`));
    await untilListed(deployment, ([row]) => row?.["state"] === "alive");
    member.restart();
    await server.ready();
  }
  assert.equal((await subscriber.stop()).code, 0);
  assert.equal((await service.program.stop()).code, 0);
});

Deno.test("a command says which database is meant, when etcd does not answer where the configuration says", async () => {
  await using server = await EtcdServer.start();
  await using deployment = await etcdDeployment(server);
  await server.members[0]?.kill();
  const { code, stderr } = await deployment.run(["publishers", "list"]);
  assert.equal(code, 3);
  assert.match(stderr, /etcd.*127\.0\.0\.1:\d+: connection refused/);
  assert.match(stderr, /nb_db_class: default, as remote_db_hosts is set;/);
});
