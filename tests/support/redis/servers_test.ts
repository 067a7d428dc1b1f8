import assert from "node:assert/strict";
import { Redis } from "ioredis";
import { redisCli } from "./cli.ts";
import { startCluster } from "./cluster.ts";
import { freeze, killSubscribers } from "./faults.ts";
import { poll } from "./poll.ts";
import { startSentinels } from "./sentinels.ts";
import { startRedis } from "./server.ts";
import { startTlsRedis, tlsFlags } from "./tls.ts";
import { tempDir } from "../temp_dir.ts";

Deno.test("startRedis applies its configuration lines and stores nothing across a restart", async () => {
  const config = ["client-output-buffer-limit pubsub 1mb 0 0"];
  await using redis = await startRedis({ config, password: 'a "quoted" \\ password' });
  const limits = await redis.cli(["config", "get", "client-output-buffer-limit"]);
  assert.match(limits, /pubsub 1048576 0 0/);
  assert.equal(await redis.cli(["-x", "set", "key"], { input: "x".repeat(1 << 20) }), "OK");
  const { pid, port } = redis;
  await redis.restart();
  assert.equal(await redis.cli(["exists", "key"]), "0");
  assert.equal(redis.port, port);
  assert.notEqual(redis.pid, pid);
});

Deno.test("startRedis fails with the server's words, when the server refuses its configuration", async () => {
  await assert.rejects(startRedis({ config: ["nonsense 5"] }), /FATAL CONFIG[^]*'nonsense 5'/);
});

Deno.test("startRedis leaves no process and no directory behind, when it is disposed", async () => {
  const redis = await startRedis();
  const directory = (await redis.cli(["config", "get", "dir"])).split("\n")[1] ?? "";
  const { pid } = redis;
  redis.signal("SIGSTOP");
  await redis[Symbol.asyncDispose]();
  await assert.rejects(Deno.stat(`/proc/${pid}`), Deno.errors.NotFound);
  await assert.rejects(Deno.stat(directory), Deno.errors.NotFound);
});

Deno.test("startRedis leaves no server behind, when the process that started it is killed", async () => {
  await using dir = await tempDir();
  const pid = await startFromKilledProcess(dir.path);
  await poll(`process ${pid} is gone`, () => hasEnded(pid));
});

Deno.test("freeze stops a server that resumes later, and killSubscribers closes its subscribers' connections", async () => {
  await using redis = await startRedis();
  using listener = await Deno.connect({ hostname: redis.host, port: redis.port });
  await listener.write(new TextEncoder().encode("subscribe channel\r\n"));
  assert.match(await read(listener), /subscribe\r\n/);
  using long = await freeze(redis, 60_000);
  await assert.rejects(redis.cli(["ping"], { timeoutMs: 50 }), /no reply in 50 ms/);
  assert.equal(redis.isUp, false);
  long.thaw();
  using short = await freeze(redis, 1);
  await short.thawed;
  assert.equal(await redis.cli(["ping"]), "PONG");
  assert.equal(await killSubscribers(redis), 1);
  assert.equal(await read(listener), "");
});

Deno.test("startSentinels promotes the replica, when the master is killed", async () => {
  await using group = await startSentinels({ password: "a password" });
  assert.equal(group.sentinels.length, 3);
  const replica = await group.replica();
  const { killed, promoted } = await group.failover();
  assert.equal(promoted, replica);
  assert.equal(await group.master(), replica);
  assert.equal(await promoted.cli(["set", "key", "value"]), "OK");
  await killed.restart();
  await group.settled();
  assert.equal(await group.replica(), killed);
});

Deno.test("startCluster serves every slot, while one slot moves and after a master is killed", async () => {
  await using cluster = await startCluster();
  const [entry, ...others] = cluster.nodes;
  assert(entry !== undefined && others.length === 5);
  assert.equal((await cluster.masters()).length, 3);
  for (const key of ["a", "b", "c", "d"]) {
    assert.equal(await entry.cli(["-c", "set", key, key]), "OK");
    assert.equal(await others[0]?.cli(["-c", "get", key]), key);
  }
  const from = await cluster.nodeFor("a");
  const to = (await cluster.masters()).find((node) => node !== from);
  assert(to !== undefined);
  const move = await cluster.slotMove(await cluster.slotOf("a"), to);
  await move.begin();
  assert.equal(await from.cli(["get", "a"]), "a");
  assert.deepEqual([await move.migrate(), await move.migrate()], [1, 0]);
  await assert.rejects(from.cli(["get", "a"]), /ASK/);
  await move.finish();
  await cluster.settled();
  assert.equal(await cluster.nodeFor("a"), to);
  // A write does not wait for replication. Without this command the new master may never have
  // received the key.
  await to.cli([], { input: "set a a\nwait 1 5000\n" });
  const killed = await cluster.killMasterOf("a");
  assert.equal(killed, to);
  await cluster.settled();
  const promoted = await cluster.nodeFor("a");
  assert.notEqual(promoted, killed);
  assert.equal(await promoted.cli(["get", "a"]), "a");
  await killed.restart();
  await cluster.settled();
});

Deno.test("startTlsRedis accepts its user by the URL, when it requests no client certificate", async () => {
  await using tls = await startTlsRedis({ clientCertificate: false });
  assert.equal(await tls.node.cli(["ping"]), "PONG");
  const ca = await Deno.readTextFile(tls.files.authority.cert);
  const client = new Redis(tls.url, { lazyConnect: true, tls: { ca } });
  try {
    await client.connect();
    assert.equal(await client.set("key", "value"), "OK");
    assert.equal(await client.publish("channel", "message"), 0);
    await assert.rejects(client.keys("*"), /NOPERM/);
  } finally {
    client.disconnect();
  }
});

Deno.test("startTlsRedis refuses clients without its certificate, and clients that do not trust its authority", async () => {
  await using tls = await startTlsRedis({ withoutPermissions: ["-publish"] });
  const { node: { host, port }, files: { authority, strangeAuthority, client, strangeClient } } =
    tls;
  const ping = (flags: readonly string[], login = tls.user) =>
    redisCli({ host, port, login, flags }, ["publish", "channel", "message"]);
  const own = tlsFlags(authority, client);
  await assert.rejects(ping(own), /NOPERM/);
  await assert.rejects(ping(own, { ...tls.user, password: "wrong" }), /WRONGPASS|NOAUTH/);
  await assert.rejects(ping(tlsFlags(authority)), /I\/O error/);
  await assert.rejects(ping(tlsFlags(authority, strangeClient)), /I\/O error/);
  await assert.rejects(ping(tlsFlags(strangeAuthority, client)), /certificate verify failed/);
});

/** Starts a server from another process that then kills itself. Returns the pid of the server. */
async function startFromKilledProcess(directory: string): Promise<number> {
  const url = new URL("./server.ts", import.meta.url);
  const script = `import { startRedis } from "${url}";
    const { pid } = await startRedis();
    Deno.writeTextFileSync("/dev/stdout", String(pid));
    Deno.kill(Deno.pid, "SIGKILL");`;
  const options = { args: ["eval", script], env: { TMPDIR: directory } };
  const { stdout } = await new Deno.Command(Deno.execPath(), options).output();
  const pid = Number(new TextDecoder().decode(stdout));
  assert(pid > 0, "the server did not start");
  return pid;
}

/** A process that has ended but has not been waited for also counts as ended. */
async function hasEnded(pid: number): Promise<true | undefined> {
  const stat = await Deno.readTextFile(`/proc/${pid}/stat`).catch(() => ") Z");
  return stat.includes(") Z") || undefined;
}

/** Reads the next bytes. The result is empty when the other side has closed the connection. */
async function read(connection: Deno.Conn): Promise<string> {
  const bytes = new Uint8Array(1024);
  const count = await connection.read(bytes);
  return new TextDecoder().decode(bytes.subarray(0, count ?? 0));
}
