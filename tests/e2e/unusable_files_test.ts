import assert from "node:assert/strict";
import { Deployment } from "../support/deployment.ts";
import { makeCertificate } from "../support/openssl.ts";
import { programDeno } from "../support/program.ts";
import { tempDir } from "../support/temp_dir.ts";
import { makeTlsFiles } from "../support/tls_files.ts";

/** Asserts that commands that use the network exit with this code and the error of `config check`. */
async function assertRefused(
  deployment: Deployment,
  lines: string,
  { code: wantedCode, error }: { readonly code: number; readonly error: string },
) {
  const file = deployment.path("site.conf");
  await Deno.writeTextFile(file, lines);
  const wanted = `${file}:${error}`;
  const commands = [
    ["config", "check"],
    ["serve"],
    ["subscribe", "--timeout", "9"],
    ["record", deployment.path("events.jsonl"), "--force", "--timeout", "9"],
    ["bench", "sub", "--duration", "9"],
    ["publish", "--table", "lport", "--key", "p1", "--action", "set", "--confirm"],
  ];
  for (const command of commands) {
    const { code, stderr } = await deployment.runHere([...command, "--config-file", file]);
    const isCheck = command[0] === "config";
    assert.equal(code, isCheck ? 2 : wantedCode, `${command.join(" ")}: ${stderr}`);
    assert(stderr.includes(wanted), `${command.join(" ")}: ${stderr}`);
  }
}

Deno.test("commands exit 3 with the place and the text of config check, when a TLS file is not usable", async () => {
  await using deployment = await Deployment.create();
  await using files = await makeTlsFiles();
  const { authority, server, client } = files;
  const own = `tls_ca_file = ${authority.cert}\ntls_cert_file = ${server.cert}\n`;
  const lines = `[df_zmq]\ntls = required\n${own}tls_key_file = `;
  await assertRefused(
    deployment,
    `${lines}${client.key}\n`,
    {
      code: 3,
      error: `5: [df_zmq] tls_key_file: "${client.key}": the key does not belong to the ` +
        `certificate in "${server.cert}"`,
    },
  );
  const missing = '5: [df_zmq] tls_key_file: cannot read "/nonexistent": No such file';
  await assertRefused(deployment, `${lines}/nonexistent\n`, { code: 3, error: missing });
  const empty = '2: [df_zmq] tls: "on", but tls_ca_file is empty, wanted a file in PEM';
  await assertRefused(deployment, "[df_zmq]\ntls = on\n", { code: 2, error: empty });
});

Deno.test("serve exits 2 with the place and the text of config check, when a certificate is missing", async () => {
  await using deployment = await Deployment.create({ "df.http_address": "127.0.0.1:0" });
  await using files = await makeTlsFiles();
  const { authority, server } = files;
  const file = deployment.path("site.conf");
  const cases = [
    [
      `[df_zmq]\ntls = on\ntls_ca_file = ${authority.cert}\n`,
      '2: [df_zmq] tls: "on", but tls_cert_file is empty, wanted a file in PEM',
    ],
    [
      `[df]\nhttp_tls_key_file = ${server.key}\n`,
      `2: [df] http_tls_key_file: "${server.key}", but http_tls_cert_file is empty, wanted both`,
    ],
  ] as const;
  for (const [lines, error] of cases) {
    await Deno.writeTextFile(file, lines);
    for (const command of [["config", "check"], ["serve"]]) {
      const { code, stderr } = await deployment.runHere([...command, "--config-file", file]);
      assert.equal(code, 2, `${command.join(" ")}: ${stderr}`);
      assert(stderr.includes(`${file}:${error}`), `${command.join(" ")}: ${stderr}`);
    }
  }
});

Deno.test("config check warns that serve refuses the TLS files of its pages, which commands can use", async () => {
  await using deployment = await Deployment.create();
  await using dir = await tempDir();
  const issuer = await makeCertificate(dir, { name: "ca" });
  const spec = { name: "client", issuer, usage: "clientAuth" };
  const { cert, key } = await makeCertificate(dir, spec);
  const file = deployment.path("pages.conf");
  await Deno.writeTextFile(
    file,
    `[df]\nhttp_tls_cert_file = ${cert}\nhttp_tls_key_file = ${key}\n`,
  );
  const checked = await deployment.runHere(["config", "check", "--config-file", file]);
  assert.equal(checked.code, 0, checked.stderr);
  const said = `${file}:2: [df] http_tls_cert_file: `;
  assert(checked.stderr.startsWith(`warning: Only serve refuses this: ${said}`), checked.stderr);
  const serve = await deployment.runHere(["serve", "--config-file", file]);
  assert(serve.code !== 0 && serve.stderr.includes(said), serve.stderr);
});

Deno.test("commands exit 3 with the place and the text of config check, when OpenSSL refuses a certificate", async () => {
  await using deployment = await Deployment.create();
  await using dir = await tempDir();
  const { cert, key } = await makeCertificate(dir, { name: "old", algorithm: "weak RSA" });
  const files = `tls_ca_file = ${cert}\ntls_cert_file = ${cert}\ntls_key_file = ${key}\n`;
  const reason = "OpenSSL refuses the certificate: ee key too small";
  const error = `4: [df_zmq] tls_cert_file: "${cert}": ${reason}`;
  await assertRefused(deployment, `[df_zmq]\ntls = on\n${files}`, { code: 3, error });
});

Deno.test("commands exit 3 with the place and the text of config check, when a password file is not usable", async () => {
  await using deployment = await Deployment.create({ "df.remote_db_hosts": "127.0.0.1:1" });
  const lines = "[df]\nnb_db_class = redis\npub_sub_driver = redis_stream_pubsub_driver\n" +
    "[df_redis]\npassword_file = /nonexistent\n";
  const error = '5: [df_redis] password_file: cannot read "/nonexistent": No such file';
  await assertRefused(deployment, lines, { code: 3, error });
});

Deno.test("serve and peers exit 3 with the place and the text of config check, when a token file is not usable", async () => {
  await using deployment = await Deployment.create();
  const [file, token] = [deployment.path("site.conf"), deployment.path("token")];
  await Deno.writeTextFile(file, `[df]\nhttp_token_file = ${token}\n`);
  await Deno.writeTextFile(token, "short");
  const wanted = `${file}:2: [df] http_token_file: "${token}": not a token: wanted one line of `;
  for (const [code, ...command] of [[2, "config", "check"], [3, "serve"], [3, "peers"]] as const) {
    const { stderr, ...ended } = await deployment.runHere([...command, "--config-file", file]);
    assert.equal(ended.code, code, `${command.join(" ")}: ${stderr}`);
    assert(stderr.includes(wanted), `${command.join(" ")}: ${stderr}`);
  }
});

Deno.test("serve exits 3 with the option and the file, and config check warns, when a certificate is not for a server", async () => {
  await using deployment = await Deployment.create();
  await using dir = await tempDir();
  const issuer = await makeCertificate(dir, { name: "ca" });
  const usage = "clientAuth";
  const { cert, key } = await makeCertificate(dir, { name: "node", issuer, usage });
  const bus = { "df_zmq.tls": "required", "df_zmq.tls_ca_file": issuer.cert };
  const pages = { "df.http_tls_cert_file": cert, "df.http_tls_key_file": key };
  // Deno 2.4 has no TLS server for the pages.
  const hasPages = !programDeno().startsWith("2.4.");
  for (
    const [option, overrides] of [
      ["[df_zmq] tls_cert_file", {
        ...{ ...bus, "df_zmq.tls_cert_file": cert, "df_zmq.tls_key_file": key },
      }],
      ...(hasPages ? [["[df] http_tls_cert_file", pages] as const] : []),
    ] as const
  ) {
    const { code, stderr } = await deployment.run(["serve"], "", overrides);
    const wanted = "the certificate is not for a server: its extendedKeyUsage has to include";
    const refusal = `${option}: "${cert}": ${wanted} serverAuth`;
    assert.equal(code, 3, stderr);
    assert(stderr.includes(refusal), stderr);
    const checked = await deployment.run(["config", "check"], "", overrides);
    assert.equal(checked.code, 0, checked.stderr);
    assert(checked.stderr.startsWith("warning: Only serve refuses this: "), checked.stderr);
    assert(checked.stderr.includes(refusal), checked.stderr);
  }
});
