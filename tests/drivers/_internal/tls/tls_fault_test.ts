import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer as createPlainServer, type Server } from "node:net";
import { connect, createServer, type TLSSocket } from "node:tls";
import { certificateFault, handshakeFault } from "../../../../drivers/_internal/tls/tls_fault.ts";
import { peerOf } from "../../../../drivers/_internal/tls/tls_peer.ts";
import { type CertificateSpec, type KeyPair, makeCertificate } from "../../../support/openssl.ts";
import { type TempDir, tempDir } from "../../../support/temp_dir.ts";

const DAY_MS = 86_400_000;
const ALLOWED = { patterns: ["node-*", "10.0.0.1"], option: "tls_allowed_nodes" };
const NAMES = "IP:127.0.0.1, DNS:node-1";

async function texts({ cert, key }: KeyPair) {
  return { cert: await Deno.readTextFile(cert), key: await Deno.readTextFile(key) };
}

/** A certificate of each kind, by an authority that both ends trust, but for the strange one. */
async function makeAll(dir: TempDir) {
  const issuer = await makeCertificate(dir, { name: "authority" });
  const strange = await makeCertificate(dir, { name: "strange" });
  const make = (name: string, spec: Partial<CertificateSpec> = {}) =>
    makeCertificate(dir, { name, issuer, names: NAMES, ...spec });
  return {
    issuer,
    right: await make("right"),
    expired: await make("expired", { from: Date.UTC(2025, 0), until: Date.UTC(2025, 5, 7, 8, 9) }),
    early: await make("early", { from: Date.UTC(2098, 0, 2, 3), until: Date.UTC(2099, 0) }),
    unknown: await make("unknown", { issuer: strange }),
    misnamed: await make("misnamed", { names: "DNS:other.example" }),
    nameless: await makeCertificate(dir, { name: "nameless", issuer }),
    wrongPurpose: await make("wrong-purpose", { usage: "codeSigning" }),
    soon: await make("soon", { until: Date.now() + DAY_MS }),
  };
}

interface Ends {
  readonly server: KeyPair;
  readonly client: KeyPair | undefined;
  readonly authority: KeyPair;
}

/** Connects two ends, each of which checks the other's certificate itself. */
async function shakeHands({ server, client, authority }: Ends) {
  const ca = await Deno.readTextFile(authority.cert);
  const judged = Promise.withResolvers<ReturnType<typeof judge>>();
  const options = { ca, requestCert: true, rejectUnauthorized: false, ...await texts(server) };
  const listener = createServer(options, (socket) => {
    socket.on("error", () => {});
    judged.resolve(judge(socket, "client"));
  });
  const port = await listen(listener);
  const shown = client === undefined ? {} : await texts(client);
  const checkServerIdentity = () => undefined;
  const lax = { rejectUnauthorized: false, checkServerIdentity };
  const socket = connect({ host: "127.0.0.1", port, ca, ...lax, ...shown });
  socket.on("error", judged.reject);
  try {
    await once(socket, "secureConnect");
    return { ofServer: judge(socket, "server"), ofClient: await judged.promise };
  } finally {
    socket.destroy();
    await close(listener);
  }
}

async function listen(listener: Server): Promise<number> {
  listener.listen(0, "127.0.0.1");
  await once(listener, "listening");
  return (listener.address() as { port: number }).port;
}

async function close(listener: Server): Promise<void> {
  listener.close();
  await once(listener, "close");
}

function judge(socket: TLSSocket, purpose: "server" | "client") {
  return certificateFault({
    ...peerOf(socket),
    ...{ purpose, now: Date.now() },
    ...(purpose === "server" ? { host: "127.0.0.1" } : { allowed: ALLOWED }),
  });
}

const CLIENTS = [
  ["right", undefined],
  ["expired", ["expired", /^its certificate expired on 2025-06-07 08:09 UTC$/]],
  ["early", ["not_yet_valid", /^its certificate is not valid before 2098-01-02 03:00 UTC: comp/]],
  ["unknown", ["unknown_authority", /^its certificate is signed by "CN=strange", which tls_ca_f/]],
  ["wrongPurpose", ["wrong_purpose", /not for a client: its extendedKeyUsage .* clientAuth$/]],
  [
    "misnamed",
    [
      "wrong_name",
      /^its certificate offers DNS:other.example, wanted node-\*, 10.0.0.1: see tls_allowed_nodes$/,
    ],
  ],
  ["nameless", ["wrong_name", /^its certificate offers none, only the subject "CN=nameless"/]],
] as const;

Deno.test("certificateFault finds the reason at either end of a connection", async (t) => {
  await using dir = await tempDir();
  const made = await makeAll(dir);
  const { issuer: authority, right } = made;
  for (const [name, expected] of CLIENTS) {
    await t.step(`a ${name} client`, async () => {
      const { ofServer, ofClient } = await shakeHands({
        ...{ server: right, client: made[name], authority },
      });
      assert.equal(ofServer, undefined);
      assert.equal(ofClient?.kind, expected?.[0]);
      if (expected !== undefined) assert.match(ofClient?.reason ?? "", expected[1]);
    });
    await t.step(`a ${name} server`, async () => {
      const { ofServer } = await shakeHands({ server: made[name], client: right, authority });
      assert.equal(ofServer?.kind, expected?.[0]);
      if (expected?.[0] !== "wrong_name") return;
      const wanted = /^its certificate has another name: it offers .*, wanted "127.0.0.1"$/;
      assert.match(ofServer?.reason ?? "", wanted);
    });
  }
  await t.step("a client without a certificate", async () => {
    const { ofClient } = await shakeHands({ server: right, client: undefined, authority });
    assert.deepEqual(ofClient, { kind: "no_certificate", reason: "it shows no certificate" });
  });
});

/** The error that a client gets from a server of `node:tls` or a plain one. */
async function failure(
  { server, client, trusted }: {
    readonly server: KeyPair | "plain";
    readonly client: KeyPair | undefined;
    readonly trusted: KeyPair;
  },
) {
  const ca = await Deno.readTextFile(trusted.cert);
  const ofServer = Promise.withResolvers<unknown>();
  const listener = server === "plain"
    ? createPlainServer((socket) => socket.on("error", () => {}).resume().end("220 no TLS\r\n"))
    : createServer({ ca, requestCert: true, rejectUnauthorized: true, ...await texts(server) });
  listener.on("tlsClientError", ofServer.resolve);
  const port = await listen(listener);
  const shown = client === undefined ? {} : await texts(client);
  const socket = connect({ host: "127.0.0.1", port, ca, ...shown });
  const ofClient = new Promise((resolve) => {
    socket.on("error", resolve);
    socket.on("close", () => resolve("closed without an error"));
  });
  socket.resume();
  try {
    const client = await ofClient;
    return { ofClient: client, ofServer: server === "plain" ? undefined : await ofServer.promise };
  } finally {
    socket.destroy();
    await close(listener);
  }
}

Deno.test("handshakeFault explains what the runtime reports", async () => {
  await using dir = await tempDir();
  const { issuer: trusted, right, unknown } = await makeAll(dir);
  const plain = await failure({ server: "plain", client: right, trusted });
  assert.deepEqual(handshakeFault(plain.ofClient), {
    kind: "not_tls",
    reason: "it does not speak TLS",
  });
  const bare = await failure({ server: right, client: undefined, trusted });
  assert.equal(handshakeFault(bare.ofClient)?.kind, "refused");
  assert.match(handshakeFault(bare.ofClient)?.reason ?? "", /requires a client certificate: see/);
  assert.equal(handshakeFault(bare.ofServer)?.kind, "no_certificate");
  const strange = await failure({ server: unknown, client: right, trusted });
  assert.equal(handshakeFault(strange.ofClient)?.kind, "unknown_authority");
  assert.match(handshakeFault(strange.ofServer)?.reason ?? "", /does not trust the authority/);
  assert.equal(handshakeFault(new Error("connect ECONNREFUSED 127.0.0.1:1")), undefined);
});
