import assert from "node:assert/strict";
import { Deployment, type Overrides } from "../support/deployment.ts";
import { assertOnly, runDoctor } from "../support/doctor_report.ts";
import { EtcdServer } from "../support/etcd/server.ts";
import { CHANNELS, STREAMS } from "../support/redis/deployment.ts";
import { startRedis } from "../support/redis/server.ts";
import { type TempDir, tempDir } from "../support/temp_dir.ts";

const ROLES = ["controller", "node", "publisher"] as const;
type Role = (typeof ROLES)[number];
const EVENT = ["publish", "--table", "lport", "--key", "p1", "--action", "set"];
const NO_PERMISSION = /has no permission for/;

function passwordOf(role: Role): string {
  return `password-of-${role}`;
}

/** Runs the script that `config acl` prints, as an administrator would. @returns the script */
async function makeAccounts(
  dir: TempDir,
  deployment: Deployment,
  env: Record<string, string> = {},
) {
  for (const role of ROLES) {
    await Deno.writeTextFile(dir.join(`${role}.password`), passwordOf(role));
  }
  const { code, stdout, stderr } = await deployment.runHere(["config", "acl"]);
  assert.equal(code, 0, stderr);
  assert(stdout.split("\n").every((line) => line.length <= 100), stdout);
  const script = await new Deno.Command("sh", {
    ...{ args: ["-eu", "-c", stdout], cwd: dir.path, stdin: "null", env },
  }).output();
  const said = new TextDecoder().decode(script.stdout) + new TextDecoder().decode(script.stderr);
  assert(script.success && !/ERR|NOPERM/.test(said), said);
  return stdout;
}

/** Flags and environment of a role of a deployment. */
function as(role: Role, group: "df_redis" | "df_etcd") {
  return {
    overrides: { [`${group}.username`]: role, "df.publishers_ips": "" },
    options: { env: { [`OS_${group.toUpperCase()}__PASSWORD`]: passwordOf(role) } },
  };
}

/** Asserts what `doctor` says about the broker as a role, and that it finds no problem there. */
async function assertBroker(
  deployment: Deployment,
  { overrides, options }: ReturnType<typeof as>,
  says: RegExp,
) {
  const { code, lines } = await runDoctor(deployment, overrides, options);
  assert.equal(code, 0, JSON.stringify(lines));
  assert.match(lines.find(({ subject }) => subject === "broker")?.detail ?? "", says);
}

/** Runs a command as a role until it ends. */
async function run(
  deployment: Deployment,
  command: readonly string[],
  login: ReturnType<typeof as>,
) {
  const { overrides, options } = login;
  return await deployment.runHere(command, "", overrides, options);
}

Deno.test("config acl names the command that makes accounts permanent on a Redis without an ACL file", async () => {
  await using dir = await tempDir();
  await using redis = await startRedis();
  await using deployment = await Deployment.create({
    ...{ "df.nb_db_class": "redis_nb_db_driver", "df.remote_db_hosts": redis.address },
  });
  const script = await makeAccounts(dir, deployment);
  const [, command = ""] = /permanent with ([A-Z ]+)/.exec(script) ?? [];
  assert.match(await redis.cli(command.split(" ")), /^OK/);
});

for (
  const [what, bus, others] of [
    ["channels", CHANNELS, ["--all-topics"]],
    ["streams", STREAMS, ["--all-topics", "--last=1"]],
    ["sharded channels", { ...CHANNELS, "df_redis.sharded": true }, []],
  ] as readonly (readonly [string, Overrides, readonly string[]])[]
) {
  Deno.test(`the accounts of config acl carry events over Redis, and a node cannot publish: ${what}`, async () => {
    await using dir = await tempDir();
    await using redis = await startRedis();
    await using deployment = await Deployment.create({
      ...{ "df.nb_db_class": "redis_nb_db_driver", "df.remote_db_hosts": redis.address },
      ...{ "df.pub_sub_use_multiproc": false, "df.http_address": "", ...bus },
    });
    await makeAccounts(dir, deployment);
    const [controller, node, publisher] = ROLES.map((role) => as(role, "df_redis"));
    assert(controller !== undefined && node !== undefined && publisher !== undefined);
    await using service = deployment.start(["serve"], controller.overrides, controller.options);
    await service.stderr.waitFor(/^READY$/m);
    const args = ["subscribe", "--count", "1"];
    await using subscriber = deployment.startHere(args, node.overrides, node.options);
    await subscriber.stderr.waitFor(/listening on /);

    const published = await run(deployment, EVENT, publisher);
    assert.equal(published.code, 0, published.stderr);
    const { code, stdout, stderr } = await subscriber.result();
    assert.deepEqual([code, JSON.parse(stdout).key], [0, "p1"], stderr);
    assert.doesNotMatch(service.stderr.text + stderr + published.stderr, NO_PERMISSION);
    for (const flag of others) {
      const command = ["subscribe", flag, "--timeout", "0.1"];
      assert.doesNotMatch((await run(deployment, command, node)).stderr, NO_PERMISSION, flag);
    }
    await assertBroker(deployment, controller, /: this account may publish, but not subscribe/);
    await assertBroker(deployment, node, /: subscribed in /);
    await redis.cli(["acl", "setuser", "node", "-subscribe", "-ssubscribe", "-xread"]);
    const deaf = await runDoctor(deployment, node.overrides, node.options);
    assertOnly(deaf, "critical", /^Cannot subscribe at the broker: .* has no permission for/);

    const refused = await run(deployment, EVENT, node);
    assert.equal(refused.code, 3, refused.stderr);
    assert.match(refused.stderr, NO_PERMISSION);
    const listed = await run(deployment, ["publishers", "list"], node);
    assert.match(listed.stdout, /"state":"alive"/);

    const write = (role: Role, key: string) =>
      redis.cli([
        ...["--user", role, "--pass", passwordOf(role), "--no-auth-warning"],
        "set",
        key,
        "1",
      ])
        .catch(String);
    assert.match(await write("node", "{lport.}.p1"), /NOPERM/);
    assert.match(await write("publisher", "{publisher.}.x"), /NOPERM/);
    assert.match(await write("publisher", "{publisher_security.}.x"), /NOPERM/);
    for (const key of ["{lport.}.p1", "{p.}.1", "{publish.}.1", "{q.}.1"]) {
      assert.match(await write("publisher", key), /OK/, key);
    }
    assert.match(await write("controller", "{publisher.}.x"), /OK/);
  });
}

for (const bus of ["zmq_pubsub_driver", "etcd_pubsub_driver"]) {
  Deno.test(`the accounts of config acl carry events with etcd as the database, and only a controller names publishers: ${bus}`, async () => {
    await using dir = await tempDir();
    // The cheapest hash of passwords: each call of etcdctl has it computed.
    await using etcd = await EtcdServer.start({ flags: ["--bcrypt-cost", "4"] });
    await using deployment = await Deployment.create({
      ...{ "df.nb_db_class": "etcd_nb_db_driver", "df.remote_db_hosts": etcd.addresses.join(",") },
      ...{ "df.management_ip": "127.0.0.1", "df.pub_sub_driver": bus },
    });
    const root = ["--user", "root:root"];
    const setUp = [["user", "add", "root:root"], ["user", "grant-role", "root", "root"], [
      "auth",
      "enable",
    ]];
    for (const each of setUp) assert((await etcd.ctl(each)).isOk, each.join(" "));
    await makeAccounts(dir, deployment, { ETCDCTL_USER: "root:root", ETCDCTL_API: "3" });
    const [controller, node] = [as("controller", "df_etcd"), as("node", "df_etcd")];
    await using service = deployment.start(["serve"], controller.overrides, controller.options);
    await service.stderr.waitFor(/^READY$/m);
    const args = ["subscribe", "--count", "1"];
    await using subscriber = deployment.startHere(args, node.overrides, node.options);
    await subscriber.stderr.waitFor(/listening on /);
    const published = await run(deployment, EVENT, as("publisher", "df_etcd"));
    assert.equal(published.code, 0, published.stderr);
    const { code, stdout, stderr } = await subscriber.result();
    assert.deepEqual([code, JSON.parse(stdout).key], [0, "p1"], stderr);

    const other = {
      "df.publisher_multiproc_socket": deployment.path("other"),
      "df.publisher_port": "0",
    };
    const asNode = deployment.start(["serve"], { ...node.overrides, ...other }, node.options);
    await using _asNode = asNode;
    await asNode.stderr.waitFor(
      /cannot create row .* of table "publisher": the user has no permission/,
    );

    const put = async (role: Role, key: string) =>
      (await etcd.ctl(["--user", `${role}:${passwordOf(role)}`, "put", key, "{}"])).isOk;
    assert.equal(await put("node", "/lport/p1"), false);
    assert.equal(await put("node", "/pubsub/D"), false);
    const keys = [
      "/lport/p1",
      "/publisher/x",
      "/publisher_security/x",
      "/zone/1",
      "/df_pubsub_topic/lport/p1",
    ];
    const allowed = await Promise.all(keys.map((key) => put("publisher", key)));
    assert.deepEqual(allowed, [true, false, false, true, true]);
    assert.equal(await put("controller", "/publisher/x"), true);
    assert((await etcd.ctl([...root, "auth", "disable"])).isOk);
  });
}

Deno.test("config acl says that there are no accounts, when the configuration uses no server", async () => {
  await using deployment = await Deployment.create();
  const { code, stdout, stderr } = await deployment.runHere(["config", "acl"]);
  assert.deepEqual([code, stdout], [0, ""]);
  assert.match(stderr, /this configuration uses no server with accounts of its own/);
});
