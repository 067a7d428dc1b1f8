import assert from "node:assert/strict";
import type { NbDbDriver } from "../../../drivers/contract/db.ts";
import { eventually } from "../../support/eventually.ts";
import { type KeyPair, makeCertificate } from "../../support/openssl.ts";
import { startCluster } from "../../support/redis/cluster.ts";
import { openRedisAt } from "../../support/redis/db.ts";
import { tlsFlags } from "../../support/redis/tls.ts";
import { type TempDir, tempDir } from "../../support/temp_dir.ts";

const TOPICS = Array.from({ length: 12 }, (_, n) => `t${n}`);

/** Issues a certificate of a new authority. */
async function issue(
  dir: TempDir,
  name: string,
): Promise<{ readonly authority: KeyPair; readonly server: KeyPair }> {
  const authority = await makeCertificate(dir, { name: `${name}-authority` });
  const names = "IP:127.0.0.1";
  return { authority, server: await makeCertificate(dir, { name, issuer: authority, names }) };
}

async function joinFiles(target: string, ...files: readonly string[]): Promise<void> {
  await Deno.writeTextFile(
    target,
    (await Promise.all(files.map((each) => Deno.readTextFile(each)))).join(""),
  );
}

/** Writes rows on every server. */
async function canWrite(db: NbDbDriver): Promise<boolean> {
  const writes = TOPICS.map((topic) => db.create("lport", topic, "1", { topic }));
  return (await Promise.allSettled(writes)).every(({ status }) => status === "fulfilled");
}

Deno.test("redis database trusts a new authority without a restart, when a server of the cluster has changed its certificate", async () => {
  await using dir = await tempDir();
  const [old, young] = [await issue(dir, "old"), await issue(dir, "new")];
  const all = dir.join("all.crt");
  const trusted = dir.join("trusted.crt");
  const used = { cert: dir.join("used.crt"), key: dir.join("used.key") };
  await joinFiles(all, old.authority.cert, young.authority.cert);
  await joinFiles(trusted, old.authority.cert);
  const use = async ({ cert, key }: KeyPair) => {
    await joinFiles(used.cert, cert);
    await joinFiles(used.key, key);
  };
  await use(old.server);
  await using cluster = await startCluster({
    replicas: 0,
    listen: (port) => ["port 0", `tls-port ${port}`],
    config: [
      ...["tls-cluster yes", "tls-auth-clients no", `tls-ca-cert-file ${all}`],
      ...[`tls-cert-file ${used.cert}`, `tls-key-file ${used.key}`],
    ],
    cliFlags: tlsFlags({ cert: all, key: "" }),
  });
  const options = { tls: "true", tls_ca_file: trusted };
  await using db = await openRedisAt({ hosts: cluster.addresses, options });
  assert(await canWrite(db));
  await joinFiles(trusted, all);
  await use(young.server);
  await cluster.nodes[0]?.restart();
  await eventually(() => canWrite(db), Boolean);
});
