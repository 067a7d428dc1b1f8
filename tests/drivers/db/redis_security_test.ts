import assert from "node:assert/strict";
import { withoutLeaks } from "../../support/handles.ts";
import { RecordingLogger } from "../../support/fakes/recording_logger.ts";
import { openRedisAt } from "../../support/redis/db.ts";
import { poll } from "../../support/redis/poll.ts";
import { startRedis } from "../../support/redis/server.ts";
import { startTlsRedis, type TlsOptions, type TlsRedis } from "../../support/redis/tls.ts";
import { tempDir } from "../../support/temp_dir.ts";
import type { Overrides } from "../../support/test_settings.ts";

const ABSENT = { name: "DbKeyNotFound" };

function rightOptions({ files, user }: TlsRedis): Overrides {
  return {
    username: user.username,
    password: user.password,
    tls_ca_file: files.authority.cert,
    tls_cert_file: files.client.cert,
    tls_key_file: files.client.key,
  };
}

/** Asserts a refused start: the error contains the host and the problem, and no secret anywhere. */
function refusal(redis: TlsRedis, reason: RegExp, secrets: readonly string[] = []) {
  return (thrown: unknown): true => {
    assert(thrown instanceof Error);
    assert.equal(thrown.name, "DbUnavailable");
    assert.match(thrown.message, new RegExp(`^Redis "rediss?://${redis.node.address}": cannot `));
    assert.match(thrown.message, reason);
    const all = Deno.inspect(thrown, { depth: 20, showHidden: true });
    for (const secret of [redis.user.password, ...secrets]) assert(!all.includes(secret), all);
    return true;
  };
}

interface Case {
  readonly when: string;
  readonly overrides: Overrides;
  readonly reason: RegExp;
}

const refused: readonly Case[] = [
  {
    when: "the password is wrong",
    overrides: { password: "hunter2" },
    reason: /the login of user "dragonflow" was refused/,
  },
  {
    when: "there is no login",
    overrides: { username: "", password: "" },
    reason: /a login is required: set password_file/,
  },
  {
    when: "the authority is not ours to trust",
    overrides: { tls_ca_file: "" },
    reason: /its certificate is signed by "CN=authority", which tls_ca_file does not vouch for/,
  },
  {
    when: "the certificate is for another name",
    overrides: { tls_server_name: "other.example" },
    reason:
      /another name: it offers IP:127.0.0.1, .*, wanted "other.example": see tls_server_name$/,
  },
  {
    when: "no certificate is shown",
    overrides: { tls_cert_file: "", tls_key_file: "" },
    reason: /it requires a client certificate: see tls_cert_file/,
  },
];

Deno.test("openRedisDb rejects with the host and the problem, when the server or its login is refused", async (t) => {
  await using redis = await startTlsRedis();
  for (const { when, overrides, reason } of refused) {
    await t.step(when, async () => {
      const options = { ...rightOptions(redis), ...overrides };
      const opening = () => openRedisAt({ hosts: [`rediss://${redis.node.address}`], options });
      await withoutLeaks(() => assert.rejects(opening(), refusal(redis, reason, ["hunter2"])));
    });
  }
});

Deno.test("openRedisDb rejects with the date, when the server's certificate has expired", async () => {
  const until = Date.UTC(2025, 5, 7, 8, 9);
  await using redis = await startTlsRedis({ server: { from: Date.UTC(2025, 0), until } });
  const hosts = [`rediss://${redis.node.address}`];
  const opening = openRedisAt({ hosts, options: rightOptions(redis) });
  const reason = /its certificate expired on 2025-06-07 08:09 UTC$/;
  await assert.rejects(opening, refusal(redis, reason));
});

Deno.test("openRedisDb rejects and suggests TLS, when the server accepts only TLS", async () => {
  await using redis = await startTlsRedis();
  const opening = openRedisAt({ hosts: [redis.node.address] });
  await assert.rejects(opening, refusal(redis, /if it requires TLS, set option tls$/));
});

Deno.test("openRedisDb rejects with the command and without the password, when the server has no AUTH", async () => {
  await using redis = await startRedis({ config: ['rename-command AUTH ""'] });
  const options = { username: "dragonflow", password: "hunter2" };
  const opening = openRedisAt({ hosts: [redis.address], options });
  await assert.rejects(opening, (thrown) => {
    assert.match(String(thrown), /it has no command "auth": the server is too old, or has renamed/);
    assert(!Deno.inspect(thrown, { depth: 20, showHidden: true }).includes("hunter2"));
    return true;
  });
});

Deno.test("redis database works over TLS, when the password comes from a file", async () => {
  await using directory = await tempDir();
  await using redis = await startTlsRedis();
  await Deno.writeTextFile(directory.join("password"), `${redis.user.password}\n`);
  const options = {
    ...rightOptions(redis),
    password: "not this one",
    password_file: directory.join("password"),
    tls: "true",
  };
  await withoutLeaks(async () => {
    await using db = await openRedisAt({ hosts: [redis.node.address], options });
    await db.create("lport", "p1", "1", { topic: "t1" });
    assert.equal(await db.get("lport", "p1"), "1");
    await assert.rejects(db.get("lport", "p2"), ABSENT);
  });
});

for (const command of ["info", "scan", "get", "mget", "type"]) {
  Deno.test(`openRedisDb rejects with the command, when the user has no permission for ${command}`, async () => {
    const rules: TlsOptions = { withoutPermissions: [`-${command}`], clientCertificate: false };
    await using redis = await startTlsRedis(rules);
    const { tls_cert_file: _cert, tls_key_file: _key, ...options } = rightOptions(redis);
    const opening = openRedisAt({ hosts: [`rediss://${redis.node.address}`], options });
    const reason = new RegExp(`user "dragonflow" has no permission for command "${command}"$`);
    await assert.rejects(opening, refusal(redis, reason));
  });
}

for (const command of ["set", "del", "evalsha"]) {
  Deno.test(`openRedisDb opens for reading and reports the command, when the user has no permission for ${command}`, async () => {
    const rules: TlsOptions = { withoutPermissions: [`-${command}`], clientCertificate: false };
    await using redis = await startTlsRedis(rules);
    const { tls_cert_file: _cert, tls_key_file: _key, ...options } = rightOptions(redis);
    await redis.node.cli(["set", "{lport.}.p1", "1"]);
    const log = new RecordingLogger();
    await using db = await openRedisAt({ hosts: [`rediss://${redis.node.address}`], options, log });
    assert.equal(await db.get("lport", "p1"), "1");
    const lacks = `user "dragonflow" has no permission for command "${command}"`;
    assert.deepEqual(log.lines.map(({ level, message }) => `${level} ${message}`), [
      `info Redis "rediss://${redis.node.address}": rows can be read, but not written: ${lacks}`,
    ]);
  });
}

Deno.test("redis database refuses exactly the rows for which the user has no permission", async () => {
  const rules: TlsOptions = {
    withoutPermissions: ["resetkeys", "~{lport.*"],
    clientCertificate: false,
  };
  await using redis = await startTlsRedis(rules);
  const hosts = [`rediss://${redis.node.address}`];
  await using db = await openRedisAt({ hosts, options: rightOptions(redis) });
  await db.create("lport", "p1", "1");
  assert.equal(await db.get("lport", "p1"), "1");
  const reason = /cannot read row "p1" of table "lswitch": user "dragonflow" has no permission/;
  await assert.rejects(db.get("lswitch", "p1"), refusal(redis, reason));
});

Deno.test("redis database keeps retrying, when its password is changed while it runs", async () => {
  await using redis = await startTlsRedis();
  const { username, password } = redis.user;
  const hosts = [`rediss://${redis.node.address}`];
  await using db = await openRedisAt({ hosts, options: rightOptions(redis) });
  await db.create("lport", "p1", "1");
  await redis.node.cli(["acl", "setuser", username, "resetpass", ">another"]);
  await redis.node.cli(["client", "kill", "user", username]);
  const refused = async () => {
    const thrown: unknown = await db.get("lport", "p1").then(() => undefined, (error) => error);
    return refusal(redis, /cannot read row/)(thrown) &&
      thrown instanceof Error &&
      /the login of user "dragonflow" was refused/.test(thrown.message);
  };
  await poll("the login is refused", async () => await refused() || undefined);
  await redis.node.cli(["acl", "setuser", username, `>${password}`]);
  await poll("the row is there again", () => db.get("lport", "p1"));
});

Deno.test("redis database reads the password file again, when the password is changed while it runs", async () => {
  await using directory = await tempDir();
  await using redis = await startRedis({ password: "old" });
  const file = directory.join("password");
  await Deno.writeTextFile(file, "old\n");
  await withoutLeaks(async () => {
    const options = { password_file: file };
    await using db = await openRedisAt({ hosts: [redis.address], options });
    await db.create("lport", "p1", "1");
    await Deno.writeTextFile(file, "new\n");
    const commands = "config set requirepass new\nclient kill type normal skipme no\n";
    await redis.cli([], { input: commands }).catch(() => {});
    await poll("the row is there again", () => db.get("lport", "p1"));
  });
});

Deno.test("redis database reads the authority again, when the server's certificate changes", async () => {
  await using directory = await tempDir();
  await using redis = await startTlsRedis({ clientCertificate: false });
  const { tls_cert_file: _cert, tls_key_file: _key, ...options } = rightOptions(redis);
  const file = directory.join("authority");
  const { authority, strangeAuthority } = redis.files;
  await Deno.writeTextFile(file, await Deno.readTextFile(authority.cert));
  const hosts = [`rediss://${redis.node.address}`];
  await using db = await openRedisAt({ hosts, options: { ...options, tls_ca_file: file } });
  await db.create("lport", "p1", "1");
  await Deno.writeTextFile(file, await Deno.readTextFile(strangeAuthority.cert));
  await redis.node.cli(["client", "kill", "user", redis.user.username]);
  await poll("the current authority does not match", async () => {
    const thrown: unknown = await db.get("lport", "p1").then(() => undefined, (error) => error);
    return /its certificate is signed by "CN=authority", which/.test(String(thrown)) || undefined;
  });
  await Deno.writeTextFile(file, await Deno.readTextFile(authority.cert));
  await poll("the row is there again", () => db.get("lport", "p1"));
});
