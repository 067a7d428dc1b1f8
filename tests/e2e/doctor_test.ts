import assert from "node:assert/strict";
import { Deployment, freePort, type Overrides } from "../support/deployment.ts";
import { assertOnly, runDoctor } from "../support/doctor_report.ts";
import { programCommand } from "../support/program.ts";
import { Terminal } from "../support/tmux.ts";

/** A deployment whose pages `doctor` knows. */
function created(overrides: Overrides = {}): Promise<Deployment> {
  return Deployment.create({ "df.http_address": `127.0.0.1:${freePort()}`, ...overrides });
}

Deno.test("doctor in a terminal of 80x24 shows its checks, and that no problem was found", async () => {
  await using deployment = await created();
  await using service = await deployment.serve();
  await using _node = await deployment.subscribeHere();
  const command = programCommand(["doctor", ...deployment.flags()]);
  await using terminal = await Terminal.start(command, { columns: 80, rows: 24 });
  assert.equal(await terminal.exitCode(), 0);
  const lines = await terminal.history();
  const text = lines.join("\n");
  for (const line of lines) assert(line.length <= 80, line);
  assert.match(text, /^df-pubsub \d\S+ on \S+, \d{4}-\S+Z\n\nConfiguration: /);
  assert.match(text, /^ {2}\[df\] publisher_port +0 \(--set\)$/m);
  assert.match(text, /^ {2}\[df\] nb_db_class +sqlite_nb_db_driver \(default\)$/m);
  assert.match(text, /^ {2}table +publishers: 1 alive, 0 stale, 0 unreadable$/m);
  const publisher = `publisher +${service.uri}: live, echo \\d+(\\.\\d)? ms, clock [+-]\\d+ ms`;
  assert.match(text, new RegExp(`^ {2}${publisher},`, "m"));
  assert.match(text, /^ {2}service +http:\/\/127\.0\.0\.1:\d+: ready, 1 subscriber$/m);
  // The length of the socket's path decides where the line breaks.
  assert.match(text, /: this\s+account\s+may\s+publish$/m);
  assert.equal(lines.at(-1), "nothing found");
  assert.equal((await terminal.screen()).at(-1), "nothing found");
});

Deno.test("doctor in a terminal of 80x24 explains each finding and its remedy", async () => {
  await using deployment = await created();
  await using _db = await deployment.openDb();
  const command = programCommand(["doctor", ...deployment.flags()]);
  await using terminal = await Terminal.start(command, { columns: 80, rows: 24 });
  assert.equal(await terminal.exitCode(), 3);
  const lines = await terminal.history();
  for (const line of lines) assert(line.length <= 80, line);
  assert.match(
    lines.join("\n"),
    /\nFound 1 critical\n\nCRITICAL: The publishers table is empty\n {2}why {2}Subs[^]+\n {2}do {3}Start/,
  );
});

Deno.test("doctor reports the origin of each important value", async () => {
  await using deployment = await created();
  await using _service = await deployment.serve();
  const file = deployment.path("site.conf");
  await Deno.writeTextFile(file, "[df]\npublisher_timeout = 240\n");
  const env = { OS_DF__MANAGEMENT_IP: "127.0.0.1" };
  const args = ["--config-file", file];
  const { code, lines } = await runDoctor(deployment, {}, { args, env });
  assert.equal(code, 0);
  const originOf = (name: string) => lines.find(({ option }) => option === `[df] ${name}`)?.origin;
  assert.equal(originOf("publisher_timeout"), `${file}:2`);
  assert.equal(originOf("management_ip"), "variable OS_DF__MANAGEMENT_IP");
  assert.equal(originOf("sqlite_path"), "--set");
  assert.equal(originOf("pub_sub_driver"), "default");
});

Deno.test("doctor warns about an option that does not exist", async () => {
  await using deployment = await created();
  await using _service = await deployment.serve();
  const file = deployment.path("site.conf");
  await Deno.writeTextFile(file, "[df]\npublisher_timout = 240\n");
  const result = await runDoctor(deployment, {}, { args: ["--config-file", file] });
  assertOnly(result, "warning", /publisher_timout/);
});

Deno.test("doctor warns about a file with a secret that every account can read", async () => {
  await using deployment = await created();
  await using _service = await deployment.serve();
  const path = deployment.path("password");
  await Deno.writeTextFile(path, "secret\n", { mode: 0o644 });
  const overrides = { "df_redis.password_file": path };
  assertOnly(await runDoctor(deployment, overrides), "warning", /Every account .*password" *$/);
  await Deno.chmod(path, 0o640);
  assert.equal((await runDoctor(deployment, overrides)).code, 0);
});

Deno.test("doctor warns about a configuration file with a secret that every account can read", async () => {
  await using deployment = await created();
  await using _service = await deployment.serve();
  const file = deployment.path("site.conf");
  await Deno.writeTextFile(file, "[df_redis]\npassword = a\n[df_etcd]\npassword = b\n");
  await Deno.chmod(file, 0o644);
  const flags = { args: ["--config-file", file] };
  assertOnly(await runDoctor(deployment, {}, flags), "warning", /Every account .*site\.conf" *$/);
  await Deno.chmod(file, 0o640);
  assert.equal((await runDoctor(deployment, {}, flags)).code, 0);
});

Deno.test("doctor reports that the database cannot be reached", async () => {
  await using deployment = await created();
  const result = await runDoctor(deployment);
  assertOnly(result, "critical", /^Cannot read the publishers table: .*northbound\.sqlite3/);
});

Deno.test("doctor warns, when little space is left for the database", async () => {
  await using deployment = await created();
  await using service = await deployment.serve();
  const disk = deployment.path("disk");
  await Deno.mkdir(disk);
  // A file system of 8 MiB that only this process sees, with a copy of the database.
  const mount = 'mount -t tmpfs -o size=8m tmpfs "$0" && cp "$1"* "$0" && shift && exec "$@"';
  const by = ["unshare", "-rm", "sh", "-c", mount, disk, deployment.databasePath];
  const overrides = { "df.sqlite_path": `${disk}/northbound.sqlite3` };
  assertOnly(
    await runDoctor(deployment, overrides, { by }),
    "warning",
    /^Only \d\.\d MiB are free/,
  );
  assert(service.port > 0);
  await Deno.writeTextFile(`${disk}/northbound.sqlite3`, "");
  const fill = 'mount -t tmpfs -o size=8m tmpfs "$0" && : > "$0/northbound.sqlite3" && ' +
    'head -c 10m /dev/zero > "$0/rest" 2> /dev/null; exec "$@"';
  const { findings } = await runDoctor(deployment, overrides, {
    by: ["unshare", "-rm", "sh", "-c", fill, disk],
  });
  const critical = findings.filter(({ severity }) => severity === "critical");
  assert.deepEqual(critical.map(({ what }) => what?.slice(0, 20)), [
    "Cannot read the publ",
    "Only 0.0 MiB are fre",
  ]);
});

Deno.test("doctor warns, when the service may open fewer descriptors than connections", async () => {
  await using deployment = await created();
  await using _service = await deployment.serve({}, { by: ["prlimit", "--nofile=500:500"] });
  const result = await runDoctor(deployment);
  assertOnly(result, "warning", /may open 500 descriptors, .* max_connections is 10000$/);
  assert.match(result.findings[0]?.advice ?? "", /LimitNOFILE=10064/);
  const fewer = await runDoctor(deployment, { "df_zmq.max_connections": 400 });
  assert.equal(fewer.code, 0);
});
