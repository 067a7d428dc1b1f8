import assert from "node:assert/strict";
import { type Deployment, freePort, type Overrides } from "../support/deployment.ts";
import { eventLine } from "../support/events.ts";
import { Program, programDeno, type ProgramOptions, run } from "../support/program.ts";
import { redisDeployment, serveOnBroker } from "../support/redis/deployment.ts";
import { startRedis } from "../support/redis/server.ts";
import { startTlsRedis, type TlsRedis } from "../support/redis/tls.ts";
import { tempDir } from "../support/temp_dir.ts";

const PASSWORD = "correct horse battery";
const WRONG = "a wrong secret";
const COMMANDS = [
  ["serve"],
  ["publish", "--table", "lport", "--key", "p1", "--action", "set"],
  ["subscribe"],
  ["publishers", "list"],
];
// Deno 2.4 does not report which certificate a server has sent.
const UNTRUSTED = programDeno().startsWith("2.4.") ? "not trusted: see tls_ca_file" : "signed by";
const VARIABLE = "OS_DF_REDIS__PASSWORD";

/** Runs every command. Expects exit code 3 and one line with the reason and without a secret. */
async function allRefused(
  deployment: Deployment,
  says: RegExp,
  { env = {} }: ProgramOptions = {},
): Promise<void> {
  await Promise.all(COMMANDS.map(async (command) => {
    const { code, stdout, stderr } = await deployment.runHere(command, "", {}, { env });
    assert.deepEqual([code, stdout], [3, ""], stderr);
    const said = stderr.split("\n").filter((line) => line.startsWith("df-pubsub: "));
    assert.equal(said.length, 1, stderr);
    assert.match(said[0] ?? "", says);
    for (const secret of Object.values(env)) assert(!stderr.includes(secret), stderr);
  }));
}

function tlsSettings({ files, user }: TlsRedis): Overrides {
  return {
    "df_redis.tls": true,
    "df_redis.username": user.username,
    "df_redis.tls_ca_file": files.authority.cert,
    "df_redis.tls_cert_file": files.client.cert,
    "df_redis.tls_key_file": files.client.key,
  };
}

Deno.test("commands exit 3 and name the host, when Redis is down or refuses the login", async () => {
  await using server = await startRedis({ password: PASSWORD });
  const place = { addresses: [server.address] };
  const nowhere = `127.0.0.1:${freePort()}`;
  await using absent = await redisDeployment({ addresses: [nowhere] });
  await allRefused(absent, new RegExp(`${nowhere}: connection refused`));
  await using locked = await redisDeployment(place);
  const host = `${server.address}: `;
  await allRefused(locked, new RegExp(`${host}a login is required: set password_file`));
  const wrong = new RegExp(`${host}the login of user "default" was refused: wrong password`);
  await allRefused(locked, wrong, { env: { [VARIABLE]: WRONG } });
});

Deno.test("commands exit 3 and name the host, when either certificate is missing or not trusted", async () => {
  await using redis = await startTlsRedis();
  const place = { addresses: [redis.node.address] };
  const options = { env: { [VARIABLE]: redis.user.password } };
  const host = `${redis.node.address}: `;
  const trusting = tlsSettings(redis);
  const strange = { ...trusting, "df_redis.tls_ca_file": redis.files.strangeAuthority.cert };
  await using untrusting = await redisDeployment(place, strange);
  await allRefused(untrusting, new RegExp(`${host}its certificate is ${UNTRUSTED}`), options);
  const nameless = { ...trusting, "df_redis.tls_cert_file": "", "df_redis.tls_key_file": "" };
  await using anonymous = await redisDeployment(place, nameless);
  await allRefused(anonymous, new RegExp(`${host}it requires a client certificate`), options);
});

// Deno 2.4 shows no client certificate to a server that requests one.
const byCertificate = { ignore: programDeno().startsWith("2.4.") };

Deno.test(
  "the program works over TLS with a client certificate and a password from a file",
  byCertificate,
  async () => {
    await using redis = await startTlsRedis();
    await using dir = await tempDir();
    const file = dir.join("password");
    await Deno.writeTextFile(file, `${redis.user.password}\n`);
    await using deployment = await redisDeployment({ addresses: [redis.node.address] }, {
      ...tlsSettings(redis),
      "df_redis.password_file": file,
    });
    await using service = await serveOnBroker(deployment);
    const published = await deployment.runHere(["publish", "--stdin", "--confirm"], eventLine("a"));
    assert.equal(published.code, 0, published.stderr);
    const { stdout } = await deployment.runHere(["publishers", "list"]);
    assert.match(stdout, /"state":"alive"/);
    const { code, stderr } = await service.stop();
    assert.equal(code, 0, stderr);
    assert(!stderr.includes(redis.user.password));
  },
);

Deno.test("a password is read from a variable, shown by no command, and refused in arguments", async () => {
  await using server = await startRedis({ password: PASSWORD });
  await using deployment = await redisDeployment({ addresses: [server.address] });
  const env = { [VARIABLE]: PASSWORD };
  const listed = await deployment.runHere(["publishers", "list"], "", {}, { env });
  assert.deepEqual([listed.code, listed.stdout], [0, ""], listed.stderr);
  const shown = await run(["config", "show", ...deployment.flags()], { env });
  const line = shown.stdout.split("\n").find((one) => one.includes('"name":"password"'));
  assert.equal(JSON.parse(line ?? "null")?.value, "***");
  assert(!shown.stdout.includes(PASSWORD));
  for (const [command = "", ...args] of [...COMMANDS, ["config", "show"]]) {
    const flags = ["--set", `df_redis.password=${PASSWORD}`];
    const { code, stderr } = await deployment.runHere([command, ...args, ...flags]);
    assert.equal(code, 2, stderr);
    assert.match(stderr, new RegExp(`"df_redis\\.password": it is a secret.*${VARIABLE}`));
    assert(!stderr.includes(PASSWORD), stderr);
  }
});

Deno.test("serve continues, when its server returns with the same password", async () => {
  await using server = await startRedis({ password: PASSWORD });
  await using deployment = await redisDeployment({ addresses: [server.address] }, {
    "df.publisher_timeout": 3,
  });
  const env = { [VARIABLE]: PASSWORD };
  await using service = Program.start(["serve", ...deployment.flags()], { env });
  await service.stderr.waitFor(/^READY$/m);
  await server.restart();
  // The server is empty again: the next heartbeat writes the row again.
  await service.stderr.waitFor(/Redis "redis:\S+": connected again/);
  await using watcher = deployment.startHere(["publishers", "list", "--watch"], {}, { env });
  await watcher.stdout.waitFor(/"state":"alive"/);
  const event = ["publish", "--stdin", "--confirm"];
  const published = await deployment.runHere(event, eventLine("after"), {}, { env });
  assert.equal(published.code, 0, published.stderr);
  const { code, stderr } = await service.stop();
  assert.equal(code, 0, stderr);
  assert(!stderr.includes(PASSWORD));
});
