import assert from "node:assert/strict";
import { Deployment, freePort } from "../support/deployment.ts";
import { assertOnly, type DoctorResult, runDoctor } from "../support/doctor_report.ts";

/** A deployment whose nodes have databases of their own, and name the publisher. */
async function created() {
  const deployment = await Deployment.create({ "df.http_address": "" });
  const node = (port: number) => ({
    "df.publisher_port": port,
    "df.publishers_ips": "127.0.0.1",
    "df.sqlite_path": deployment.path("node/absent.sqlite3"),
  });
  return { deployment, node, [Symbol.asyncDispose]: () => deployment[Symbol.asyncDispose]() };
}

function publishersIn({ lines }: DoctorResult): (string | undefined)[] {
  return lines.filter(({ subject }) => subject === "publisher").map(({ detail }) => detail);
}

Deno.test("doctor connects to the publishers of publishers_ips, and only warns without a database", async () => {
  await using site = await created();
  await using service = await site.deployment.serve();
  const result = await runDoctor(site.deployment, site.node(Number(new URL(service.uri).port)));
  assertOnly(result, "warning", /^Cannot read the publishers table: No database at /);
  assert.match(`${publishersIn(result)}`, new RegExp(`^${service.uri}: live, echo `));
});

Deno.test("doctor names publishers_ips, when a publisher in it does not respond", async () => {
  await using site = await created();
  await using _db = await site.deployment.openDb();
  const { "df.sqlite_path": _absent, ...settings } = site.node(freePort());
  const result = await runDoctor(site.deployment, settings);
  assertOnly(
    result,
    "critical",
    /^Cannot subscribe to "tcp:\S+", which \[df\] publishers_ips names: /,
  );
});

Deno.test("doctor connects once to a publisher that both publishers_ips and the table name", async () => {
  await using site = await created();
  await using service = await site.deployment.serve();
  const result = await runDoctor(site.deployment, {
    "df.publisher_port": Number(new URL(service.uri).port),
    "df.publishers_ips": "127.0.0.1",
  });
  assert.deepEqual(result.findings, []);
  assert.equal(publishersIn(result).length, 1);
});
