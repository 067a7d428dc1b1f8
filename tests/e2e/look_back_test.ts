import assert from "node:assert/strict";
import { Deployment, freePort } from "../support/deployment.ts";
import { askEtcdPeer } from "../support/etcd/peer.ts";
import { EtcdServer } from "../support/etcd/server.ts";
import { eventLine, eventLines } from "../support/events.ts";
import { eventually } from "../support/eventually.ts";
import { CHANNELS, redisDeployment, STREAMS } from "../support/redis/deployment.ts";
import { startRedis } from "../support/redis/server.ts";

/** The keys that `subscribe` prints with these arguments until it ends by itself, and its notices. */
async function past(deployment: Deployment, ...args: readonly string[]) {
  const { code, stdout, stderr } = await deployment.runHere(["subscribe", "--json", ...args]);
  assert.equal(code, 0, stderr);
  const lines = stdout.split("\n").filter((line) => line !== "");
  const notices = stderr.split("\n").filter((line) => line.startsWith("{"));
  return {
    keys: lines.map((line) => JSON.parse(line).key),
    sentAt: lines.map((line) => String(JSON.parse(line).sentAt)),
    notices: notices.map((line) => JSON.parse(line)),
  };
}

Deno.test("subscribe --last, --since, --until and --end print the past of a service, and say when it is shorter", async () => {
  await using deployment = await Deployment.create();
  await using _service = await deployment.serve();
  await deployment.publish(eventLines(5));
  const other = { table: "lport", key: "tenant", action: "set", topic: "tenant" };
  await deployment.publish(`${JSON.stringify(other)}\n`);
  const all = await past(deployment, "--end");
  assert.deepEqual([all.keys, all.notices], [["p0", "p1", "p2", "p3", "p4"], []]);
  assert.deepEqual((await past(deployment, "--last", "2", "--end")).keys, ["p3", "p4"]);
  const tenant = await past(deployment, "--only-topic", "tenant", "--last", "9", "--end");
  assert.deepEqual(tenant.keys, ["tenant"]);
  const [short] = tenant.notices;
  assert.deepEqual([short.notice, short.topic, short.events], ["past", "tenant", 1]);
  assert(Date.parse(short.keptSince) <= Date.now());
  // To the millisecond, as events are sent faster.
  const time = (index: number) => new Date(Date.parse(all.sentAt[index] ?? "") + 1).toISOString();
  const before = await past(deployment, "--until", time(4));
  assert.deepEqual(before.keys, all.keys);
  const hour = await past(deployment, "--since", "1h", "--end");
  assert.deepEqual(hour.keys, all.keys);
  assert.equal(hour.notices[0]?.notice, "past");
  assert.deepEqual((await past(deployment, "--since", "1h", "--until", "1h")).keys, []);
});

Deno.test("subscribe --last goes on with new events, and --count with --end exits 5 when there are fewer", async () => {
  await using deployment = await Deployment.create();
  await using _service = await deployment.serve();
  await deployment.publish(eventLines(3));
  await using live = await deployment.subscribeHere(["--json", "--last", "1"]);
  await live.stdout.waitForLines(1);
  await deployment.publish(eventLine("later"));
  await live.stdout.waitForLines(2);
  assert.deepEqual(live.stdout.lines.map((line) => JSON.parse(line).key), ["p2", "later"]);
  const { code, stderr } = await deployment.run(["subscribe", "--end", "--count", "9"]);
  assert.equal(code, 5);
  assert.match(stderr, /caught up: 4 events, wanted 9/);
});

Deno.test("subscribe --end prints the past of each --uri, when one publisher is live before another", async () => {
  await using deployment = await Deployment.create();
  await using other = await Deployment.create();
  await using service = await deployment.serve();
  await using second = await other.serve({ "df.publisher_id_name": "another" });
  await deployment.publish(eventLines(1));
  await other.publish(eventLines(5_000));
  const uris = ["--uri", service.uri, "--uri", second.uri];
  assert.equal((await past(deployment, "--end", ...uris)).keys.length, 5_001);
});

Deno.test("subscribe --end prints the past of each publisher of publishers_ips, when one has a row and another does not", async () => {
  await using deployment = await Deployment.create({ "df.publisher_port": freePort() });
  const hosts = ["127.0.0.1", "127.0.0.2"] as const;
  await using _service = await deployment.serve(bindTo(hosts[0]));
  const own = { "df.sqlite_path": deployment.path("own"), ...bindTo(hosts[1]) };
  const socket = { "df.publisher_multiproc_socket": deployment.path("own-socket") };
  const second = await deployment.serve({ ...own, ...socket });
  await using _second = second;
  await deployment.publish(eventLines(1));
  await deployment.publish(eventLines(5_000), socket);
  const named = ["--end", "--set", `df.publishers_ips=${hosts.join(",")}`];
  assert.equal((await past(deployment, ...named)).keys.length, 5_001);
  await second.program.stop();
  const { code, stdout, stderr } = await deployment.runHere(["subscribe", ...named]);
  assert.equal(code, 5);
  assert.equal(stdout.split("\n").length, 2);
  assert.match(stderr, /Not live: tcp:\/\/127\.0\.0\.2/);
});

/** Settings of a service at this address of the host. */
function bindTo(address: string) {
  return {
    "df.publisher_id_name": address,
    "df.management_ip": address,
    "df.publisher_bind_address": address,
  };
}

Deno.test("subscribe --end fails, when no publisher is live, and refuses what has no past", async () => {
  await using deployment = await Deployment.create();
  const flags = ["--uri", "tcp://127.0.0.1:1", "--end"];
  const { code, stderr } = await deployment.runHere(["subscribe", ...flags]);
  assert.equal(code, 5);
  assert.match(stderr, /Not live: tcp:\/\/127\.0\.0\.1:1/);
  for (
    const [args, says] of [
      [["--last", "0"], /wanted a whole number, 1 or more/],
      [["--since", "1-2"], /--since with a position: .* it can begin at start, time, last/],
      [["--since", "yesterday"], /wanted start, an age/],
      [["--until", "soon"], /wanted an age/],
      [["--last", "1", "--all-topics"], /--last.*topics by name/],
      [["--last", "1", "--snapshot", "--table", "t"], /--snapshot and --last/],
      [
        ["--end", "--set", "df.pub_sub_driver=libzmq_pubsub_driver"],
        /: Cannot begin in the past: /,
      ],
    ] as const
  ) {
    const refused = await deployment.runHere(["subscribe", ...args]);
    assert.equal(refused.code, 2, args.join(" "));
    assert.match(refused.stderr, says);
  }
});

Deno.test("subscribe looks back on Redis streams as on ZeroMQ, and not on channels", async () => {
  await using server = await startRedis();
  const servers = { addresses: [server.address] };
  await using deployment = await redisDeployment(servers, STREAMS);
  await deployment.publish(eventLines(5));
  assert.deepEqual((await past(deployment, "--last", "2", "--end")).keys, ["p3", "p4"]);
  const whole = await past(deployment, "--last", "9", "--end");
  assert.deepEqual([whole.keys.length, whole.notices], [5, []]);
  assert.deepEqual((await past(deployment, "--since", "1h", "--end")).keys, whole.keys);
  const start = Date.now();
  await eventually(() => Date.now(), (now) => now > start + 1);
  assert.deepEqual((await past(deployment, "--until", new Date().toISOString())).keys, whole.keys);
  await using channels = await redisDeployment(servers, CHANNELS);
  const { code, stderr } = await channels.runHere(["subscribe", "--last", "1"]);
  assert.equal(code, 2);
  assert.match(stderr, /does not keep events/);
});

Deno.test("subscribe looks back on etcd as on ZeroMQ, also with events of the original and after a compaction", async () => {
  await using server = await EtcdServer.start();
  await using deployment = await Deployment.create({
    "df.nb_db_class": "etcd_nb_db_driver",
    "df.pub_sub_driver": "etcd_pubsub_driver",
    "df.remote_db_hosts": server.addresses.join(","),
  });
  // The first 40 share puts.
  await deployment.publish(eventLines(40));
  const [address] = server.addresses;
  await askEtcdPeer(address, "publish", "D", "lport", "theirs", "set", "{}");
  await deployment.publish(eventLine("later"));
  const all = await past(deployment, "--end");
  assert.deepEqual([all.keys.length, all.notices], [42, []]);
  assert.deepEqual((await past(deployment, "--last", "2", "--end")).keys, ["theirs", "later"]);
  assert.deepEqual((await past(deployment, "--last", "12", "--end")).keys, all.keys.slice(-12));
  const whole = await past(deployment, "--last", "99", "--end");
  assert.deepEqual([whole.keys, whole.notices], [all.keys, []]);
  assert.deepEqual((await past(deployment, "--since", "1h", "--end")).keys, all.keys);
  // The next millisecond, because several events may be sent within one.
  const time = (index: number) => new Date(Date.parse(all.sentAt[index] ?? "") + 1).toISOString();
  assert.deepEqual((await past(deployment, "--since", time(39), "--end")).keys, [
    "theirs",
    "later",
  ]);
  // An event without a time is not known to be older.
  const until = await past(deployment, "--since", "1h", "--until", time(39));
  assert.deepEqual(until.keys, all.keys.slice(0, 40));
  const status = JSON.parse((await server.ctl(["endpoint", "status", "-w", "json"])).output);
  const { revision } = status[0].Status.header;
  assert((await server.ctl(["compact", String(revision)])).isOk);
  const { keys, notices } = await past(deployment, "--last", "9", "--end");
  assert.deepEqual(keys, ["later"]);
  const [{ keptSince, ...notice }] = notices;
  assert.deepEqual(notice, { notice: "past", topic: "D", events: 1 });
  assert.equal(keptSince, new Date(Date.parse(all.sentAt[41] ?? "")).toISOString());
  await using live = await deployment.subscribeHere(["--json", "--last", "1"]);
  await live.stdout.waitForLines(1);
  await deployment.publish(eventLine("new"));
  await live.stdout.waitForLines(2);
  assert.deepEqual(live.stdout.lines.map((line) => JSON.parse(line).key), ["later", "new"]);
});
