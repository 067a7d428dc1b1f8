import assert from "node:assert/strict";
import { checkZmqSettings } from "../../../../drivers/_internal/zmtp/tls_check.ts";
import { makeCertificate } from "../../../support/openssl.ts";
import { tempDir } from "../../../support/temp_dir.ts";
import { testSettings } from "../../../support/test_settings.ts";
import { zmqDriver } from "../../../support/zmq/zmq_drivers.ts";
import { tlsOverrides } from "../../../support/zmq/zmq_tls.ts";

Deno.test("checkZmqSettings accepts the certificate of a node, with which no publisher can be opened", async () => {
  await using dir = await tempDir();
  const issuer = await makeCertificate(dir, { name: "ca" });
  const pair = await makeCertificate(dir, { name: "node", issuer, usage: "clientAuth" });
  const overrides = tlsOverrides("required", issuer, pair);
  await checkZmqSettings(testSettings(overrides));
  await assert.rejects(zmqDriver(overrides).openPublisher(), {
    code: "FILE_UNUSABLE",
    message: /tls_cert_file: ".*node\.crt": the certificate is not for a server/,
  });
  const missing = testSettings(tlsOverrides("required", issuer));
  await assert.rejects(checkZmqSettings(missing), {
    code: "CONFIG_INVALID",
    message: /but tls_cert_file is empty, wanted a file in PEM$/,
  });
});
