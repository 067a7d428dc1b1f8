import assert from "node:assert/strict";
import { Deployment } from "../support/deployment.ts";
import { makeCertificate } from "../support/openssl.ts";
import { programDeno } from "../support/program.ts";
import { tempDir } from "../support/temp_dir.ts";

const DAY_MS = 86_400_000;
// TLS servers of Deno 2.4 cannot ask for a client certificate.
const byServer = { ignore: programDeno().startsWith("2.4.") };

async function checkedResult(deployment: Deployment, ...args: string[]) {
  const { code, stdout } = await deployment.runHere(["check", "--no-service", ...args]);
  const { checks, measures } = JSON.parse(stdout);
  const found = checks.find(({ name }: { name: string }) => name === "certificates");
  return { code, state: found?.state, detail: found?.detail, days: measures.certificate_days };
}

Deno.test("check and doctor say how many days certificates have left, and by which limit that is too few", async () => {
  await using dir = await tempDir();
  const authority = await makeCertificate(dir, { name: "ca", until: Date.now() + 99.5 * DAY_MS });
  const until = Date.now() + 20.5 * DAY_MS;
  const { cert, key } = await makeCertificate(dir, {
    name: "controller",
    issuer: authority,
    until,
  });
  await using deployment = await Deployment.create({
    ...{ "df_etcd.tls_ca_file": authority.cert, "df_etcd.tls_cert_file": cert },
    "df_etcd.tls_key_file": key,
  });
  const detail = "[df_etcd] tls_cert_file expires in 20 days";
  const result = (code: number, state: string) => ({ code, state, detail, days: 20 });
  // The deployment has no database yet, so check fails for that reason.
  const usual = 3;
  assert.deepEqual(await checkedResult(deployment), result(usual, "ok"));
  assert.deepEqual(await checkedResult(deployment, "--warn-cert", "30d"), result(usual, "warning"));
  const both = ["--warn-cert", "30d", "--crit-cert", "21d"];
  assert.deepEqual(await checkedResult(deployment, ...both), result(usual, "critical"));
  assert.deepEqual(await checkedResult(deployment, "--crit-cert", "20d"), result(usual, "ok"));

  const doctor = async () => (await deployment.runHere(["doctor", "--json"])).stdout;
  assert.match(await doctor(), /"The certificate of \[df_etcd\] tls_cert_file expires in 20 days"/);
  assert.doesNotMatch(await doctor(), /tls_ca_file expires/);
  const last = { name: "last", issuer: authority, until: Date.now() + 1.5 * DAY_MS };
  await Deno.copyFile((await makeCertificate(dir, last)).cert, cert);
  assert.match(await doctor(), /tls_cert_file","detail":"[^"]*, 1 day left"/);
  const past = { from: Date.UTC(2025, 0), until: Date.UTC(2025, 1) };
  const old = await makeCertificate(dir, { name: "old", issuer: authority, ...past });
  await Deno.copyFile(old.cert, cert);
  const { state, detail: expired } = await checkedResult(deployment);
  assert.deepEqual([state, expired], ["critical", "[df_etcd] tls_cert_file has expired"]);
  assert.match(await doctor(), /"The certificate of \[df_etcd\] tls_cert_file has expired"/);
  await Deno.writeTextFile(cert, "nonsense");
  const { detail: damaged } = await checkedResult(deployment);
  assert.equal(damaged, "[df_etcd] tls_cert_file: it contains no certificate in PEM");
  assert.match(await doctor(), /cannot be used: it contains no certificate in PEM/);
});

Deno.test(
  "a service has the expiry of its certificates as a metric by use, which check reads with --url",
  byServer,
  async () => {
    await using dir = await tempDir();
    const until = Math.floor(Date.now() / 1000) * 1000 + 40.5 * DAY_MS;
    const authority = await makeCertificate(dir, { name: "ca", until });
    const pair = await makeCertificate(dir, {
      name: "a",
      issuer: authority,
      names: "IP:127.0.0.1",
    });
    await using deployment = await Deployment.create({
      ...{ "df.http_address": "127.0.0.1:0", "df.http_tls_ca_file": authority.cert },
      ...{ "df.http_tls_cert_file": pair.cert, "df.http_tls_key_file": pair.key },
    });
    await using service = await deployment.serve();
    const [, base = ""] = await service.program.stderr.waitFor(/health at (https:\S+)/);
    using client = Deno.createHttpClient({ caCerts: [await Deno.readTextFile(authority.cert)] });
    const metrics = await (await fetch(`${base}/metrics`, { client })).text();
    const name = "df_pubsub_tls_certificate_expiry_timestamp_seconds";
    assert(metrics.includes(`${name}{use="http",kind="authority"} ${until / 1000}\n`), metrics);
    assert.match(metrics, new RegExp(`${name}{use="http",kind="certificate"} \\d{10}\n`));
    const args = ["check", "--url", base, "--warn-cert", "30d"];
    const { stdout } = await deployment.runHere(args);
    assert.match(
      stdout,
      /"name":"certificates","state":"warning","detail":"http expires in 1 day"/,
    );
  },
);

Deno.test("a service has the expiry of another file as a metric, when SIGHUP changes its option", async () => {
  await using dir = await tempDir();
  const expiry = async (name: string, days: number) => {
    const until = Math.floor(Date.now() / 1000) * 1000 + days * DAY_MS;
    return { path: (await makeCertificate(dir, { name, until })).cert, seconds: until / 1000 };
  };
  const [first, second] = [await expiry("first", 10), await expiry("second", 20)];
  const file = dir.join("df-pubsub.ini");
  const write = (path: string) => Deno.writeTextFile(file, `[df_etcd]\ntls_ca_file = ${path}\n`);
  await write(first.path);
  await using deployment = await Deployment.create({ "df.http_address": "127.0.0.1:0" });
  await using service = await deployment.serve({}, { args: ["--config-file", file] });
  const { stderr } = service.program;
  const [, url = ""] = await stderr.waitFor(/health at (http:\S+)$/m);
  const seconds = async () => {
    const page = await (await fetch(`${url}/metrics`)).text();
    return Number(/_expiry_timestamp_seconds{use="etcd",kind="authority"} (\d+)/.exec(page)?.[1]);
  };
  assert.equal(await seconds(), first.seconds);
  await write(second.path);
  service.program.kill("SIGHUP");
  await stderr.waitFor(/^reloaded: 1 option changed$/m);
  assert.equal(await seconds(), second.seconds);
  // The service goes on with what it has read, so its expiry still counts.
  await Deno.writeTextFile(second.path, "nonsense");
  service.program.kill("SIGHUP");
  await stderr.waitFor(/^reloaded: nothing changed$/m);
  assert.equal(await seconds(), second.seconds);
});
