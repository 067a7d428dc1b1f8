import assert from "node:assert/strict";
import { tlsFileOptions } from "../../../../drivers/contract/tls_options.ts";
import { WatchedTlsFiles } from "../../../../drivers/_internal/tls/watched_tls_files.ts";
import { FakeClock } from "../../../support/fakes/fake_clock.ts";
import { type KeyPair, makeCertificate } from "../../../support/openssl.ts";
import { RecordingLogger } from "../../../support/fakes/recording_logger.ts";
import { type TempDir, tempDir } from "../../../support/temp_dir.ts";
import { testSettings } from "../../../support/test_settings.ts";

const FILES = tlsFileOptions({ group: "df", help: { ca: "", cert: "" } });
const HOUR_MS = 3_600_000;

async function copy({ cert, key }: Partial<KeyPair>, to: KeyPair): Promise<void> {
  if (cert !== undefined) await Deno.writeTextFile(to.cert, await Deno.readTextFile(cert));
  if (key !== undefined) await Deno.writeTextFile(to.key, await Deno.readTextFile(key));
}

async function open(dir: TempDir, pair: KeyPair) {
  const used = { cert: dir.join("used.crt"), key: dir.join("used.key") };
  await copy(pair, used);
  const clock = new FakeClock();
  const log = new RecordingLogger();
  const settings = testSettings({ "df.tls_cert_file": used.cert, "df.tls_key_file": used.key });
  const changes: (string | undefined)[] = [];
  const files = await WatchedTlsFiles.open({
    ...{ settings, files: FILES, use: "the test", log, clock, intervalMs: 1000 },
    onChange: ({ certificate }) => {
      if (certificate?.subject === "CN=refused") throw new Error("a key is too small");
      changes.push(certificate?.subject);
    },
  });
  /** Lets the interval pass, and waits until the look that it causes is over. */
  const pass = async (ms = 1000) => {
    await clock.advance(ms);
    await clock.settle();
    await files.idle();
  };
  return { files, used, log, changes, pass };
}

Deno.test("WatchedTlsFiles uses new files, as soon as they no longer change", async () => {
  await using dir = await tempDir();
  const [first, second] = [
    await makeCertificate(dir, { name: "first", until: Date.now() + 9 * 24 * HOUR_MS }),
    await makeCertificate(dir, { name: "second", until: Date.UTC(2039, 0, 2, 3, 4) }),
  ];
  const { files, used, log, changes, pass } = await open(dir, first);
  await using _files = files;
  assert.equal(files.current.certificate?.subject, "CN=first");
  await pass();
  await copy({ cert: second.cert }, used);
  await pass();
  await copy({ key: second.key }, used);
  await pass();
  assert.equal(files.current.certificate?.subject, "CN=first", "the key has just changed");
  await pass();
  assert.equal(files.current.certificate?.subject, "CN=second");
  assert.deepEqual(changes, ["CN=second"]);
  assert.deepEqual(log.lines.map(({ level, message }) => `${level} ${message}`), [
    "info New TLS files for the test: the certificate is valid until 2039-01-02 03:04 UTC",
  ]);
});

Deno.test("WatchedTlsFiles keeps the old files and warns with the reason, until they are mended", async () => {
  await using dir = await tempDir();
  const until = Date.UTC(2039, 0, 2, 3, 4);
  const [first, second] = [
    await makeCertificate(dir, { name: "first", until }),
    await makeCertificate(dir, { name: "second", until }),
  ];
  const { files, used, log, changes, pass } = await open(dir, first);
  await using _files = files;
  await copy({ cert: second.cert }, used);
  for (let round = 0; round < 5; round++) await pass();
  assert.equal(files.current.certificate?.subject, "CN=first");
  const [warning = "", ...more] = log.messages("warn");
  assert.deepEqual(more, [], "one warning for one problem");
  assert.match(
    warning,
    /^The TLS files for the test have changed, but the old ones stay in use: \[df\] tls_key_file: ".*used.key": the key does not belong to the certificate in ".*used.crt"$/,
  );
  await pass(600_000);
  assert.equal(log.messages("warn").length, 2, "a reminder after ten minutes");
  await Deno.remove(used.key);
  await pass();
  assert.match(log.messages("warn").at(-1) ?? "", /cannot read ".*used.key": No such file/);
  await copy({ key: second.key }, used);
  await files.check();
  assert.deepEqual(changes, ["CN=second"], "a check needs no pause");
});

Deno.test("WatchedTlsFiles keeps the old files and warns with the reason, when their user refuses the new ones", async () => {
  await using dir = await tempDir();
  const [first, refused] = [
    await makeCertificate(dir, { name: "first" }),
    await makeCertificate(dir, { name: "refused" }),
  ];
  const { files, used, log, changes } = await open(dir, first);
  await using _files = files;
  await copy(refused, used);
  await files.check();
  await files.check();
  assert.equal(files.current.certificate?.subject, "CN=first");
  assert.deepEqual(changes, []);
  assert.deepEqual(log.lines.map(({ message }) => message).slice(1), [
    "The TLS files for the test have changed, but the old ones stay in use: a key is too small",
  ]);
});

Deno.test("WatchedTlsFiles says that the files are valid again, when the old ones are put back", async () => {
  await using dir = await tempDir();
  const first = await makeCertificate(dir, { name: "first", until: Date.UTC(2039, 0) });
  const { files, used, log, changes } = await open(dir, first);
  await using _files = files;
  await Deno.writeTextFile(used.cert, "nonsense");
  await files.check();
  assert.match(
    log.messages("warn").join("\n"),
    /\[df\] tls_cert_file: ".*": it contains no certificate in PEM$/,
  );
  await copy(first, used);
  await files.check();
  assert.deepEqual(log.messages("info"), ["The TLS files for the test are valid again"]);
  assert.deepEqual(changes, []);
});

Deno.test("WatchedTlsFiles warns at the start, when the certificate has expired or soon will", async () => {
  await using dir = await tempDir();
  const expired = { name: "expired", from: Date.UTC(2025, 0), until: Date.UTC(2025, 5, 7, 8, 9) };
  const { files, log } = await open(dir, await makeCertificate(dir, expired));
  await files[Symbol.asyncDispose]();
  assert.deepEqual(log.messages("warn"), [
    "The certificate for the test expired on 2025-06-07 08:09 UTC",
  ]);
  const soon = { name: "soon", until: Date.now() + 6 * 24 * HOUR_MS };
  const again = await open(dir, await makeCertificate(dir, soon));
  await again.files[Symbol.asyncDispose]();
  assert.match(again.log.messages("warn").join(), /^The certificate for the test expires on 20/);
});
