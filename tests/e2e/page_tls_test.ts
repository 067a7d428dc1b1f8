import assert from "node:assert/strict";
import { Deployment } from "../support/deployment.ts";
import { eventually } from "../support/eventually.ts";
import { type KeyPair, makeCertificate } from "../support/openssl.ts";
import { programDeno } from "../support/program.ts";
import { programPath } from "../support/system_programs.ts";
import { type TempDir, tempDir } from "../support/temp_dir.ts";

// TLS servers of Deno 2.4 cannot ask for a client certificate.
const byServer = { ignore: programDeno().startsWith("2.4.") };
const UNTIL = Date.UTC(2039, 0, 2, 3, 4);

interface Hosts {
  readonly authority: KeyPair;
  /** For a name only, as many certificates of an existing PKI are. */
  readonly controller: KeyPair;
  readonly node: KeyPair;
  readonly strange: KeyPair;
  readonly strangeAuthority: KeyPair;
}

async function makeHosts(dir: TempDir): Promise<Hosts> {
  const authority = await makeCertificate(dir, { name: "authority" });
  const strangeAuthority = await makeCertificate(dir, { name: "strange-authority" });
  const make = (name: string, issuer = authority) =>
    makeCertificate(dir, { name, issuer, names: `DNS:${name}.example.org`, until: UNTIL });
  return {
    ...{ authority, strangeAuthority },
    controller: await make("controller"),
    node: await make("node-1"),
    strange: await make("node-2", strangeAuthority),
  };
}

function tlsOptions({ cert, key }: KeyPair, authority: KeyPair) {
  return {
    "df.http_tls_ca_file": authority.cert,
    "df.http_tls_cert_file": cert,
    "df.http_tls_key_file": key,
  };
}

/** Asks by curl, an independent client. @returns status and body */
async function curl(url: URL, args: readonly string[]): Promise<string> {
  const { host, port, pathname } = url;
  const { stdout, stderr } = await new Deno.Command(programPath("curl"), {
    args: [
      ...["--silent", "--show-error", "--noproxy", "*", "--write-out", "%{http_code}"],
      ...["--resolve", `controller.example.org:${port}:127.0.0.1`, ...args],
      `https://controller.example.org:${port}${pathname}`,
    ],
  }).output();
  assert(host !== "");
  return new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
}

Deno.test(
  "the pages speak TLS, and open to a client certificate or the token",
  byServer,
  async (t) => {
    await using dir = await tempDir();
    const { authority, controller, node, strange, strangeAuthority } = await makeHosts(dir);
    await Deno.writeTextFile(dir.join("token"), "0123456789abcdef\n");
    await using deployment = await Deployment.create({
      "df.http_address": "127.0.0.1:0",
      "df.http_token_file": dir.join("token"),
      "df.http_allowed_hosts": "controller.example.org",
      "df.http_tls_allowed_names": "node-*.example.org, controller.example.org",
    });
    await using service = await deployment.serve(tlsOptions(controller, authority));
    const [, base = ""] = await service.program.stderr.waitFor(/health at (https:\S+)/);
    const page = (path: string, ...args: string[]) => curl(new URL(path, base), args);
    const trust = ["--cacert", authority.cert];
    const shown = ({ cert, key }: KeyPair) => [...trust, "--cert", cert, "--key", key];

    await t.step("to curl", async () => {
      assert.match(await page("/readyz", ...trust), /200$/);
      assert.match(await page("/metrics", ...trust), /df_pubsub_.*200$/s);
      assert.match(await page("/peers", ...shown(node)), /"publisher".*200$/s);
      const bearer = ["--oauth2-bearer", "0123456789abcdef"];
      assert.match(await page("/peers", ...trust, ...bearer), /"publisher".*200$/s);
    });

    await t.step("and to nothing else, with the reason", async () => {
      assert.match(
        await page("/peers", ...trust),
        /client certificate .*: it shows no certificate\n401$/,
      );
      assert.match(
        await page("/peers", ...shown(strange)),
        /it.s? certificate is signed by "CN=strange-authority", which http_tls_ca_file .*\n401$/,
      );
      assert.match(await page("/peers", "--cacert", strangeAuthority.cert), /000.*certificate/s);
    });

    const ask = (command: readonly string[], options: Record<string, string>) =>
      deployment.runHere([...command, "--url", base], "", { "df.http_token_file": "", ...options });

    await t.step(
      "to the commands with a client certificate, and by their own one as that of this host",
      async () => {
        const peers = await ask(["peers", "--json"], tlsOptions(controller, authority));
        assert.deepEqual([peers.code, peers.stderr], [0, "no matching subscribers\n"]);
        const checked = await ask(
          ["check", "--warn-nodes", "1"],
          tlsOptions(controller, authority),
        );
        assert.match(checked.stdout, /"name":"nodes","state":"warning","detail":"0 connected"/);
        const shown = await ask(["top", "--once"], tlsOptions(controller, authority));
        assert.equal(shown.code, 0, shown.stderr);
      },
    );

    await t.step("and says to the others what is wrong", async () => {
      const unnamed = await ask(["peers", "--json"], tlsOptions(node, authority));
      assert.equal(unnamed.code, 3);
      assert.match(
        unnamed.stderr,
        /its certificate has another name: it offers DNS:controller.example.org, wanted "127.0.0.1"/,
      );
      const untrusting = await ask(["peers", "--json"], {
        "df.http_tls_ca_file": strangeAuthority.cert,
      });
      assert.match(
        untrusting.stderr,
        /its certificate is signed by "CN=authority", which http_tls_ca_file does/,
      );
      const plain = await deployment.runHere(["peers", "--url", base.replace("https", "http")]);
      assert.equal(plain.code, 3, plain.stderr);
    });
  },
);

Deno.test(
  "the pages use new TLS files without a restart, and keep the old ones while the new ones are wrong",
  byServer,
  async () => {
    await using dir = await tempDir();
    const { authority, controller, node } = await makeHosts(dir);
    const used = { cert: dir.join("used.crt"), key: dir.join("used.key") };
    const use = async ({ cert, key }: Partial<KeyPair>) => {
      if (cert !== undefined) await Deno.copyFile(cert, used.cert);
      if (key !== undefined) await Deno.copyFile(key, used.key);
    };
    await use(controller);
    await using deployment = await Deployment.create({ "df.http_address": "127.0.0.1:0" });
    await using service = await deployment.serve(tlsOptions(used, authority));
    const { stderr } = service.program;
    const [, port = ""] = await stderr.waitFor(/health at https:\S+:(\d+)/);
    const subject = async () => {
      const { stdout } = await new Deno.Command(programPath("openssl"), {
        args: ["s_client", "-connect", `127.0.0.1:${port}`, "-CAfile", authority.cert],
        stdin: "null",
      }).output();
      return /^subject=.*$/m.exec(new TextDecoder().decode(stdout))?.[0];
    };
    assert.equal(await subject(), "subject=CN = controller");
    await use({ cert: node.cert });
    await stderr.waitFor(
      /the old ones stay in use: .*\[df\] http_tls_key_file: .*: the key does not belong/,
    );
    assert.equal(await subject(), "subject=CN = controller");
    await use({ key: node.key });
    service.program.kill("SIGHUP");
    await stderr.waitFor(
      /New TLS files for the health pages: the certificate is valid until 2039/,
    );
    assert.equal(await subject(), "subject=CN = node-1");
  },
);

Deno.test(
  "the pages keep TLS and their files until a restart, when a reload no longer names files",
  byServer,
  async () => {
    await using dir = await tempDir();
    const { authority, controller } = await makeHosts(dir);
    const settings = Object.entries(tlsOptions(controller, authority))
      .map(([name, path]) => `${name.replace("df.", "")} = ${path}\n`).join("");
    const path = dir.join("service.ini");
    await Deno.writeTextFile(path, `[df]\n${settings}http_address = 127.0.0.1:0\n`);
    await using deployment = await Deployment.create({
      "df.http_allowed_hosts": "controller.example.org",
    });
    await using service = await deployment.serve({}, { args: ["--config-file", path] });
    const { stderr } = service.program;
    const [, base = ""] = await stderr.waitFor(/health at (https:\S+)/);
    await Deno.writeTextFile(path, "[df]\nhttp_address = 127.0.0.1:0\n");
    service.program.kill("SIGHUP");
    await stderr.waitFor(/http_tls_cert_file changed from \S+ to nothing: restart the service$/m);
    await stderr.waitFor(/^reloaded: nothing changed, restart the service for 3 options$/m);
    const trust = ["--cacert", authority.cert];
    assert.match(await curl(new URL("/readyz", base), trust), /200$/);
    const shown = [...trust, "--cert", controller.cert, "--key", controller.key];
    assert.match(await curl(new URL("/peers", base), shown), /"publisher".*200$/s);
  },
);

Deno.test(
  "the page ends for a client whose name a reload has removed from http_tls_allowed_names",
  byServer,
  async () => {
    await using dir = await tempDir();
    const { authority, controller, node } = await makeHosts(dir);
    const path = dir.join("service.ini");
    const allow = (names: string) =>
      Deno.writeTextFile(path, `[df]\nhttp_tls_allowed_names = ${names}\n`);
    await allow("node-*.example.org");
    await using deployment = await Deployment.create({
      "df.http_address": "127.0.0.1:0",
      "df.http_allowed_hosts": "controller.example.org",
    });
    const options = tlsOptions(controller, authority);
    await using service = await deployment.serve(options, { args: ["--config-file", path] });
    const { stderr } = service.program;
    const [, base = ""] = await stderr.waitFor(/health at (https:\S+)/);
    const shown = ["--cacert", authority.cert, "--cert", node.cert, "--key", node.key];
    const page = (path: string, ...args: string[]) =>
      curl(new URL(path, base), [...shown, ...args]);
    const events = dir.join("events");
    const seen = page("/events", "--no-buffer", "--max-time", "20", "--output", events);
    const read = () => Deno.readTextFile(events).catch(() => "");
    await eventually(read, (text) => text.startsWith("retry: "));
    await allow("controller.example.org");
    service.program.kill("SIGHUP");
    await stderr.waitFor(/^reloaded: 1 option changed$/m);
    assert.equal(await seen, "200");
    assert.match(await page("/peers"), /wanted controller.*: see http_tls_allowed_names\n403$/);
  },
);

Deno.test("serve exits with the option and the reason, when a file of TLS for the pages is not usable", async () => {
  await using dir = await tempDir();
  const { controller, node } = await makeHosts(dir);
  await using deployment = await Deployment.create({ "df.http_address": "127.0.0.1:0" });
  const options = { "df.http_tls_cert_file": controller.cert, "df.http_tls_key_file": node.key };
  for (const [wanted, ...command] of [[3, "serve"], [2, "config", "check"]] as const) {
    const { code, stderr } = await deployment.runHere(command, "", options);
    assert.equal(code, wanted, `${command.join(" ")}: ${stderr}`);
    assert.match(
      stderr,
      /--set: \[df\] http_tls_key_file: ".*": the key does not belong to the certificate in/,
    );
  }
});
