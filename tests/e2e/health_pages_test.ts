import assert from "node:assert/strict";
import { get } from "node:http";
import { Deployment, freePort, type Service } from "../support/deployment.ts";
import type { PeerReport } from "../../service/controller/observability/peers_report.ts";
import { eventually } from "../support/eventually.ts";
import { parseExposition } from "../support/exposition_parser.ts";
import { NotifyListener } from "../support/notify_listener.ts";
import { Program } from "../support/program.ts";
import { startNode } from "../support/python_node.ts";

const EVENT = ["publish", "--table", "lport", "--key", "k", "--action", "set", "--value", "v"];

function healthOf({ program }: Pick<Service, "program">): string {
  const url = /^health at (\S+)$/m.exec(program.stderr.text)?.[1];
  assert(url !== undefined, program.stderr.text);
  return url;
}

async function page(url: string): Promise<{ readonly status: number; readonly text: string }> {
  const response = await fetch(url);
  return { status: response.status, text: await response.text() };
}

Deno.test("serve answers each page, and its metrics are valid and count events", async () => {
  await using deployment = await Deployment.create({ "df.monitor_tables": "lport" });
  await using service = await deployment.serve();
  const url = healthOf(service);
  assert.match(url, /^http:\/\/127\.0\.0\.1:\d+$/);
  assert.deepEqual(await page(`${url}/livez`), { status: 200, text: "ok\n" });
  const ready = await page(`${url}/readyz`);
  assert.equal(ready.status, 200, ready.text);
  assert(ready.text.includes(`local: ok: ipc://${deployment.socketPath}\n`), ready.text);
  assert.equal((await page(`${url}/other`)).status, 404);
  assert.equal((await deployment.runHere([...EVENT, "--count", "100", "--confirm"])).code, 0);
  const families = parseExposition((await page(`${url}/metrics`)).text);
  const value = (name: string) => families.get(name)?.samples[0]?.value;
  assert((value("df_pubsub_events_relayed_total") ?? 0) >= 100);
  assert((value("df_pubsub_received_bytes_total") ?? 0) > 1_000);
  assert((value("process_resident_memory_bytes") ?? 0) > 10_000_000);
  assert.equal(families.get("df_pubsub_build_info")?.type, "gauge");
});

Deno.test("serve lists its subscribers on /peers, and the events that they have printed", async () => {
  await using deployment = await Deployment.create();
  await using service = await deployment.serve();
  await using subscriber = await deployment.subscribe(["--json"], {
    "df_zmq.node_name": "compute-7",
  });
  await using _node = await startNode(deployment, service);
  assert.equal((await deployment.runHere([...EVENT, "--count", "100"])).code, 0);
  const peers = async () => JSON.parse((await page(`${healthOf(service)}/peers`)).text);
  const { total, peers: listed } = await eventually(
    peers,
    ({ peers }) => peers.some(({ applied }: PeerReport) => applied?.behind === 0),
  );
  assert.equal(total, 2);
  const named = listed.find(({ node }: PeerReport) => node === "compute-7");
  assert.deepEqual([named.socketType, named.topics, named.skipped], ["SUB", ["D"], 0]);
  assert.deepEqual(named.backlog, { events: 0, bytes: 0 });
  const plain = listed.find(({ node }: PeerReport) => node === null);
  assert.deepEqual([plain.topics, plain.applied], [["D"], null]);
  const one = JSON.parse((await page(`${healthOf(service)}/peers?limit=1`)).text);
  assert.deepEqual([one.total, one.peers.length], [2, 1]);
  assert.equal((await page(`${healthOf(service)}/peers?limit=x`)).status, 400);
  subscriber.kill("SIGTERM");
  const { total: left } = await eventually(peers, ({ total }) => total === 1);
  assert.equal(left, 1);
});

/**
 * The status of a page that is requested by a name, as a browser under a DNS rebinding attack does.
 */
function statusUnder(name: string, url: string): Promise<number | undefined> {
  const { promise, resolve, reject } = Promise.withResolvers<number | undefined>();
  const asked = get(url, { agent: false, headers: { host: name } }, (response) => {
    response.resume().on("close", () => resolve(response.statusCode));
  });
  asked.on("error", reject);
  return promise;
}

Deno.test("serve answers 421 to names that are not its own, except those of http_allowed_hosts", async () => {
  await using deployment = await Deployment.create({
    "df.http_allowed_hosts": "metrics.example",
    "df.local_ip": "192.0.2.7",
  });
  await using service = await deployment.serve();
  const url = `${healthOf(service)}/livez`;
  for (const name of ["localhost", "metrics.example:80", "192.0.2.7", Deno.hostname()]) {
    assert.equal(await statusUnder(name, url), 200, name);
  }
  assert.equal(await statusUnder("evil.example", url), 421);
});

Deno.test("serve is not ready while the database is locked, and is ready again afterwards", async () => {
  await using deployment = await Deployment.create();
  await using service = await deployment.serve();
  const readiness = `${healthOf(service)}/readyz`;
  const aside = deployment.path("aside");
  await Deno.rename(deployment.databasePath, aside);
  await Deno.mkdir(deployment.databasePath);
  const failed = await page(readiness);
  assert.equal(failed.status, 503);
  assert.match(failed.text, /^not ready\n[^]*^database: failed: .*is a directory/m);
  await Deno.remove(deployment.databasePath);
  await Deno.rename(aside, deployment.databasePath);
  assert.match((await page(readiness)).text, /^database: ok: sqlite$/m);
  await Deno.remove(deployment.databasePath);
  assert.match((await page(readiness)).text, /^registration: failed: the row is gone$/m);
});

Deno.test("serve is not ready but live, from the signal until it has drained", async () => {
  await using deployment = await Deployment.create({ "df.drain_timeout": 60 });
  await using service = await deployment.serve();
  const url = healthOf(service);
  // A stopped node keeps the service draining.
  await using node = await startNode(deployment, service);
  node.kill("SIGSTOP");
  const large = ["--value", "x".repeat(100_000), "--count", "200"];
  assert.equal((await deployment.runHere([...EVENT.slice(0, -2), ...large])).code, 0);
  service.program.kill("SIGTERM");
  await service.program.stderr.waitFor(/^stopping: /m);
  const { status, text } = await page(`${url}/readyz`);
  assert.equal(status, 503);
  assert.match(text, /^not ready\nservice: failed: stopping\n/);
  assert.deepEqual(await page(`${url}/livez`), { status: 200, text: "ok\n" });
  node.kill("SIGCONT");
  const { code, stderr } = await service.program.result();
  assert.equal(code, 0, stderr);
  await assert.rejects(fetch(`${url}/livez`));
});

Deno.test("serve continues without its pages, when the default port is in use", async () => {
  await using deployment = await Deployment.create();
  const port = freePort();
  // Only with its own port does the service use the default port.
  using taken = listenAt(8868);
  await using serve = deployment.start(["serve"], { "df.publisher_port": port });
  await serve.stderr.waitFor(/^READY$/m);
  assert.match(
    serve.stderr.text,
    /warn Cannot serve the health pages at "127\.0\.0\.1:8868": .*http_address/,
  );
  assert.doesNotMatch(serve.stderr.text, /^health at/m);
  assert(taken !== undefined);
});

/** Occupies a port, unless another process already does. */
function listenAt(port: number): Disposable {
  try {
    return Deno.listen({ hostname: "127.0.0.1", port });
  } catch {
    return { [Symbol.dispose]() {} };
  }
}

Deno.test("serve exits 3, when the configured address of its pages is in use", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const address = `127.0.0.1:${listener.addr.port}`;
  await using deployment = await Deployment.create({ "df.http_address": address });
  const { code, stderr } = await deployment.run(["serve"]);
  assert.equal(code, 3, stderr);
  assert(stderr.includes(`Cannot serve the health pages at "${address}": `), stderr);
});

Deno.test("check reports a service's state to a monitoring system, while it runs and afterwards", async () => {
  const settings = { "df.http_address": `127.0.0.1:${freePort()}` };
  await using deployment = await Deployment.create(settings);
  const nagios = ["check", "--output", "nagios"];
  {
    await using _service = await deployment.serve();
    const { code, stdout } = await deployment.runHere(nagios);
    assert.equal(code, 0, stdout);
    assert.match(
      stdout,
      /^DF_PUBSUB OK - service: ready; nodes: 0 connected; local: this user may publish; database: sqlite at \S+; publishers: 1 alive, .* \| .*publishers_alive=1;;;0;/,
    );
  }
  const { code, stdout } = await deployment.runHere(nagios);
  assert.equal(code, 2, stdout);
  assert.match(
    stdout,
    /^DF_PUBSUB CRITICAL - service: critical: no answer from http:\/\/127\.0\.0\.1:\d+: /,
  );
});

Deno.test("serve reports to the service manager, from readiness to the end", async () => {
  await using deployment = await Deployment.create();
  const address = deployment.path("notify");
  await using manager = await NotifyListener.open(address);
  const env = { NOTIFY_SOCKET: address, WATCHDOG_USEC: "100000" };
  await using serve = Program.start(["serve", ...deployment.flags()], { env });
  await manager.output.waitFor(/READY=1/);
  await manager.output.waitFor(/(WATCHDOG=1"\n[^]*){4}/);
  assert.equal((await serve.stop()).code, 0);
  await manager.output.waitFor(/STOPPING=1/);
  assert(manager.texts.some((text) => /^READY=1\nSTATUS=Ready, at tcp:\/\//.test(text)));
  assert.match(manager.texts.filter((text) => text !== "WATCHDOG=1").at(-1) ?? "", /^STOPPING=1\n/);
});

Deno.test("serve reports to the service manager that another service has its id, and when that is over", async () => {
  await using deployment = await Deployment.create({ "df.publisher_timeout": 3 });
  const address = deployment.path("notify");
  await using manager = await NotifyListener.open(address);
  await using _service = await deployment.serve({}, { env: { NOTIFY_SOCKET: address } });
  await using db = await deployment.openDb();
  const [row] = await db.entries("publisher");
  const other = { ...JSON.parse(row?.value ?? ""), uri: "tcp://192.0.2.1:8866" };
  await db.set("publisher", row?.key ?? "", JSON.stringify(other));
  const notReady = "STATUS=Not ready: registration: another publisher uses the row with this id";
  await manager.output.waitFor(new RegExp(`"${notReady}"[^]*"STATUS=Ready, at tcp://`));
});

Deno.test("serve logs JSON lines to a pipe, text on request, and from the configured level on", async () => {
  await using deployment = await Deployment.create({ "df.publisher_id_name": "node.example.com" });
  const logged = async (settings: Readonly<Record<string, string>>) => {
    await using service = await deployment.serve(settings);
    const { stderr } = await service.program.stop();
    return stderr.split("\n").filter((line) => /Registered publisher|Advertising/.test(line));
  };
  const json = await logged({ "df.log_format": "auto" });
  const lines = json.map((line) => JSON.parse(line));
  assert.deepEqual(lines.map(({ level }) => level), ["warn", "info"]);
  assert.match(lines[1]?.message, /^Registered publisher "/);
  assert.deepEqual(await logged({ "df.log_level": "error" }), []);
  const [warning = "", ...others] = await logged({ "df.log_level": "warn" });
  assert.match(warning, /^\S+Z warn Advertising /);
  assert.deepEqual(others, []);
});
