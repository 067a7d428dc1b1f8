import assert from "node:assert/strict";
import { listenPlain } from "../../cli/serve/http_listener.ts";
import { HttpServer } from "../../cli/serve/http_server.ts";
import { Deployment, freePort } from "../support/deployment.ts";
import { assertOnly, runDoctor } from "../support/doctor_report.ts";
import { isRoot, NOBODY } from "../support/nobody.ts";

function created(): Promise<Deployment> {
  return Deployment.create({ "df.http_address": `127.0.0.1:${freePort()}` });
}

Deno.test("doctor reports a socket on which no service listens", async () => {
  await using deployment = await created();
  await using db = await deployment.openDb();
  {
    await using service = await deployment.serve();
    await service.program.stop("SIGKILL");
  }
  for (const key of await db.keys("publisher")) await db.delete("publisher", key);
  const { code, findings } = await runDoctor(deployment);
  assert.equal(code, 3);
  const found = findings.find(({ subject }) => subject === deployment.socketPath);
  assert.match(found?.what ?? "", /^No publisher service listens at "ipc:/);
  assert.match(found?.advice ?? "", /^Start the service\. /);
});

Deno.test("doctor says that the service runs, when it listens at another path", async () => {
  await using deployment = await created();
  await using _service = await deployment.serve();
  const elsewhere = { "df.publisher_multiproc_socket": deployment.path("none") };
  const result = await runDoctor(deployment, elsewhere);
  assertOnly(result, "critical", /^No publisher service listens at "ipc:.*none"/);
  assert.match(result.findings[0]?.advice ?? "", /^The service runs: set /);
});

Deno.test("doctor warns, when a service listens at the socket, but its pages do not answer", async () => {
  await using deployment = await created();
  await using service = await deployment.serve();
  const elsewhere = { "df.http_address": `127.0.0.1:${freePort()}` };
  const refused = /^A service listens at the socket, but its health pages .*ECONNREFUSED/;
  assertOnly(await runDoctor(deployment, elsewhere), "warning", refused);
  service.program.kill("SIGSTOP");
  const { findings } = await runDoctor(deployment, {}, { args: ["--timeout", "1"] });
  service.program.kill("SIGCONT");
  assert.match(findings.map(({ what }) => what).join("\n"), /health pages do not answer: .*1 s$/m);
});

Deno.test("doctor warns, when nothing listens at the socket, and the pages do not answer", async () => {
  await using deployment = await created();
  await using _service = await deployment.serve();
  using stuck = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const place = `127.0.0.1:${stuck.addr.port}`;
  const options = {
    "df.http_address": place,
    "df.publisher_multiproc_socket": deployment.path("none"),
  };
  const result = await runDoctor(deployment, options, { args: ["--timeout", "1"] });
  const begin = new RegExp(`^A service listens at http://${place}, but its health pages .* 1 s$`);
  assertOnly(result, "warning", begin);
});

Deno.test("doctor reports no problem, when a host has no service", async () => {
  await using deployment = await created();
  await using _service = await deployment.serve();
  const elsewhere = {
    "df.http_address": `127.0.0.1:${freePort()}`,
    "df.publisher_multiproc_socket": deployment.path("none"),
  };
  const { code, lines } = await runDoctor(deployment, elsewhere);
  assert.equal(code, 0);
  const socket = lines.find(({ subject }) => subject === "socket");
  assert.match(socket?.detail ?? "", /: no service on this host$/);
});

Deno.test({
  name: "doctor reports a socket, when another account than the service's owns it",
  ignore: !isRoot, // only root can give files to other accounts
  async fn() {
    await using deployment = await created();
    const directory = deployment.path("run");
    await Deno.mkdir(directory);
    await Deno.chmod(directory, 0o1777);
    await using _service = await deployment.serve();
    await Deno.chown(deployment.socketPath, NOBODY, NOBODY);
    assertOnly(await runDoctor(deployment), "critical", /publisher-socket" belongs to nobody/);
  },
});

Deno.test("doctor warns about an account that has no permission to publish", async () => {
  await using deployment = await created();
  await using _service = await deployment.serve();
  await Deno.chmod(deployment.socketPath, 0o000);
  const result = await runDoctor(deployment, {}, { isBoundByFileModes: true });
  assertOnly(result, "warning", /^Cannot publish: permission denied on ".*publisher-socket"/);
});

Deno.test("doctor includes the service's own checks, and the versions of its nodes", async () => {
  const checks = [
    { name: "registration", ok: false, detail: "the row is not up to date: locked" },
    { name: "announced", ok: true, detail: "tcp://192.0.2.1:8866", warning: "not an address" },
    { name: "recorder", ok: true, detail: "/var/lib/r", warning: "no space left" },
  ];
  const pages: Readonly<Record<string, unknown>> = {
    "/readyz": { ready: false, checks },
    "/peers": { total: 1, peers: [{ node: "compute-1", address: "a", version: "0.0.8" }] },
    "/metrics": {},
  };
  await using server = new HttpServer(
    listenPlain({ hostname: "127.0.0.1", port: 0 }),
    ({ target }) => {
      const body = JSON.stringify(pages[target.split("?")[0] ?? ""]);
      return Promise.resolve({ status: 200, headers: {}, body });
    },
  );
  await using deployment = await created();
  await using _service = await deployment.serve();
  const { code, findings } = await runDoctor(deployment, {
    "df.http_address": new URL(server.url).host,
  });
  assert.equal(code, 3);
  const begins = [
    /^critical: The service of this host is not ready: registration: the row is not up to date/,
    /^warning: Several versions run: .*0\.0\.8 \(node "compute-1"\)$/,
    /^warning: The service of this host warns of announced: tcp:\/\/192\.0\.2\.1:8866: not an addr/,
    /^warning: The service of this host warns of recorder: \/var\/lib\/r: no space left$/,
  ];
  assert.equal(findings.length, begins.length);
  for (const [index, { severity, what }] of findings.entries()) {
    assert.match(`${severity}: ${what}`, begins[index] ?? /$^/);
  }
  assert.match(findings.at(-1)?.why ?? "", /^The recorder lacks events/);
});
