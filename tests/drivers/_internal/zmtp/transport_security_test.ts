import assert from "node:assert/strict";
import { silentLogger } from "../../../../drivers/contract/logger.ts";
import { TlsContext } from "../../../../drivers/_internal/libssl/context.ts";
import { TlsStream } from "../../../../drivers/_internal/libssl/stream.ts";
import { bindAddress } from "../../../../drivers/_internal/sockets/endpoint.ts";
import { EventLoop } from "../../../../drivers/_internal/sockets/event_loop.ts";
import { Listener } from "../../../../drivers/_internal/sockets/listener.ts";
import { HealthReader } from "../../../support/health_reader.ts";
import { type KeyPair, makeCertificate } from "../../../support/openssl.ts";
import { ServerProcess } from "../../../support/server_process.ts";
import { tempDir } from "../../../support/temp_dir.ts";
import { makeTlsFiles } from "../../../support/tls_files.ts";
import { zmqDriver } from "../../../support/zmq/zmq_drivers.ts";
import { tlsOverrides } from "../../../support/zmq/zmq_tls.ts";

/** A certificate whose times are not in UTC: OpenSSL takes it, and only then refuses it. */
function damaged(pem: string): string {
  const base64 = pem.replaceAll(/-----[A-Z ]+-----|\s/g, "");
  const bytes = atob(base64).replaceAll(/(\d{12})Z/g, "$1X");
  return `-----BEGIN CERTIFICATE-----\n${btoa(bytes)}\n-----END CERTIFICATE-----\n`;
}

Deno.test("a subscriber refuses a publisher whose certificate cannot be parsed, when tls_publisher_names is set", async () => {
  await using files = await makeTlsFiles();
  const { authority, server } = files;
  using context = new TlsContext({
    certificate: damaged(await Deno.readTextFile(server.cert)),
    key: await Deno.readTextFile(server.key),
    authorities: await Deno.readTextFile(authority.cert),
    minVersion: "1.3",
  });
  const loop = EventLoop.acquire();
  const listener = new Listener(loop, await bindAddress(loop.kernel, "127.0.0.1", 0), {
    ...{ name: "the test", log: silentLogger },
    onStream: (under) => {
      const stream = new TlsStream(under, {
        ...{ context, side: "server", judge: () => undefined, explain: () => undefined },
        onClosed: () => {},
      });
      const into = new Uint8Array(1024);
      const onReadable = () => stream.receive(into) !== 0 && stream.close();
      stream.start({ onReadable, onWritable: () => {} });
    },
  });
  const names = { "df_zmq.tls_publisher_names": "end.example" };
  const driver = zmqDriver({ ...tlsOverrides("required", authority, files.client), ...names });
  const subscriber = await driver.openSubscriber();
  const health = new HealthReader(subscriber.health);
  try {
    subscriber.registerListenAddress(`tls://${listener.address}`);
    await health.has("disconnected");
    const [event] = health.events;
    assert.match(JSON.stringify(event), /its certificate is invalid: it contains a damaged/);
  } finally {
    await subscriber[Symbol.asyncDispose]();
    listener.close();
    await loop.release();
  }
});

for (
  const [name, flags, reason] of [
    ["does not trust its certificate", ["-tls1_3"], /does not trust the authority that signed/],
    ["has no version in common", ["-tls1_2"], /no TLS version in common/],
  ] as const
) {
  Deno.test(`a subscriber states the reason, when a publisher behind another TLS server ${name}`, async () => {
    await using files = await makeTlsFiles();
    const { authority, server: { cert, key }, strangeAuthority, client } = files;
    await using server = ServerProcess.start("openssl", [
      ...["s_server", "-www", "-accept", "127.0.0.1:0", "-cert", cert, "-key", key, ...flags],
      ...["-Verify", "1", "-verify_return_error", "-CAfile", strangeAuthority.cert],
    ]);
    await server.ready(/ACCEPT 127/);
    const [, address = ""] = /ACCEPT (\S+)/.exec(server.log) ?? [];
    await using subscriber = await zmqDriver(tlsOverrides("required", authority, client))
      .openSubscriber();
    const health = new HealthReader(subscriber.health);
    subscriber.registerListenAddress(`tls://${address}`);
    await health.has("disconnected");
    assert.match(JSON.stringify(health.events), reason);
  });
}

Deno.test("both ends trust an authority that another one has signed, when only it is in tls_ca_file", async () => {
  await using dir = await tempDir();
  const root = await makeCertificate(dir, { name: "root" });
  const issuer = await makeCertificate(dir, { name: "issuing", issuer: root, isAuthority: true });
  const pair = await makeCertificate(dir, { name: "host", issuer, names: "IP:127.0.0.1" });
  const driver = zmqDriver(tlsOverrides("required", issuer, pair));
  await using publisher = await driver.openPublisher();
  await using subscriber = await driver.openSubscriber();
  const health = new HealthReader(subscriber.health);
  subscriber.registerTopic("D");
  subscriber.registerListenAddress(publisher.address);
  await health.has("live confirmed");
});

for (
  const [what, from, isAuthority, reason] of [
    ["an expired authority has signed", Date.UTC(2025, 0), false, /one above it, has expired$/],
    ["a node has signed", "node", false, /"CN=issuing", .* is invalid: invalid CA certificate$/],
    ["is that of an authority", undefined, true, /not for a client: its keyUsage .* digitalSig/],
  ] as const
) {
  Deno.test(`a publisher states the reason, when the certificate of a subscriber ${what}`, async () => {
    await using dir = await tempDir();
    const root = await makeCertificate(dir, { name: "root" });
    const right = await makeCertificate(dir, { name: "a", issuer: root, names: "IP:127.0.0.1" });
    const validity = typeof from === "number" ? { from, until: from + 86_400_000 } : {};
    const issuer = await makeCertificate(dir, {
      ...{ name: "issuing", issuer: root, isAuthority: from !== "node", ...validity },
    });
    const { cert, key } = await makeCertificate(dir, { name: "node", issuer, isAuthority });
    const chain = await Deno.readTextFile(cert) + await Deno.readTextFile(issuer.cert);
    await Deno.writeTextFile(cert, chain);
    const driver = (pair: KeyPair) => zmqDriver(tlsOverrides("required", root, pair));
    await using publisher = await driver(right).openPublisher();
    await using subscriber = await driver({ cert, key }).openSubscriber();
    const health = new HealthReader(subscriber.health);
    subscriber.registerListenAddress(publisher.address);
    await health.has("disconnected");
    const [event] = health.events;
    assert.match(String(event?.kind === "disconnected" && event.reason), reason);
  });
}
