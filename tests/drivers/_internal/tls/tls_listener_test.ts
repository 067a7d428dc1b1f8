import assert from "node:assert/strict";
import { nextTurn } from "../../../../drivers/contract/next_turn.ts";
import { listOption } from "../../../../drivers/contract/option.ts";
import { tlsFileOptions } from "../../../../drivers/contract/tls_options.ts";
import { clientTls } from "../../../../drivers/_internal/tls/client_tls.ts";
import { readTlsTexts } from "../../../../drivers/_internal/tls/tls_files.ts";
import { TlsListener } from "../../../../drivers/_internal/tls/tls_listener.ts";
import { ChangingSettings } from "../../../support/fakes/changing_settings.ts";
import { eventually } from "../../../support/eventually.ts";
import { inTime } from "../../../support/in_time.ts";
import { type KeyPair, makeCertificate, openssl } from "../../../support/openssl.ts";
import { RecordingLogger } from "../../../support/fakes/recording_logger.ts";
import { tempDir } from "../../../support/temp_dir.ts";
import { testSettings } from "../../../support/test_settings.ts";

const FILES = tlsFileOptions({ group: "df", prefix: "http_tls_", help: { ca: "", cert: "" } });
const NAMES = listOption({ group: "df", name: "http_tls_allowed_names", default: "", help: "" });
const AT = { hostname: "127.0.0.1", port: 0 };

async function open() {
  const dir = await tempDir();
  const authority = await makeCertificate(dir, { name: "authority" });
  const pair = await makeCertificate(dir, { name: "a", issuer: authority, names: "IP:127.0.0.1" });
  const settings = new ChangingSettings(testSettings({
    ...{ "df.http_tls_ca_file": authority.cert, "df.http_tls_cert_file": pair.cert },
    "df.http_tls_key_file": pair.key,
  }));
  const texts = await readTlsTexts(settings, FILES);
  const log = new RecordingLogger();
  const listener = await TlsListener.open({
    ...{ ...AT, settings, files: FILES, use: "the test", log, intervalMs: 20 },
    allowedNames: NAMES,
  });
  const connect = () => Deno.connect({ ...AT, port: listener.addr.port });
  const close = async () => {
    await listener[Symbol.asyncDispose]();
    await dir[Symbol.asyncDispose]();
  };
  return {
    dir,
    log,
    settings,
    authority,
    pair,
    listener,
    connect,
    texts,
    [Symbol.asyncDispose]: close,
  };
}

Deno.test("TlsListener carries bytes both ways, in pieces of any size, until either end is done", async () => {
  await using ends = await open();
  const { cert = "", key = "", ca = "" } = ends.texts;
  const accepted = ends.listener.accept();
  using client = await Deno.connectTls({
    ...{ hostname: "127.0.0.1", port: ends.listener.addr.port, caCerts: [ca], cert, key },
  });
  const connection = await accepted;
  await Promise.all([connection.handshake(), client.handshake()]);
  assert.equal(connection.clientFault, undefined);
  await client.write(new TextEncoder().encode("hello"));
  const into = new Uint8Array(3);
  assert.equal(await connection.read(into), 3);
  assert.equal(await connection.read(into), 2);
  const large = new Uint8Array(1_000_000).fill(7);
  const reading = new Response(client.readable).bytes();
  assert.equal(await connection.write(large), large.length);
  await connection.closeWrite();
  assert.deepEqual(await reading, large);
  connection.close();
});

Deno.test("TlsConnection.handshake rejects, when the client is silent and is closed, or does not speak TLS", async () => {
  await using ends = await open();
  for (const text of ["", "GET / HTTP/1.1\r\n\r\n"]) {
    const accepted = ends.listener.accept();
    using client = await ends.connect();
    const connection = await accepted;
    const shaken = assert.rejects(connection.handshake(), /the connection was closed/);
    if (text === "") connection.close();
    else await client.write(new TextEncoder().encode(text));
    await shaken;
    connection.close();
  }
});

Deno.test("TlsConnection.handshake rejects, when the connection was closed before it", async () => {
  await using ends = await open();
  const accepted = ends.listener.accept();
  using _client = await ends.connect();
  const connection = await accepted;
  connection.close();
  // A socket emits `close` only once: here before the handshake.
  for (let turn = 0; turn < 10; turn++) await nextTurn();
  const shaken = assert.rejects(connection.handshake(), /the connection was closed/);
  await inTime(shaken, 5_000, () => "the handshake has not ended");
});

Deno.test("TlsListener.open rejects with the option and its file, when the runtime cannot use the key", async () => {
  await using dir = await tempDir();
  const { cert, key } = await makeCertificate(dir, { name: "weak", algorithm: "weak RSA" });
  const settings = testSettings({ "df.http_tls_cert_file": cert, "df.http_tls_key_file": key });
  const log = new RecordingLogger();
  const about = { use: "the test", log, allowedNames: NAMES };
  const options = { ...AT, settings, files: FILES, ...about };
  const wanted = {
    code: "FILE_UNUSABLE",
    message:
      /http_tls_key_file: ".*weak.key": Deno cannot use a key of this kind, wanted RSA with at/,
  };
  await assert.rejects(TlsListener.open(options), wanted);
  await assert.rejects(clientTls(settings, FILES), wanted);
});

Deno.test("TlsListener refuses connections, when too many wait to be accepted", async () => {
  await using ends = await open();
  const clients = [];
  for (let count = 0; count < 65; count++) clients.push(await ends.connect());
  assert.equal(await clients.at(-1)?.read(new Uint8Array(1)).catch(() => null), null);
  for (const client of clients) client.close();
});

Deno.test("TlsListener.accept rejects, when the listener is closed", async () => {
  await using ends = await open();
  const waiting = assert.rejects(ends.listener.accept(), /the listener is closed/);
  await ends.listener[Symbol.asyncDispose]();
  await waiting;
  await assert.rejects(ends.listener.accept(), /the listener is closed/);
});

for (const version of ["-tls1_2", "-tls1_3"]) {
  Deno.test(`TlsListener trusts a session that is resumed with ${version}, when the authorities in use have verified its certificate`, async () => {
    await using ends = await open();
    const { dir, authority, listener, pair, settings } = ends;
    /** What is wrong with the certificate of a client, which keeps its session in a file. */
    const faultOf = async (flags: readonly string[]) => {
      const accepted = listener.accept();
      const at = `127.0.0.1:${listener.addr.port}`;
      const client = openssl(["s_client", "-quiet", version, "-connect", at, ...flags]);
      const connection = await accepted;
      await connection.handshake();
      await connection.write(new Uint8Array(1));
      await connection.closeWrite();
      await client.catch(() => {});
      connection.close();
      return connection.clientFault;
    };
    const certificate = ({ cert, key }: KeyPair) => ["-cert", cert, "-key", key];
    const [own, other] = [dir.join("own.session"), dir.join("other.session")];
    const named = dir.join("named.session");
    settings.set(NAMES, ["*.example"]);
    const misnamed = await faultOf([...certificate(pair), "-sess_out", named]);
    assert.match(misnamed ?? "", /wanted \*.example: see http_tls_allowed_names$/);
    assert.match(await faultOf(["-sess_in", named]) ?? "", /wanted \*/);
    settings.set(NAMES, []);
    assert.equal(await faultOf(["-sess_in", named]), undefined);
    assert.equal(await faultOf([...certificate(pair), "-sess_out", own]), undefined);
    assert.equal(await faultOf(["-sess_in", own]), undefined);
    const forged = await makeCertificate(dir, { name: "forged", names: "IP:127.0.0.1" });
    const refused = await faultOf([...certificate(forged), "-sess_out", other]);
    assert.match(refused ?? "", /signed by "CN=forged", which http_tls_ca_file does not/);
    assert.match(
      await faultOf(["-sess_in", other]) ?? "",
      /no authority in http_tls_ca_file has verified/,
    );
    await Deno.copyFile(forged.cert, authority.cert);
    await eventually(() => ends.log.messages("info").length, (lines) => lines === 1);
    assert.match(
      await faultOf(["-sess_in", own]) ?? "",
      /no authority in http_tls_ca_file has verified/,
    );
  });
}
