import assert from "node:assert/strict";
import { Deployment, type Service } from "../support/deployment.ts";
import { NotifyListener } from "../support/notify_listener.ts";
import { Program } from "../support/program.ts";
import { printedEvents } from "../support/events.ts";
import { RotatedFiles } from "../support/rotated_files.ts";
import { type TempDir, tempDir } from "../support/temp_dir.ts";
import { startNode } from "../support/python_node.ts";

const EVENT = ["publish", "--table", "t", "--key", "k", "--action", "set"];
const LOOKS = 100;

/** A service with a configuration file that tests rewrite. */
class FileService implements AsyncDisposable {
  readonly deployment: Deployment;
  readonly service: Service;
  readonly path: string;

  static async start(text: string): Promise<FileService> {
    const deployment = await Deployment.create();
    const path = deployment.path("service.ini");
    await Deno.writeTextFile(path, text);
    try {
      const service = await deployment.serve({}, { args: ["--config-file", path] });
      return new FileService(deployment, service, path);
    } catch (error) {
      await deployment[Symbol.asyncDispose]();
      throw error;
    }
  }

  private constructor(deployment: Deployment, service: Service, path: string) {
    this.deployment = deployment;
    this.service = service;
    this.path = path;
  }

  /** Writes the file, sends SIGHUP, and returns the log up to `end`. */
  async reload(text: string, end = /^(not )?reloaded: .*$/m): Promise<string> {
    await Deno.writeTextFile(this.path, text);
    return await this.signal("SIGHUP", end);
  }

  async signal(signal: Deno.Signal, end: RegExp): Promise<string> {
    const { program } = this.service;
    const from = program.stderr.text.length;
    program.kill(signal);
    await program.stderr.waitFor(end, { from });
    return program.stderr.text.slice(from);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.service[Symbol.asyncDispose]();
    await this.deployment[Symbol.asyncDispose]();
  }
}

Deno.test("serve applies the options that SIGHUP can change, and names those that need a restart", async () => {
  await using running = await FileService.start(
    "[df]\npublisher_timeout = 300\npub_sub_change_queue_size = 100\n[df_redis]\npassword = old-secret\n",
  );
  const said = await running.reload(
    "[df]\npublisher_timeout = 60\npub_sub_change_queue_size = 200\ndrain_timout = 3\n" +
      "pub_sub_hold_bytes = 1\n[df_redis]\npassword = new-secret\n[DEFAULT]\nuse_syslog = on\n",
  );
  assert.match(said, / info \[df\] publisher_timeout changed from 300 to 60$/m);
  assert.match(
    said,
    / warn \[df\] pub_sub_change_queue_size changed from 100 to 200: restart the service$/m,
  );
  assert.match(said, / info \[df_redis\] password changed$/m);
  assert.match(said, / warn .*service\.ini:4: .*drain_timout.*drain_timeout/);
  assert.match(said, /warn Logs go to .*:9\).*\n.*info Ignored options .* pub_sub_hold_bytes /m);
  assert.match(said, /^reloaded: 2 options changed, restart the service for 1 option$/m);
  const { code, stderr } = await running.service.program.stop();
  assert.equal(code, 0, stderr);
  assert.doesNotMatch(stderr, /(old|new)-secret/);
});

/** Files of TLS for all ends, and the configuration of a service that uses them. */
async function tlsIn(dir: TempDir) {
  const files = new RotatedFiles(dir);
  const authority = await files.authority();
  await files.trust(authority);
  await files.issue(authority);
  const settings = Object.entries(files.overrides).map(([name, value]) =>
    `${name.replace("df_zmq.", "")} = ${value}\n`
  );
  return { files, authority, text: `[df_zmq]\n${settings.join("")}` };
}

Deno.test("serve disconnects a node with TLS at SIGHUP, when tls_allowed_nodes no longer names it", async () => {
  await using dir = await tempDir();
  const { files, text } = await tlsIn(dir);
  await using running = await FileService.start(`${text}tls_allowed_nodes = *.example\n`);
  await using node = await running.deployment.subscribeHere([], files.overrides);
  await running.reload(`${text}tls_allowed_nodes = end.example, *.test\n`);
  await running.reload(`${text}tls_allowed_nodes = *.test\n`);
  await node.stderr.waitFor(/refuses this end: .*wanted \*\.test: see tls_allowed_nodes/);
});

Deno.test("serve uses new certificates of TLS between hosts before it reports a reload", async () => {
  await using dir = await tempDir();
  const { files, authority, text } = await tlsIn(dir);
  await using running = await FileService.start(text);
  await files.issue(authority);
  const said = await running.signal("SIGHUP", /^reloaded: .*$/m);
  assert.match(said, /New TLS files for this publisher: [^]*\nreloaded: nothing changed$/m);
});

Deno.test("serve keeps its configuration and reports the place, when SIGHUP finds an invalid one", async () => {
  await using running = await FileService.start("[df]\ndrain_timeout = 5\n");
  const wrong = await running.reload("[df]\ndrain_timeout = soon\n", /service\.ini:2: .*soon.*$/m);
  assert.match(wrong, /^not reloaded: the configuration is unchanged$/m);
  assert.match(wrong, / error .*service\.ini:2: df\.drain_timeout is "soon", wanted a number/);
  const driver = "[df]\npub_sub_driver = pigeon\n";
  assert.match(await running.reload(driver, /pub_sub_driver .*$/m), /is "pigeon", wanted one of/);
  await Deno.remove(running.path);
  assert.match(await running.signal("SIGHUP", /cannot be read.*$/m), /^not reloaded: /m);
  const pipe = await new Deno.Command("mkfifo", { args: [running.path] }).output();
  assert(pipe.success);
  assert.match(await running.signal("SIGHUP", /cannot be read.*$/m), /not a regular file/);
  await Deno.remove(running.path);
  const last = await running.reload("[df]\ndrain_timeout = 6\n");
  assert.match(last, /drain_timeout changed from 5 to 6$/m);
});

Deno.test("serve watches the tables in the configuration after SIGHUP, and announces no row twice", async () => {
  const text = (tables: string) =>
    `[df]\nmonitor_tables = ${tables}\nmonitor_table_poll_time = 0.1\n`;
  await using running = await FileService.start(text("kept,left"));
  // At its first poll of a table it records the existing rows without events.
  const polled = async (table: string) => {
    const count = "df_pubsub_table_monitor_poll_duration_seconds_count";
    const looked = new RegExp(`${count}: .*${table} [1-9]`);
    const look = () => running.signal("SIGQUIT", /^state: configuration: .*$/m);
    for (let looks = 0; looks < LOOKS && !looked.test(await look()); looks++);
  };
  await using db = await running.deployment.openDb();
  const tables = ["--table", "kept", "--table", "new"];
  await using subscriber = await running.deployment.subscribeHere(tables);
  await polled("kept");
  await db.create("kept", "a", "1");
  await subscriber.stdout.waitForLines(1);
  assert.match(
    await running.reload(text("kept,new")),
    / monitor_tables changed from kept,left to /,
  );
  await db.create("left", "b", "1");
  await db.create("kept", "c", "1");
  await subscriber.stdout.waitForLines(2);
  await polled("new");
  await db.create("new", "d", "1");
  const lines = await subscriber.stdout.waitForLines(3);
  assert.deepEqual(printedEvents(lines).map(({ key }) => key), ["a", "c", "d"]);
});

Deno.test("serve completes its drain, when SIGHUP arrives during it", async () => {
  await using deployment = await Deployment.create({ "df.drain_timeout": 60 });
  await using service = await deployment.serve();
  await using node = await startNode(deployment, service);
  node.kill("SIGSTOP");
  const many = [...EVENT, "--count", "200", "--value", "x".repeat(100_000)];
  assert.equal((await deployment.runHere(many)).code, 0);
  const { program } = service;
  program.kill("SIGTERM");
  await program.stderr.waitFor(/^stopping: /m);
  program.kill("SIGHUP");
  await program.stderr.waitFor(/^not reloaded: the service is stopping$/m);
  node.kill("SIGCONT");
  const { code, stderr } = await program.result();
  assert.equal(code, 0, stderr);
});

Deno.test("serve reloads after its start, when SIGHUP arrives during the start", async () => {
  await using deployment = await Deployment.create();
  await using serve = deployment.start(["serve"]);
  // Its first line appears before it opens anything.
  await serve.stderr.waitFor(/ Configuration: /);
  serve.kill("SIGHUP");
  await serve.stderr.waitFor(/^reloaded: nothing changed$/m);
  await serve.stderr.waitFor(/^READY$/m);
  assert.equal((await serve.stop()).code, 0);
});

Deno.test("serve drains and ends, when SIGTERM follows SIGHUP at once", async () => {
  await using deployment = await Deployment.create();
  await using service = await deployment.serve();
  service.program.kill("SIGHUP");
  const { code, stderr } = await service.program.stop("SIGTERM");
  assert.equal(code, 0, stderr);
  assert.match(stderr, /^stopped: 0 events relayed, 0 refused$/m);
});

Deno.test("serve turns debug lines on and off at SIGUSR1", async () => {
  await using running = await FileService.start("");
  const on = await running.signal("SIGUSR1", /^debug lines on: .*$/m);
  assert.doesNotMatch(on, / debug /);
  assert.equal((await running.deployment.runHere([...EVENT, "--confirm"])).code, 0);
  await running.service.program.stderr.waitFor(/ debug /);
  await running.signal("SIGUSR1", /^debug lines off: the level of the log is info$/m);
  const from = running.service.program.stderr.text.length;
  assert.equal((await running.deployment.runHere([...EVENT, "--confirm"])).code, 0);
  const { stderr } = await running.service.program.stop();
  assert.doesNotMatch(stderr.slice(from), / debug /);
});

Deno.test("serve prints its state at SIGQUIT, and continues", async () => {
  await using running = await FileService.start("[df]\nlog_level = error\n");
  assert.equal((await running.deployment.runHere([...EVENT, "--count", "7"])).code, 0);
  await using _confirmed = await running.deployment.subscribeHere();
  const state = await running.signal("SIGQUIT", /^state: configuration: .*$/m);
  for (
    const line of [
      /^state: df-pubsub \S+, up \d+ s, ready$/m,
      /^state: database: ok: sqlite$/m,
      /^state: registration: ok: as [\da-f-]{36}$/m,
      /^state: last refresh of the row in the publishers table: \d{4}-/m,
      /^state: topics: D$/m,
      /^state: df_pubsub_events_relayed_total: 7$/m,
      /^state: df_pubsub_relay_queue_events: \d+/m,
      /^state: process_resident_memory_bytes: \d{8,}$/m,
      /^state: process_open_fds: \d+$/m,
    ]
  ) assert.match(state, line);
  assert(state.includes(`state: configuration: ${running.path}\n`), state);
  assert.equal((await running.deployment.runHere([...EVENT, "--confirm"])).code, 0);
});

Deno.test("serve reports a reload to the service manager", async () => {
  await using deployment = await Deployment.create();
  const address = deployment.path("notify");
  await using manager = await NotifyListener.open(address);
  const env = { NOTIFY_SOCKET: address };
  await using serve = Program.start(["serve", ...deployment.flags()], { env });
  await manager.output.waitFor(/READY=1/);
  const before = monotonicMicros();
  serve.kill("SIGHUP");
  await manager.output.waitFor(/RELOADING=1[^]*READY=1/);
  const told = manager.texts.find((text) => text.startsWith("RELOADING=1")) ?? "";
  const micros = Number(/^MONOTONIC_USEC=(\d+)$/m.exec(told)?.[1]);
  assert(micros >= before && micros <= monotonicMicros(), told);
});

// Python and the kernel use the same clock.
function monotonicMicros(): number {
  const args = ["-c", "import time; print(time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000)"];
  const { stdout } = new Deno.Command("/usr/bin/python3", { args }).outputSync();
  return Number(new TextDecoder().decode(stdout));
}
