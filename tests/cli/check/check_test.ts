import assert from "node:assert/strict";
import { listenPlain } from "../../../cli/serve/http_listener.ts";
import { HttpServer } from "../../../cli/serve/http_server.ts";
import { run } from "../../../cli/program.ts";
import type { PageResponse } from "../../../service/controller/observability/health_pages.ts";
import { freePort } from "../../support/deployment.ts";
import { FakeIo } from "../../support/fakes/fake_io.ts";
import { openSqliteAt } from "../../support/sqlite_db.ts";
import { tempDir } from "../../support/temp_dir.ts";

/** A service that always sends the same response. */
function serving(status: PageResponse["status"], body: unknown): HttpServer {
  const response = { status, headers: {}, body: JSON.stringify(body) };
  return new HttpServer(
    listenPlain({ hostname: "127.0.0.1", port: 0 }),
    () => Promise.resolve(response),
  );
}

const READY = { ready: true, checks: [{ name: "database", ok: true, detail: "sqlite" }] };
const UNREADY = { ready: false, checks: [{ name: "database", ok: false, detail: "locked" }] };

async function ended(...args: readonly string[]) {
  const io = new FakeIo({ isTerminal: !args.includes("--output"), env: { NO_COLOR: "1" } });
  const code = await run(["check", ...args], io);
  return { code, out: io.out.text, err: io.err.text };
}

Deno.test("run check asks a service whether it is ready", async () => {
  await using ready = serving(200, READY);
  assert.deepEqual(await ended("--url", ready.url), {
    code: 0,
    out: "service: ok: ready\n",
    err: "",
  });
  await using unready = serving(503, UNREADY);
  assert.deepEqual(await ended("--url", unready.url), {
    code: 1,
    out: "service: critical: not ready: database: locked\n",
    err: "",
  });
  const nagios = await ended("--url", unready.url, "--output", "nagios");
  assert.equal(nagios.code, 2);
  assert.match(
    nagios.out,
    /^DF_PUBSUB CRITICAL - service: critical: not ready: database: locked \| response_time=/,
  );
});

Deno.test("run check distinguishes a service that does not respond from something that is not a service", async () => {
  const nobody = await ended("--url", `http://127.0.0.1:${freePort()}`);
  assert.equal(nobody.code, 3);
  assert.match(nobody.out, /^service: critical: no answer from http:\/\/127\.0\.0\.1:\d+: /);
  for (const server of [serving(200, {}), serving(404, READY), serving(200, 7)]) {
    await using other = server;
    const { code, out } = await ended("--url", other.url, "--output", "nagios");
    assert.equal(code, 3, out);
    assert.match(out, /UNKNOWN - service: .* is not a publisher service: status \d+/);
  }
});

Deno.test("run check names http_allowed_hosts, when a service refuses the name in --url", async () => {
  await using server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    () => new Response(null, { status: 421 }),
  );
  const { code, out } = await ended("--url", `http://127.0.0.1:${server.addr.port}`);
  assert.equal(code, 1);
  assert.match(out, /^service: unknown: .* name "127\.0\.0\.1" .* \[df\] http_allowed_hosts$/m);
});

Deno.test("run check waits no longer than --timeout for a service", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const accepted = listener.accept();
  const url = `http://127.0.0.1:${listener.addr.port}`;
  const { code, out } = await ended("--url", url, "--timeout", "0.05");
  assert.equal(code, 3);
  assert.match(out, /no answer from .*: waited 0\.05 s/);
  (await accepted).close();
});

Deno.test("run check checks the database and the publishers table", async () => {
  await using dir = await tempDir();
  const path = dir.join("northbound.sqlite3");
  const look = (...args: string[]) =>
    ended("--no-service", "--set", `df.sqlite_path=${path}`, ...args);
  await using db = await openSqliteAt(path);
  const none = await look();
  assert.equal(none.code, 1);
  const [database, publishers] = none.out.split("\n");
  assert.equal(database, `database: ok: sqlite at ${path}`);
  assert.match(
    `${publishers}`,
    /^publishers: critical: 0 alive, 0 stale, 0 unreadable; configuration: none \(no file at /,
  );
  const row = (id: string, seconds: number) =>
    JSON.stringify({ id, uri: "tcp://192.0.2.1:8866", last_activity_timestamp: seconds });
  await db.create("publisher", "a", row("a", Date.now() / 1000));
  assert.equal((await look()).code, 0);
  await db.create("publisher", "b", row("b", 1_400_000_000));
  const stale = await look("--output", "nagios");
  assert.equal(stale.code, 1);
  assert.match(
    stale.out,
    /WARNING - publishers: warning: 1 alive, 1 stale, 0 unreadable; database: sqlite at \S+ \| publishers_alive=1;;;0; /,
  );
  assert.equal((await look()).code, 0, "a warning is not a failure");
});

Deno.test("run check reports the reason, when the database cannot be reached", async () => {
  await using dir = await tempDir();
  const set = ["--no-service", "--set", `df.sqlite_path=${dir.path}`];
  const { code, out } = await ended(...set);
  assert.equal(code, 3);
  assert.match(out, /^database: critical: .*is a directory/);
  assert.equal((await ended(...set, "--output", "nagios")).code, 2);
});

Deno.test("run check is UNKNOWN to a monitoring system, when it cannot check at all", async () => {
  const { code, out } = await ended("--output", "nagios", "--set", "df.nothing=1");
  assert.equal(code, 3);
  assert.match(out, /^DF_PUBSUB UNKNOWN - .*df\.nothing/);
  const slip = await ended("--output", "nagios", "--timeout", "soon");
  assert.equal(slip.code, 3);
  assert.match(slip.out, /^DF_PUBSUB UNKNOWN - .*--timeout/);
  const { code: usual, err } = await ended("--set", "df.nothing=1");
  assert.equal(usual, 2);
  assert.match(err, /df\.nothing/);
});

Deno.test("run check exits with its result, when its output is closed", async () => {
  await using unready = serving(503, UNREADY);
  for (const [format, expected] of [["json", 1], ["nagios", 2]] as const) {
    const io = new FakeIo();
    io.out.isClosed = true;
    assert.equal(await run(["check", "--url", unready.url, "--output", format], io), expected);
  }
});

Deno.test("run check refuses an invalid address", async () => {
  for (const url of ["127.0.0.1:8868", "ftp://a/", "x"]) {
    const { code, err } = await ended("--url", url);
    assert.equal(code, 2, url);
    assert.match(err, /wanted an address such as http:/);
  }
  assert.match(
    (await ended("--output", "nagis")).err,
    /^df-pubsub: --\w+ "nagis": wanted one of text, json, nagios/,
  );
});
